/** Rows 8 and 9 of the fault matrix: a collector whose storage is a file system of its own, which fills up or becomes read-only. */
import { spawnSync } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { startCollector, type Collector } from '../support/collector.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { NumberedSink } from '../support/numbered-sink.ts';
import { Poster } from '../support/poster.ts';

export const mayMount = spawnSync('unshare', ['-rm', 'true']).status === 0;

export function intoSink(port: number, url: string, maxSize = '256MiB'): string {
  return `
receivers: { http: { listen: 'http://127.0.0.1:${port}' } }
exporters:
  http/sink: { url: '${url}', queue: { max_size: ${maxSize} }, retry: { max_interval: 1s }, batch: { max_events: 50, max_wait: 20ms } }
`;
}

/** Its storage directory, and nothing else, is in 8 MB of memory. */
function onOwnDisk(text: string): Promise<Collector> {
  const mount = 'mkdir -p "$0" && mount -t tmpfs -o size=8m tmpfs "$0" && exec "$@"';
  return startCollector(text, {
    wrapper: (directory) => ['unshare', '-rm', 'sh', '-c', mount, join(directory, 'storage')],
  });
}

const FAILS = /cannot be written to disk/;

/** The disk is full for so long once senders have been told. */
export async function fullDisk(holdMs: number): Promise<string> {
  const sink = await NumberedSink.start();
  await sink.down();
  const port = await freePort();
  const collector = await onOwnDisk(intoSink(port, sink.url));
  await writeFile(collector.seen('storage/ballast'), Buffer.alloc(3_000_000));
  const poster = new Poster(port, { padding: 500 });
  poster.start();
  const fullFrom = performance.now();
  await eventually(() => (poster.refusals.get(503) ?? 0) > 20, 'senders are told', 15_000);
  expect(await collector.readiness()).toBe(503);
  await new Promise((resolve) => setTimeout(resolve, holdMs));
  const before = poster.acked.size;
  await rm(collector.seen('storage/ballast'));
  const freeAt = performance.now();
  await eventually(() => poster.acked.size > before, 'it takes events again', 5_000);
  const resumedMs = performance.now() - freeAt;
  await poster.stop();
  await sink.up();
  const { held } = (await collector.status()).exporters['http/sink']!;
  await eventually(
    async () => (await collector.status()).exporters['http/sink']!.held === 0,
    'the queue is empty',
    30_000,
  );
  expect(sink.missing(poster.acked)).toEqual([]);
  expect(sink.repeats).toBe(0);
  expect([...poster.refusals.keys()].filter((status) => status !== 503 && status !== 429)).toEqual([]);
  const lines = collector.log.filter(({ message }) => FAILS.test(message)).length;
  expect(lines).toBeGreaterThan(0);
  expect(lines).toBeLessThanOrEqual(1 + Math.ceil((freeAt - fullFrom) / 60_000));
  await collector.stop();
  const refused = [...poster.refusals.values()].reduce((sum, count) => sum + count, 0);
  return `${refused} requests refused, ${lines} lines in the log; of ${poster.acked.size} acknowledged events, ${held} on disk then, 0 lost, 0 repeated; takes events again ${Math.round(resumedMs)} ms after there is space`;
}

export async function readOnlyDisk(): Promise<void> {
  const sink = await NumberedSink.start();
  const port = await freePort();
  // Files of 64 KiB, which one request fills: none is open for writing between two.
  const collector = await onOwnDisk(intoSink(port, sink.url, '1MiB'));
  const poster = new Poster(port, { perRequest: 50, padding: 2_000 });
  expect(await poster.post()).toBe(202);
  // Refused while a file is open for writing, such as the journal until the next checkpoint.
  await eventually(() => remounted(collector, 'ro'), 'it is read-only', 10_000);
  const acked = poster.acked.size;
  for (let post = 0; post < 5; post += 1) expect(await poster.post()).toBe(503);
  expect(poster.acked.size).toBe(acked);
  expect(await collector.readiness()).toBe(503);
  expect((await collector.said(FAILS)).level).toBe('error');
  expect(remounted(collector, 'rw')).toBe(true);
  await eventually(async () => (await poster.post()) === 202, 'it takes events again', 5_000);
  expect(await collector.readiness()).toBe(200);
  await poster.stop();
  await eventually(async () => (await collector.status()).exporters['http/sink']!.held === 0, 'the queue is empty');
  expect(sink.missing(poster.acked)).toEqual([]);
  await collector.stop();
}

/** From within the name spaces that it was started in. */
function remounted({ pid, directory }: Collector, how: 'ro' | 'rw'): boolean {
  const within = ['-t', String(pid), '-U', '-m', '--preserve-credentials'];
  return spawnSync('nsenter', [...within, 'mount', '-o', `remount,${how}`, join(directory, 'storage')]).status === 0;
}
