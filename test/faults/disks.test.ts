/** Rows 8 to 11 of the fault matrix: a full disk, one that fails, and files that were damaged. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { encodeCheckpoint } from '../../src/storage/checkpoint.ts';
import { startCollector } from '../support/collector.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { NumberedSink } from '../support/numbered-sink.ts';
import { Poster } from '../support/poster.ts';
import { fullDisk, intoSink, mayMount, readOnlyDisk } from './own-disk.ts';

if (!mayMount) process.stderr.write('full and read-only disks are not tested: unshare -rm is not permitted here\n');
const mayTrace = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status === 0;
if (!mayTrace)
  process.stderr.write('disks that fail are not tested: there is no strace, or it is not permitted here\n');

test.runIf(mayMount)(
  'a full disk: senders are told, nothing acknowledged is lost, and it goes on within 5 s of there being space',
  async () => {
    await fullDisk(0);
  },
);

test.runIf(mayMount)(
  'a disk that becomes read-only: nothing is acknowledged meanwhile, and it goes on by itself',
  async () => {
    await readOnlyDisk();
  },
);

test.runIf(mayTrace)(
  'a disk whose syncs fail: nothing is acknowledged meanwhile, and it goes on by itself',
  async () => {
    const sink = await NumberedSink.start();
    const port = await freePort();
    const collector = await startCollector(intoSink(port, sink.url));
    const poster = new Poster(port);
    expect(await poster.post()).toBe(202);
    const trace = spawn(
      'strace',
      [
        '-f',
        '-qq',
        '-o',
        '/dev/null',
        '-e',
        'trace=fsync,fdatasync',
        '-e',
        'inject=fsync,fdatasync:error=EIO',
        '-p',
        String(collector.pid),
      ],
      { stdio: 'ignore' },
    );
    await eventually(async () => (await poster.post()) === 503, 'a sync fails');
    const acked = poster.acked.size;
    for (let post = 0; post < 5; post += 1) expect(await poster.post()).toBe(503);
    expect(poster.acked.size).toBe(acked);
    expect(await collector.readiness()).toBe(503);
    expect((await collector.said(/cannot be written to disk/)).level).toBe('error');
    trace.kill('SIGTERM');
    await eventually(async () => (await poster.post()) === 202, 'it takes events again', 5_000);
    expect(await collector.readiness()).toBe(200);
    await poster.stop();
    await eventually(async () => (await collector.status()).exporters['http/sink']!.held === 0, 'the queue is empty');
    expect(sink.missing(poster.acked)).toEqual([]);
    await collector.stop();
  },
);

/** Of each queue: what happens to its files between a kill and the next start. */
const DAMAGE: Readonly<Record<string, (directory: string) => Promise<void>>> = {
  torn: async (directory) => truncateBy((await segmentsOf(directory)).at(-1)!, 7),
  flipped: async (directory) =>
    edited((await segmentsOf(directory))[0]!, (bytes) => (bytes[5_000] = bytes[5_000]! ^ 0x40)),
  zeroed: async (directory) =>
    edited((await segmentsOf(directory)).at(-1)!, (bytes) => bytes.fill(0, bytes.length - 500)),
  truncated: async (directory) => truncateBy((await segmentsOf(directory))[0]!, 20_000),
  emptied: async (directory) => truncate((await segmentsOf(directory))[1]!),
  missing: async (directory) => rm((await segmentsOf(directory))[1]!),
  checkpoint_emptied: (directory) => truncate(join(directory, 'checkpoint')),
  checkpoint_garbled: (directory) => writeFile(join(directory, 'checkpoint'), 'not what it was\n1\n'),
  checkpoint_gone: (directory) => rm(join(directory, 'checkpoint')),
  // Of an earlier time: what was acknowledged since is told by the journal only, which is gone.
  checkpoint_older: async (directory) => {
    await writeFile(join(directory, 'checkpoint'), encodeCheckpoint({ floor: 0, runs: [], synced: 1 }));
    for (const name of await readdir(directory)) if (name.startsWith('acks.')) await rm(join(directory, name));
  },
  journal_garbled: (directory) => writeFile(join(directory, 'acks.7'), 'no acknowledgement at all'),
};

test('damaged queues: it starts, delivers what is sound, and counts what is not', async () => {
  const names = Object.keys(DAMAGE);
  const sinks = new Map(await Promise.all(names.map(async (name) => [name, await NumberedSink.start()] as const)));
  for (const sink of sinks.values()) await sink.down();
  const port = await freePort();
  const exporters = names.map(
    (name) =>
      `  http/${name}: { url: '${sinks.get(name)!.url}', queue: { max_size: 1MiB }, retry: { max_interval: 1s }, batch: { max_events: 50, max_wait: 20ms } }`,
  );
  const collector = await startCollector(
    `receivers: { http: { listen: 'http://127.0.0.1:${port}' } }\nexporters:\n${exporters.join('\n')}\n`,
  );
  const poster = new Poster(port, { perRequest: 50, padding: 400 });
  await poster.all(500);
  const directoryOf = (name: string): string =>
    join(collector.directory, 'storage', 'queues', encodeURIComponent(`http/${name}`));
  await eventually(
    () => names.every((name) => existsSync(join(directoryOf(name), 'checkpoint'))),
    'there are checkpoints',
  );
  await collector.kill9();
  for (const [name, damage] of Object.entries(DAMAGE)) await damage(directoryOf(name));

  const from = performance.now();
  await collector.start();
  // Three seconds for the queues, and what a process takes to start on a busy machine.
  expect(performance.now() - from).toBeLessThan(5_000);
  for (const sink of sinks.values()) await sink.up();
  const drained = async (): Promise<boolean> =>
    Object.values((await collector.status()).exporters).every(({ held }) => held === 0);
  await eventually(drained, 'the queues are empty', 15_000);
  const { exporters: books } = await collector.expectBalancedBooks();
  for (const [name, sink] of sinks) {
    const lost = sink.missing(poster.acked).length;
    expect([name, lost, sink.repeats]).toEqual([name, books[`http/${name}`]!.damaged, 0]);
    if (/^(checkpoint|journal)/.test(name)) expect([name, lost]).toEqual([name, 0]);
    else expect([name, lost > 0 && lost < 250]).toEqual([name, true]);
    const isKept = (await readdir(directoryOf(name))).some((file) => file.endsWith('.bad'));
    // Of a file that is missing there is nothing to keep.
    if (name !== 'missing')
      expect([name, isKept]).toEqual([name, /^(torn|flipped|zeroed|truncated|emptied)/.test(name)]);
  }
  expect(collector.log.filter(({ message }) => /events lost/.test(message)).length).toBeGreaterThanOrEqual(6);
  await collector.stop();
});

async function segmentsOf(directory: string): Promise<string[]> {
  return (await readdir(directory))
    .filter((name) => name.endsWith('.log'))
    .sort()
    .map((name) => join(directory, name));
}

async function truncateBy(path: string, bytes: number): Promise<void> {
  await truncate(path, (await readFile(path)).length - bytes);
}

async function edited(path: string, edit: (bytes: Buffer) => void): Promise<void> {
  const bytes = await readFile(path);
  edit(bytes);
  await writeFile(path, bytes);
}
