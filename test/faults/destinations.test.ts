/** Rows 3 to 7 and 37 of the fault matrix: destinations that are down, deaf, slow, fickle, choosy or never satisfied. */
import { expect, test } from 'vitest';
import { startCollector } from '../support/collector.ts';
import { eventually } from '../support/eventually.ts';
import { NumberedSink } from '../support/numbered-sink.ts';
import { Poster } from '../support/poster.ts';
import { connectionsTo, residentMiB } from '../support/process.ts';
import { flapping } from './flapping.ts';
import { outage } from './outage.ts';

test('an outage: nothing is lost, nothing comes twice', async () => {
  await outage({ perSecond: 500, downMs: 2_000, mostMiB: 128 });
});

test('a destination that never answers: time-outs fire, connections stay few, and the others do not notice', async () => {
  const [deaf, well] = [await NumberedSink.start(), await NumberedSink.start()];
  deaf.answer = () => ({ status: 'never' });
  const collector = await startCollector(`
receivers: { http: { listen: http://127.0.0.1:0 } }
exporters:
  http/deaf: { url: '${deaf.url}', timeout: 300ms, concurrency: 4, retry: { initial_interval: 50ms, max_interval: 200ms } }
  http/well: { url: '${well.url}', batch: { max_events: 20, max_wait: 10ms } }
`);
  const poster = new Poster(await collector.port('http', 'http'));
  await poster.all(400);
  await eventually(() => well.missing(poster.acked).length === 0, 'the other has everything');
  let mostConnections = 0;
  await eventually(async () => {
    mostConnections = Math.max(mostConnections, await connectionsTo(deaf.port));
    return deaf.times.length > 8;
  }, 'it is tried again and again');
  expect(mostConnections).toBeGreaterThan(0);
  expect(mostConnections).toBeLessThanOrEqual(4);
  const { exporters } = await collector.status();
  expect(exporters['http/deaf']).toMatchObject({
    state: 'retrying',
    last_error: 'no answer within 0.3 s',
    held: 400,
    sent: 0,
  });
  expect(exporters['http/deaf']!.failed_requests).toBeGreaterThan(0);
  deaf.answer = () => ({});
  await eventually(() => deaf.missing(poster.acked).length === 0, 'it has everything');
  await collector.stop();
});

test('a destination slower than its senders: they are told to wait, and memory and disk stay bounded', async () => {
  const slow = await NumberedSink.start();
  slow.answer = () => ({ delayMs: 1_000 });
  const collector = await startCollector(`
receivers: { http: { listen: http://127.0.0.1:0 } }
exporters: { http/slow: { url: '${slow.url}', queue: { max_size: 256KiB } } }
`);
  const poster = new Poster(await collector.port('http', 'http'), { padding: 300 });
  poster.start();
  await eventually(() => (poster.refusals.get(429) ?? 0) > 20, 'senders are told to wait');
  const { exporters } = await collector.expectBalancedBooks();
  expect(exporters['http/slow']!.queue).toMatchObject({ full: true });
  expect(exporters['http/slow']!.queue.bytes).toBeLessThan(512 * 1_024);
  expect(await residentMiB(collector.pid)).toBeLessThan(256);
  slow.answer = () => ({});
  await poster.stop();
  await eventually(() => slow.missing(poster.acked).length === 0, 'it has everything', 10_000);
  expect([slow.repeats, [...poster.refusals.keys()]]).toEqual([0, [429]]);
  await collector.stop();
});

test('a bulk of which some must wait and some are refused: only those wait, not before it is time, and only those are set aside', async () => {
  const bulk = await NumberedSink.start();
  const tries = new Map<number, number>();
  const waited: number[] = [];
  let saidAt = 0;
  bulk.answer = (seqs) => {
    const items = seqs.map((seq) => {
      const count = (tries.get(seq) ?? 0) + 1;
      tries.set(seq, count);
      const status = seq % 50 === 0 ? 400 : seq % 10 === 1 && count === 1 ? 429 : 201;
      if (status === 201) bulk.taken.set(seq, (bulk.taken.get(seq) ?? 0) + 1);
      if (count > 1) waited.push(performance.now() - saidAt);
      return { create: { status, ...(status === 201 ? {} : { error: { type: 'no', reason: 'because' } }) } };
    });
    if (items.some(({ create }) => create.status === 429)) saidAt = performance.now();
    return {
      body: JSON.stringify({ errors: true, items }),
      taken: false,
      headers: { 'retry-after': '5', 'content-type': 'application/json' },
    };
  };
  const collector = await startCollector(`
receivers: { http: { listen: http://127.0.0.1:0 } }
exporters: { elasticsearch: { url: '${bulk.url}', index: logs, retry: { initial_interval: 50ms }, batch: { max_events: 500, max_wait: 300ms } } }
`);
  const poster = new Poster(await collector.port('http', 'http'), { perRequest: 500 });
  await poster.all(500);
  await eventually(
    async () => (await collector.status()).exporters['elasticsearch']!.held === 0,
    'all is settled',
    10_000,
  );
  const { exporters } = await collector.expectBalancedBooks();
  expect(exporters['elasticsearch']).toMatchObject({ sent: 490, dead_lettered: 10 });
  expect([bulk.repeats, bulk.taken.size]).toEqual([0, 490]);
  expect([...tries].filter(([seq, count]) => count !== (seq % 10 === 1 ? 2 : 1))).toEqual([]);
  expect(waited).toHaveLength(50);
  expect(Math.min(...waited)).toBeGreaterThanOrEqual(4_990);
  await collector.stop();
});

test('a destination that comes and goes, also in the middle of an answer: what repeats was under way, and it is left alone in between', async () => {
  await flapping({ phaseMs: 500, phases: 6 });
});

test('two destinations that fail at once are not asked again in step', async () => {
  const sinks = [await NumberedSink.start(), await NumberedSink.start()] as const;
  for (const sink of sinks) sink.answer = () => ({ status: 503 });
  const collector = await startCollector(`
receivers: { http: { listen: http://127.0.0.1:0 } }
exporters:
  http/one: { url: '${sinks[0].url}', retry: { initial_interval: 200ms, max_interval: 200ms } }
  http/two: { url: '${sinks[1].url}', retry: { initial_interval: 200ms, max_interval: 200ms } }
`);
  await new Poster(await collector.port('http', 'http')).post();
  await eventually(() => sinks.every(({ times }) => times.length > 8), 'both are asked again and again');
  const waits = sinks.map(({ times }) => times.slice(1, 9).map((time, n) => Math.round((time - times[n]!) / 5)));
  expect(waits[0]).not.toEqual(waits[1]);
  expect(new Set(waits.flat()).size).toBeGreaterThan(4);
});

test('an event that is refused for ever is a dead letter, once, and its neighbours are delivered', async () => {
  const sink = await NumberedSink.start();
  sink.answer = (seqs) => (seqs.includes(77) ? { status: 400, body: 'no sevens' } : {});
  const collector = await startCollector(`
receivers: { http: { listen: http://127.0.0.1:0 } }
exporters: { http/sink: { url: '${sink.url}', batch: { max_events: 50, max_wait: 10ms } } }
`);
  const poster = new Poster(await collector.port('http', 'http'));
  await poster.all(200);
  await eventually(async () => (await collector.status()).exporters['http/sink']!.held === 0, 'all is settled');
  expect(sink.missing(poster.acked)).toEqual([77]);
  expect(sink.repeats).toBe(0);
  const { exporters } = await collector.expectBalancedBooks();
  expect(exporters['http/sink']).toMatchObject({ sent: 199, dead_lettered: 1 });
  await collector.stop();
});
