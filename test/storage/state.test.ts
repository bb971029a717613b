import { rmSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileNameOf } from '../../src/storage/file-name.ts';
import { FileState } from '../../src/storage/state.ts';
import { eventually } from '../support/eventually.ts';
import { fakeContext } from '../support/fakes.ts';
import { temporaryDirectory } from '../support/temporary.ts';

async function setup() {
  const directory = join(await temporaryDirectory(), 'state');
  const { clock, log, lines } = fakeContext();
  const open = () => new FileState(directory, clock, log);
  return { directory, clock, lines, open };
}

test('what is saved is there for the next process, whatever its key holds', async () => {
  const { open } = await setup();
  const keys = [
    'receiver/file/nginx',
    '..',
    '.',
    'a*b',
    'ü/\u0000',
    'x'.repeat(1_000),
    `${'x'.repeat(1_000)}y`,
    '\ud800',
  ];
  const before = open();
  await Promise.all(keys.map((key, index) => before.save(key, JSON.stringify({ index }))));
  const after = open();
  expect(keys.map((key) => after.load(key))).toEqual(keys.map((_, index) => ({ index })));
  expect(after.load('another')).toBeUndefined();
});

test('ordinary keys make file names one can read', () => {
  expect(fileNameOf('receiver/file')).toBe('receiver%2Ffile');
});

test('the last of many saves wins, and each of them resolves', async () => {
  const { open } = await setup();
  const state = open();
  await Promise.all(Array.from({ length: 50 }, (_, n) => state.save('k', String(n))));
  expect(open().load('k')).toBe(49);
});

test('what is being saved can be loaded', async () => {
  const { open } = await setup();
  const state = open();
  void state.save('other', '0');
  void state.save('k', '[1]');
  expect(state.load('k')).toEqual([1]);
  await state.close();
  expect(open().load('k')).toEqual([1]);
});

test('what is forgotten is gone', async () => {
  const { open, directory } = await setup();
  const state = open();
  await state.save('k', '1');
  await state.forget('k');
  expect(state.load('k')).toBeUndefined();
  expect(await readdir(directory)).toEqual([]);
});

test.for(['', '{"half":', '\0\0\0\0'])('a damaged document (%o) is kept aside and reported', async (text) => {
  const { open, directory, lines } = await setup();
  await mkdir(directory);
  await writeFile(join(directory, 'k.json'), text);
  const state = open();
  expect(state.load('k')).toBeUndefined();
  expect(lines).toMatchObject([{ level: 'warn', fields: { key: 'k' } }]);
  expect(await readFile(join(directory, 'k.json.bad'), 'utf8')).toBe(text);
  await state.save('k', '1');
  expect(open().load('k')).toBe(1);
});

test('a write that fails is said once, tried again, and never thrown', async () => {
  const { open, directory, clock, lines } = await setup();
  await writeFile(directory, 'a file where the directory should be');
  const state = open();
  await state.save('a', '1');
  await state.save('b', '2');
  expect(lines).toMatchObject([{ level: 'error', fields: { reason: 'EEXIST' } }]);
  expect(state.load('a')).toBe(1);
  await rm(directory);
  clock.advance(5_000);
  await eventually(() => lines.length === 2, 'it is written');
  await state.close();
  expect(lines[1]).toMatchObject({ level: 'info' });
  expect([open().load('a'), open().load('b')]).toEqual([1, 2]);
  expect(clock.pending).toBe(0);
});

test('what failed to be written never comes back over what was saved after it', async () => {
  const { open, directory, clock } = await setup();
  await writeFile(directory, 'a file where the directory should be');
  const state = open();
  const first = state.save('a', '1');
  const meanwhile = state.save('b', '1');
  await first;
  rmSync(directory);
  await Promise.all([state.save('a', '2'), meanwhile]);
  clock.advance(5_000);
  await state.close();
  expect(state.load('a')).toBe(2);
  expect(open().load('a')).toBe(2);
});
