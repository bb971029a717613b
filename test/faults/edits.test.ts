/** Rows 28 and 29 of the fault matrix: reloads without end under load, and edits that take a queue's exporter or its type away. */
import { expect, test } from 'vitest';
import { startCollector } from '../support/collector.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { NumberedSink } from '../support/numbered-sink.ts';
import { Poster } from '../support/poster.ts';
import { descriptors } from '../support/process.ts';
import { reloadAgainAndAgain } from './reloads.ts';

test('reloads without end under load: nothing is lost, nothing comes twice, nothing leaks', async () => {
  await reloadAgainAndAgain({ reloads: 30 });
});

test('an exporter that is removed while it holds events keeps them, says so at each start, and delivers them once it is back', async () => {
  const sink = await NumberedSink.start();
  await sink.down();
  const port = await freePort();
  const receivers = `receivers: { http: { listen: 'http://127.0.0.1:${port}' } }\n`;
  const both = `${receivers}exporters: { http/old: { url: '${sink.url}', retry: { max_interval: 1s } }, console: {} }\n`;
  const one = `${receivers}exporters: { console: {} }\n`;
  const collector = await startCollector(both, { service: '  shutdown_timeout: 300ms\n' });
  const poster = new Poster(port, { perRequest: 12 });
  expect(await poster.post()).toBe(202);
  await collector.edit(one);
  await collector.said(/12 events wait on disk until the file has this exporter again/);
  await collector.stop();
  await collector.start();
  expect((await collector.said(/the queue of http\/old holds/)).message).toMatch(
    /^the queue of http\/old holds 12 events, but the file has no such exporter; they are kept: bring it back to deliver them, or delete .*queues\/http%2Fold to give them up$/,
  );
  await sink.up();
  await collector.edit(both);
  await eventually(() => sink.missing(poster.acked).length === 0, 'they are delivered');
  expect(sink.repeats).toBe(0);
  await collector.stop();
});

test('a queue whose type is edited while it holds events delivers them all, and after a kill those that were on disk', async () => {
  const sink = await NumberedSink.start();
  sink.answer = () => ({ status: 503 });
  const port = await freePort();
  const config = (type: string): string =>
    `receivers: { http: { listen: 'http://127.0.0.1:${port}' } }\nexporters: { http/sink: { url: '${sink.url}', queue: { type: ${type} }, retry: { initial_interval: 50ms, max_interval: 200ms }, batch: { max_events: 20, max_wait: 5ms } } }\n`;
  const collector = await startCollector(config('disk'));
  const poster = new Poster(port);
  const typeIs = async (type: string): Promise<boolean> =>
    (await collector.status()).exporters['http/sink']!.queue.type === type;
  await poster.all(200);
  await collector.edit(config('memory'));
  await eventually(() => typeIs('memory'), 'it is in memory');
  const onDisk = new Set(poster.acked);
  await poster.all(400);
  await collector.edit(config('disk'));
  await eventually(() => typeIs('disk'), 'it is on disk');
  await poster.all(600);
  expect((await collector.expectBalancedBooks()).exporters['http/sink']!.held).toBe(600);
  const files = await descriptors(collector.pid);
  sink.answer = () => ({});
  await eventually(() => sink.missing(poster.acked).length === 0, 'they are delivered');
  await eventually(async () => (await collector.status()).exporters['http/sink']!.held === 0, 'the books are closed');
  expect(sink.repeats).toBe(0);
  expect(await descriptors(collector.pid)).toBeLessThanOrEqual(files + 2);

  sink.answer = () => ({ status: 503 });
  await poster.all(700);
  for (const seq of poster.acked) onDisk.add(seq);
  await collector.edit(config('memory'));
  await eventually(() => typeIs('memory'), 'it is in memory');
  await collector.kill9();
  sink.answer = () => ({});
  await collector.start();
  await eventually(() => sink.missing(onDisk).length === 0, 'what was on disk is delivered');
  await collector.stop();
});

test('an edit of the address under load: who was connected is answered, and nothing is lost or comes twice', async () => {
  const sink = await NumberedSink.start();
  const ports = [await freePort(), await freePort()] as const;
  const config = (port: number): string =>
    `receivers: { http: { listen: 'http://127.0.0.1:${port}' } }\nexporters: { http/sink: { url: '${sink.url}', batch: { max_events: 50, max_wait: 5ms } } }\n`;
  const collector = await startCollector(config(ports[0]));
  const before = new Poster(ports[0]);
  before.start(4);
  await eventually(() => before.acked.size > 500, 'load is on');
  await collector.edit(config(ports[1]));
  await eventually(async () => (await collector.port('http', 'http')) === ports[1], 'it listens elsewhere');
  const after = new Poster(ports[1], { first: 1_000_000 });
  after.start(4);
  await eventually(() => after.acked.size > 500 && (before.refusals.get(0) ?? 0) > 0, 'the old one is closed');
  await Promise.all([before.stop(), after.stop()]);
  expect([...before.refusals.keys(), ...after.refusals.keys()]).toEqual([0]);
  await eventually(async () => (await collector.status()).exporters['http/sink']!.held === 0, 'all is sent');
  expect([sink.missing(before.acked), sink.missing(after.acked), sink.repeats]).toEqual([[], [], 0]);
  await collector.stop();
});
