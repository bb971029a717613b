/** Destinations that are slow, dead, refusing or closed to us, beside a healthy one, which must not notice. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startCollector } from '../support/collector.ts';
import { eventually } from '../support/eventually.ts';
import { serve } from '../support/http-server.ts';
import { eventsIn } from '../support/json-lines.ts';
import { postEvents } from '../support/post-events.ts';

const EVENTS = 3_000;
const BOUND = 128 * 1_024;

interface Urls {
  readonly healthy: string;
  readonly slow: string;
  readonly dead: string;
  readonly refusing: string;
  readonly closed: string;
}

/** What is slow or dead may drop, and has little room; the refusing one is asked in batches that must be split. */
const config = (directory: string, urls: Urls): string => `
receivers:
  http: { listen: http://127.0.0.1:0 }
exporters:
  file/healthy: { path: '${directory}/healthy.jsonl' }
  http/healthy: { url: '${urls.healthy}', batch: { max_events: 50, max_wait: 10ms } }
  http/slow: { url: '${urls.slow}', timeout: 200ms, retry: { max_interval: 1s }, queue: { type: memory, max_size: ${BOUND}, on_full: drop_oldest } }
  http/dead: { url: '${urls.dead}', retry: { max_interval: 1s }, queue: { type: memory, max_size: ${BOUND}, on_full: drop_oldest } }
  http/refusing: { url: '${urls.refusing}', batch: { max_events: 64, max_wait: 10ms } }
  http/closed: { url: '${urls.closed}', queue: { type: memory, max_size: ${BOUND}, on_full: drop_oldest } }
pipelines:
  all: { receivers: [http], exporters: [file/healthy, http/healthy, http/slow, http/dead, http/refusing, http/closed] }
`;

test('a slow, a dead, a refusing and a closed destination leave a healthy one alone, and every event is accounted for', async () => {
  const healthy = await serve();
  const slow = await serve({ status: 'never' });
  // Refuses every request that has one of the events 100, 200 … 2900 in it.
  const refusing = await serve(({ body }) =>
    /"message":"event \d+00"/.test(body) ? { status: 422, body: 'no hundreds' } : {},
  );
  const closed = await serve({ status: 401, body: 'who are you?' });
  const dead = `http://127.0.0.1:${await freePort()}/hook`;
  const urls = { healthy: healthy.url, slow: slow.url, dead, refusing: refusing.url, closed: closed.url };
  const collector = await startCollector((directory) => config(directory, urls), {
    service: '  shutdown_timeout: 200ms\n',
  });
  const port = await collector.port('http', 'http');

  for (let from = 0; from < EVENTS; from += 100) {
    const events = Array.from({ length: 100 }, (_, n) => ({ title: 'numbered', message: `event ${from + n}` }));
    expect(await postEvents(port, events)).toEqual({ status: 202, accepted: 100 });
    for (const [id, { queue }] of Object.entries((await collector.status()).exporters)) {
      if (/slow|dead|closed/.test(id)) expect(queue.bytes, id).toBeLessThanOrEqual(BOUND);
    }
  }

  const wanted = Array.from({ length: EVENTS }, (_, n) => `event ${n}`);
  const messagesOf = (events: readonly { message: string }[]): string[] => events.map(({ message }) => message);
  const bodies = ({ seen }: typeof healthy): { message: string }[] =>
    seen.flatMap(({ body }) => JSON.parse(body) as { message: string }[]);
  await eventually(() => bodies(healthy).length >= EVENTS, 'the healthy server has all');
  expect(messagesOf(bodies(healthy))).toEqual(wanted);
  const file = join(collector.directory, 'healthy.jsonl');
  await eventually(() => eventsIn(file).length >= EVENTS, 'the file has all');
  expect(messagesOf(eventsIn(file))).toEqual(wanted);
  await eventually(
    async () => (await collector.status()).exporters['http/refusing']!.held === 0,
    'the refusing one is through',
    10_000,
  );

  const { exporters } = await collector.expectBalancedBooks();
  const all = { received: EVENTS, sent: EVENTS, dead_lettered: 0, dropped: 0, held: 0, state: 'ok' };
  expect(exporters['file/healthy']).toMatchObject(all);
  expect(exporters['http/healthy']).toMatchObject(all);
  expect(exporters['http/refusing']).toMatchObject({
    received: EVENTS,
    sent: EVENTS - 29,
    dead_lettered: 29,
    state: 'ok',
  });
  expect(exporters['http/slow']).toMatchObject({ state: 'retrying', last_error: 'no answer within 0.2 s', sent: 0 });
  expect(exporters['http/dead']).toMatchObject({ state: 'retrying', sent: 0 });
  expect(exporters['http/dead']!.last_error).toMatch(/ECONNREFUSED/);
  expect(exporters['http/closed']).toMatchObject({ state: 'misconfigured', sent: 0 });
  expect(exporters['http/closed']!.last_error).toMatch(/401/);
  for (const id of ['http/slow', 'http/dead', 'http/closed']) {
    const { dropped, held } = exporters[id]!;
    expect(dropped, id).toBeGreaterThan(0);
    expect(dropped + held, id).toBe(EVENTS);
    expect(
      await collector.metric('lnmt_collector_exporter_dropped_events_total', { exporter: id, reason: 'queue_full' }),
      id,
    ).toBe(dropped);
    expect(await collector.metric('lnmt_collector_exporter_queue_events', { exporter: id }), id).toBe(held);
  }
  expect(
    await collector.metric('lnmt_collector_exporter_dead_lettered_events_total', { exporter: 'http/refusing' }),
  ).toBe(29);

  await collector.stop();
  for (const id of ['http/slow', 'http/dead', 'http/closed']) {
    const lost = collector.log.find(({ logger, message }) => logger.endsWith(id) && message.includes('lost'));
    expect(lost?.message, id).toContain(`${exporters[id]!.held} events were not delivered in time`);
  }
  expect(JSON.stringify(collector.log)).not.toContain('s3cret');
});

/** Where nobody listens any more. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

test('events that lead nowhere, because every exporter is disabled, are accounted for', async () => {
  const collector = await startCollector(`
receivers: { http: { listen: 'http://127.0.0.1:0' } }
exporters: { console: { enabled: false } }
pipelines: { all: { receivers: [http], exporters: [console] } }
`);
  await postEvents(await collector.port('http', 'http'), [{ message: 'one' }, { message: 'two' }]);
  expect((await collector.expectBalancedBooks()).pipelines['all']).toMatchObject({
    accepted: 2,
    dropped: 2,
    passed: 0,
  });
  await collector.stop();
});
