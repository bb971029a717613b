/** Rows 8 to 11 of the fault matrix: a full disk, one that fails, and files that were damaged. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startCollector } from '../support/collector.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { NumberedSink } from '../support/numbered-sink.ts';
import { Poster } from '../support/poster.ts';

const mayMount = spawnSync('unshare', ['-rm', 'true']).status === 0;
if (!mayMount) process.stderr.write('full disks are not tested: unshare -rm is not permitted here\n');
const mayTrace = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status === 0;
if (!mayTrace)
  process.stderr.write('disks that fail are not tested: there is no strace, or it is not permitted here\n');

const config = (port: number, url: string): string => `
receivers: { http: { listen: 'http://127.0.0.1:${port}' } }
exporters:
  http/sink: { url: '${url}', retry: { max_interval: 1s }, batch: { max_events: 50, max_wait: 20ms } }
`;

test.runIf(mayMount)(
  'a full disk: senders are told, nothing acknowledged is lost, and it goes on within 5 s of there being space',
  async () => {
    const sink = await NumberedSink.start();
    await sink.down();
    const port = await freePort();
    // Its storage directory, and nothing else, is a file system of 8 MB of its own.
    const mount = 'mkdir -p "$0" && mount -t tmpfs -o size=8m tmpfs "$0" && exec "$@"';
    const wrapper = (directory: string): string[] => ['unshare', '-rm', 'sh', '-c', mount, join(directory, 'storage')];
    const collector = await startCollector(config(port, sink.url), { wrapper });
    await writeFile(collector.seen('storage/ballast'), Buffer.alloc(3_000_000));
    const poster = new Poster(port, { padding: 500 });
    poster.start();
    await eventually(() => (poster.refusals.get(503) ?? 0) > 20, 'senders are told', 15_000);
    expect([...poster.refusals.keys()].filter((status) => status !== 503 && status !== 429)).toEqual([]);
    const before = poster.acked.size;
    await rm(collector.seen('storage/ballast'));
    await eventually(() => poster.acked.size > before, 'it takes events again', 5_000);
    await poster.stop();
    await sink.up();
    await eventually(
      async () => (await collector.status()).exporters['http/sink']!.held === 0,
      'the queue is empty',
      15_000,
    );
    expect(sink.missing(poster.acked)).toEqual([]);
    expect(sink.repeats).toBe(0);
    expect(collector.log.filter(({ message }) => /cannot be written to disk/.test(message)).length).toBeLessThanOrEqual(
      2,
    );
    await collector.stop();
  },
);

test.runIf(mayTrace)(
  'a disk whose syncs fail: nothing is acknowledged meanwhile, and it goes on by itself',
  async () => {
    const sink = await NumberedSink.start();
    const port = await freePort();
    const collector = await startCollector(config(port, sink.url));
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
