import * as fs from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Search } from '../../../src/receivers/file/search.ts';
import { FakeSink } from '../../support/fakes.ts';
import { bench, openBelow, type Bench } from './bench.ts';

type Call = 'stat' | 'read';

/** Of what Node's handles are made. */
async function handles(): Promise<fs.FileHandle> {
  const handle = await fs.open(import.meta.filename, 'r');
  await handle.close();
  return Object.getPrototypeOf(handle) as fs.FileHandle;
}

/** Makes a call on open files fail, after some of them, as one on a file server does that has forgotten them; gives how to end it. */
async function failing(call: Call, code: string, after = 0): Promise<() => void> {
  const all = await handles();
  const works = all[call] as () => Promise<unknown>;
  let left = after;
  const spy = vi.spyOn(all, call).mockImplementation(async function fail(this: fs.FileHandle, ...args: unknown[]) {
    if (left-- > 0) return Reflect.apply(works, this, args) as Promise<never>;
    throw Object.assign(new Error(code), { code });
  });
  onTestFinished(() => spy.mockRestore());
  return () => spy.mockRestore();
}

function warnings(b: Bench): string[] {
  return b.context.lines.filter(({ level }) => level !== 'info').map(({ message }) => message);
}

async function time(b: Bench): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await b.until(() => true, 'time');
}

test('a rotated file whose server has forgotten it is closed, and the others are read on', async () => {
  const b = await bench();
  await b.append('a.log', 'one\n');
  await b.start();
  await b.reads('one');
  const works = await failing('stat', 'ESTALE');
  await fs.rm(path.join(b.folder, 'a.log'));
  await b.until(() => warnings(b).length > 0, 'the warning');
  works();
  expect(warnings(b)).toEqual([expect.stringMatching(/a\.log cannot be read \(ESTALE\)$/)]);
  await b.append('b.log', 'two\n');
  await b.reads('one', 'two');
  expect(openBelow(b.folder)).toBe(1);
});

test('lines of a forgotten file that were refused are sent again all the same', async () => {
  const b = await bench();
  b.sink.settlement = undefined;
  await b.append('a.log', 'one\n');
  await b.start();
  await b.reads('one');
  const works = await failing('stat', 'ESTALE');
  await fs.rm(path.join(b.folder, 'a.log'));
  await b.until(() => warnings(b).length > 0, 'the warning');
  works();
  await time(b);
  b.sink.settlement = 'safe';
  b.sink.unsettled.pop()?.('failed');
  await b.reads('one', 'one');
});

test('a look that fails is said once, and the next one goes on', async () => {
  const b = await bench();
  await b.start();
  const paths = vi
    .spyOn(Search.prototype, 'paths')
    .mockRejectedValue(Object.assign(new Error('x'), { code: 'EMFILE' }));
  onTestFinished(() => paths.mockRestore());
  await time(b);
  expect(warnings(b).slice(1)).toEqual([expect.stringMatching(/\*\.log cannot be read \(EMFILE\)$/)]);
  expect(paths.mock.calls.length).toBeLessThan(30);
  paths.mockRestore();
  await b.append('a.log', 'one\n');
  await b.reads('one');
});

test('an archive that cannot be looked into is closed', async () => {
  const b = await bench();
  await fs.writeFile(path.join(b.folder, 'a.log'), gzipSync('one\n'));
  const works = await failing('stat', 'EIO', 1);
  await b.start();
  works();
  expect(warnings(b)).toEqual([expect.stringContaining('EIO')]);
  expect(openBelow(b.folder)).toBe(0);
});
