/** What only a real process, killed or with a full disk, shows. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { DiskLog } from '../../src/storage/disk-log.ts';
import { spawnScript } from '../support/child.ts';
import { fakeContext } from '../support/fakes.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** Appends numbered records without end and says which are on disk; acknowledges the older ones and says so first. */
const writer = (directory: string) => `
  import { writeSync } from 'node:fs';
  import { DiskLog } from './src/storage/disk-log.ts';
  import { recordsOf } from './test/support/records.ts';
  import { systemClock } from './src/lib/clock.ts';
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const disk = await DiskLog.open({ directory: ${JSON.stringify(directory)}, segmentBytes: 2_000, clock: systemClock, log });
  const say = (word, number) => writeSync(1, word + ' ' + number + '\\n');
  for (;;) {
    const first = await disk.append(recordsOf(Array.from({ length: 5 }, (_, n) => Buffer.from('record ' + (disk.next + n) + ' '.repeat(50)))));
    for (let n = first; n < first + 5; n += 1) say('safe', n);
    const old = Array.from({ length: 5 }, (_, n) => first - 40 + n).filter((n) => n >= 0);
    for (const n of old) say('done', n);
    disk.acknowledge(old);
  }
`;

async function outputOf(child: Awaited<ReturnType<typeof spawnScript>>): Promise<string[]> {
  let text = '';
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const exited = once(child, 'exit');
  for await (const chunk of child.stdout) text += String(chunk);
  await exited;
  expect(errors).toBe('');
  return text.split('\n').slice(0, -1);
}

const numbersAfter = (word: string, lines: readonly string[]) =>
  lines.filter((line) => line.startsWith(`${word} `)).map((line) => Number(line.split(' ')[1]));

async function waitingIn(directory: string): Promise<{ waiting: number[]; damaged: number }> {
  const { clock, log } = fakeContext();
  const disk = await DiskLog.open({ directory, segmentBytes: 2_000, clock, log });
  const waiting: number[] = [];
  for (let from = disk.first; from < disk.next;) {
    const { records, next } = await disk.read(from, 100, 100_000);
    for (const { sequence, payload } of records) {
      expect(payload.toString().trimEnd()).toBe(`record ${sequence}`);
      waiting.push(sequence);
    }
    from = next;
  }
  const { damaged } = disk;
  await disk.close();
  return { waiting, damaged };
}

test.for([
  'record_appended:1',
  'record_appended:40',
  'segment_created:1',
  'segment_created:5',
  'segment_sealed:4',
  'checkpoint_written:1',
  'checkpoint_written:6',
  'segment_unlinked:1',
  'segment_unlinked:7',
])('killed at %s: nothing that was safe is lost, nothing acknowledged comes again', async (point) => {
  const directory = await temporaryDirectory();
  const child = await spawnScript(writer(directory), { env: { LNMT_COLLECTOR_KILL_AT: point } });
  const lines = await outputOf(child);
  expect(child.signalCode).toBe('SIGKILL');
  const done = new Set(numbersAfter('done', lines));
  const owed = numbersAfter('safe', lines).filter((n) => !done.has(n));
  const { waiting, damaged } = await waitingIn(directory);
  expect(damaged).toBe(0);
  expect(owed.filter((n) => !waiting.includes(n))).toEqual([]);
  // The last five were perhaps being acknowledged.
  const last = Math.max(...done, 0) - 5;
  expect(waiting.filter((n) => done.has(n) && n <= last)).toEqual([]);
});

test('killed at any moment, again and again, on the same files', { timeout: 60_000 }, async () => {
  const directory = await temporaryDirectory();
  const safe = new Set<number>();
  const done = new Set<number>();
  for (const afterMs of [5, 40, 80, 20, 60]) {
    const child = await spawnScript(writer(directory));
    child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), afterMs));
    const lines = await outputOf(child);
    for (const n of numbersAfter('safe', lines)) safe.add(n);
    for (const n of numbersAfter('done', lines)) done.add(n);
  }
  expect(safe.size).toBeGreaterThan(100);
  const { waiting, damaged } = await waitingIn(directory);
  const left = new Set(waiting);
  expect(damaged).toBe(0);
  expect([...safe].filter((n) => !done.has(n) && !left.has(n))).toEqual([]);
});

const mayMount = spawnSync('unshare', ['-rm', 'true']).status === 0;
if (!mayMount) process.stderr.write('full disks are not tested: unshare -rm is not permitted here\n');

/** Fills a small file system, frees space, and goes on; on a tmpfs of its own. */
const filler = (directory: string) => `
  import { execFileSync } from 'node:child_process';
  import { writeFileSync, rmSync } from 'node:fs';
  import { recordsOf } from './test/support/records.ts';
  import { DiskLog } from './src/storage/disk-log.ts';
  import { recordsOf } from './test/support/records.ts';
  import { systemClock } from './src/lib/clock.ts';
  const directory = ${JSON.stringify(directory)};
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', directory]);
  const lines = [];
  const note = (level) => (message, fields) => lines.push(level + ' ' + message + ' ' + (fields?.reason ?? ''));
  const log = { debug() {}, info: note('info'), warn: note('warn'), error: note('error') };
  const open = () => DiskLog.open({ directory: directory + '/queue', segmentBytes: 100_000, clock: systemClock, log });
  writeFileSync(directory + '/ballast', Buffer.alloc(1_000_000));
  let disk = await open();
  const safe = new Set();
  let failures = 0;
  const append = async () => {
    try {
      const first = await disk.append(recordsOf(Array.from({ length: 10 }, (_, n) => Buffer.alloc(1_000, 'r'))));
      for (let n = 0; n < 10; n += 1) safe.add(first + n);
      return true;
    } catch {
      failures += 1;
      return false;
    }
  };
  while (await append());
  for (let n = 0; n < 20; n += 1) await append();
  const whileFull = { failing: disk.failing, failures };
  const working = new Promise((resolve) => (disk.onSpace = resolve));
  rmSync(directory + '/ballast');
  await working;
  for (let n = 0; n < 20; n += 1) await append();
  const failing = disk.failing;
  const read = async () => {
    const found = [];
    for (let from = disk.first; from < disk.next; ) {
      const { records, next } = await disk.read(from, 1_000, 1_000_000);
      for (const { sequence } of records) found.push(sequence);
      from = next;
    }
    return found;
  };
  const before = await read();
  await disk.close();
  disk = await open();
  const after = await read();
  console.log(JSON.stringify({ whileFull, failing, failures, lines, damaged: disk.damaged, safe: safe.size,
    lostBefore: [...safe].filter((n) => !before.includes(n)), lostAfter: [...safe].filter((n) => !after.includes(n)), extra: after.length - safe.size }));
  await disk.close();
`;

test.runIf(mayMount)(
  'a full disk: appends are refused, nothing that was safe is lost, and it goes on when there is space',
  async () => {
    const child = await spawnScript(filler(await temporaryDirectory()), { wrapper: ['unshare', '-rm'] });
    const [line = '{}'] = await outputOf(child);
    expect(JSON.parse(line)).toMatchObject({
      whileFull: { failing: true, failures: 21 },
      failing: false,
      failures: 21,
      damaged: 0,
      lostBefore: [],
      lostAfter: [],
      extra: 0,
      lines: [
        'error the queue cannot be written to disk; nothing is taken until it can be ENOSPC',
        expect.stringMatching(/^info /),
      ],
    });
  },
);
