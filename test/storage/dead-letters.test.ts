import { appendFile, mkdir, readdir, rename, rm, rmdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  countDeadLetters,
  deadLetters,
  removeDeadLetters,
  type DeadLetter,
} from '../../src/storage/dead-letter-files.ts';
import { DeadLetterLog, type DeadLetterOptions } from '../../src/storage/dead-letters.ts';
import { eventually } from '../support/eventually.ts';
import { event, fakeContext } from '../support/fakes.ts';
import { temporaryDirectory } from '../support/temporary.ts';

async function setup(options: Partial<DeadLetterOptions> = {}) {
  const directory = join(await temporaryDirectory(), 'dead-letters');
  const { clock, log, lines } = fakeContext();
  const open = () => new DeadLetterLog({ directory, clock, log, ...options });
  return { directory, clock, lines, open };
}

async function all(directory: string, exporter?: string): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for await (const letter of deadLetters(directory, exporter)) letters.push(letter);
  return letters;
}

const titles = async (directory: string) => (await all(directory)).map((letter) => letter.event['title']);

test('a letter says which event, for whom, when, why and after how many tries', async () => {
  const { open, directory } = await setup({ mask: (text) => text.replaceAll('hunter2', '***') });
  const log = open();
  log.add(
    'slack/ops',
    [event({ title: 'disk full\u2028', metadata: { host: 'web1' } })],
    'answered 400: bad hunter2',
    3,
  );
  expect(await log.flushed()).toBe(true);
  expect(log.flushed()).toBeUndefined();
  expect(await all(directory)).toEqual([
    {
      id: expect.stringMatching(/^\w{8}$/),
      time: '2026-01-15T12:00:00.000Z',
      exporter: 'slack/ops',
      reason: 'answered 400: bad ***',
      attempts: 3,
      status: 400,
      event: expect.objectContaining({ event_id: 'e1', title: 'disk full\u2028', metadata: { host: 'web1' } }),
    },
  ]);
});

test('letters are kept by exporter, in order, from start to start', async () => {
  const { open, directory } = await setup();
  for (const start of [1, 2]) {
    const log = open();
    log.add('a/../b', [event({ title: `a${start}` }), event({ title: `A${start}` })], 'no', 1);
    log.add('b', [event({ title: `b${start}` })], 'no', 1);
    await log.close();
  }
  expect(await countDeadLetters(directory)).toEqual(
    new Map([
      ['a/../b', 4],
      ['b', 2],
    ]),
  );
  expect((await all(directory, 'a/../b')).map((letter) => letter.event['title'])).toEqual(['a1', 'A1', 'a2', 'A2']);
  expect(await all(directory, 'c')).toEqual([]);
});

test('no letters, no folder: nothing to list', async () => {
  const { directory } = await setup();
  expect(await all(directory)).toEqual([]);
  expect(await removeDeadLetters(directory, () => true)).toBe(0);
});

test('letters are removed while the collector goes on writing', async () => {
  const { open, directory } = await setup();
  const log = open();
  log.add(
    'a',
    ['1', '2', '3'].map((title) => event({ title })),
    'no',
    1,
  );
  await log.flushed();
  const [, second] = await all(directory);
  expect(await removeDeadLetters(directory, ({ id }) => id === second!.id)).toBe(1);
  expect(await removeDeadLetters(directory, ({ id }) => id === second!.id)).toBe(0);
  log.add('a', [event({ title: '4' })], 'no', 1);
  await log.flushed();
  expect(await titles(directory)).toEqual(['1', '3', '4']);
  expect(await removeDeadLetters(directory, () => true)).toBe(3);
  log.add('a', [event({ title: '5' })], 'no', 1);
  await log.close();
  expect(await titles(directory)).toEqual(['5']);
});

test('past the limit the oldest go, counted', async () => {
  const lost: number[] = [];
  const { open, directory, lines } = await setup({
    maxBytes: 8_000,
    onLost: (_holder, letters) => void lost.push(letters),
  });
  const log = open();
  for (let n = 0; n < 100; n += 1) {
    log.add('a', [event({ title: String(n) })], 'no', 1);
    await log.flushed();
  }
  const left = await titles(directory);
  expect(left.at(-1)).toBe('99');
  expect(left.length).toBeGreaterThan(15);
  expect(left.length + lost.reduce((sum, letters) => sum + letters, 0)).toBe(100);
  expect(lines.every(({ message }) => message === 'the oldest dead letters made room for new ones')).toBe(true);
});

test('letters are written once, also where the oldest cannot make room for them, which is said once', async () => {
  const lost: number[] = [];
  const { open, directory, lines } = await setup({
    maxBytes: 8_000,
    onLost: (_holder, letters) => void lost.push(letters),
  });
  const stuck = join(directory, 'a', '000001.ndjson.kept');
  const first = open();
  first.add('a', [event({ title: '0' })], 'no', 1);
  await first.close();
  const path = join(directory, 'a', '000001.ndjson');
  await rename(path, stuck);
  // A folder cannot be removed as a file.
  await mkdir(path);
  const log = open();
  const write = async (from: number, to: number) => {
    for (let n = from; n < to; n += 1) {
      log.add('a', [event({ title: String(n) })], 'no', 1);
      expect(await log.flushed()).toBe(true);
    }
  };
  await write(1, 60);
  const said = 'the oldest dead letters cannot be removed; they take more room than they should';
  expect(lines.map(({ message }) => message)).toEqual([said]);
  await rmdir(path);
  await rename(stuck, path);
  expect(await titles(directory)).toEqual(Array.from({ length: 60 }, (_, n) => String(n)));
  await write(60, 61);
  const left = await titles(directory);
  expect(left.at(-1)).toBe('60');
  expect(left.length + lost.reduce((sum, letters) => sum + letters, 0)).toBe(61);
  expect(lost.length).toBeGreaterThan(0);
});

test('files that are wholly removed go', async () => {
  const { open, directory } = await setup({ maxBytes: 8_000 });
  const log = open();
  for (let n = 0; n < 20; n += 1) {
    log.add('a', [event()], 'no', 1);
    await log.flushed();
  }
  await removeDeadLetters(directory, () => true);
  expect((await readdir(join(directory, 'a'))).length).toBeLessThanOrEqual(2);
  expect(await all(directory)).toEqual([]);
});

test('files that go while they are listed are not missed', async () => {
  const { open, directory } = await setup();
  const log = open();
  log.add('a', [event({ title: '1' })], 'no', 1);
  await log.close();
  // Listed, but gone when it is looked at.
  await symlink('nowhere', join(directory, 'a', '000002.ndjson'));
  expect(await titles(directory)).toEqual(['1']);
  expect(await removeDeadLetters(directory, () => true)).toBe(1);
});

test('a row torn by a crash costs that row only', async () => {
  const { open, directory } = await setup();
  const log = open();
  log.add('a', [event({ title: '1' })], 'no', 1);
  await log.close();
  await appendFile(join(directory, 'a', '000001.ndjson'), '{"id":"half');
  const next = open();
  next.add('a', [event({ title: '2' })], 'no', 1);
  await next.close();
  expect(await titles(directory)).toEqual(['1', '2']);
});

test('what cannot be written waits, and is written when it can be', async () => {
  const { open, directory, clock, lines } = await setup();
  await writeFile(directory, 'in the way');
  const log = open();
  log.add('a', [event({ title: '1' })], 'no', 1);
  expect(await log.flushed()).toBe(false);
  log.add('a', [event({ title: '2' })], 'no', 1);
  await rm(directory);
  clock.advance(2_000);
  await eventually(async () => (await log.flushed()) !== false, 'they are written');
  expect(await titles(directory)).toEqual(['1', '2']);
  expect(lines.map(({ level }) => level)).toEqual(['error', 'info']);
  await log.close();
  expect(clock.pending).toBe(0);
});

test('a holder whose letters cannot be written holds up no other, and only the events that they are of', async () => {
  const { open, directory, clock } = await setup();
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'a'), 'in the way');
  const log = open();
  const [refused, other] = [event({ title: '1' }), event({ title: '2' })];
  log.add('a', [refused], 'no', 1);
  log.add('b', [other], 'no', 1);
  expect([log.awaits('a', [other, refused]), log.awaits('b', [other])]).toEqual([true, true]);
  expect(await log.flushed('b')).toBe(true);
  expect(log.flushed('b')).toBeUndefined();
  expect(await log.flushed('a')).toBe(false);
  expect(await log.flushed()).toBe(false);
  expect([log.awaits('a', [refused]), log.awaits('a', [other]), log.awaits('b', [other])]).toEqual([
    true,
    false,
    false,
  ]);
  await rm(join(directory, 'a'));
  clock.advance(2_000);
  await eventually(async () => (await log.flushed('a')) !== false, 'it is written');
  expect(log.awaits('a', [refused])).toBe(false);
  await log.close();
});

test('what cannot be written at all is counted as lost', async () => {
  const lost: [string, number][] = [];
  const { open, directory } = await setup({ onLost: (holder, letters) => void lost.push([holder, letters]) });
  await mkdir(join(directory, '..'), { recursive: true });
  await writeFile(directory, 'in the way');
  const log = open();
  log.add('a', [event(), event()], 'no', 1);
  await log.close();
  expect(lost).toEqual([['a', 2]]);
});
