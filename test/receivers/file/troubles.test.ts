import * as fs from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Search } from '../../../src/receivers/file/search.ts';
import { bench, failing, openBelow, type Bench } from './bench.ts';

function warnings(b: Bench): string[] {
  return b.context.lines.filter(({ level }) => level !== 'info').map(({ message }) => message);
}

/** Removes a file so that its open handle can no longer be asked how it is, until that was said. */
async function serverForgets(b: Bench, name: string): Promise<void> {
  const works = await failing('stat', 'ESTALE');
  await fs.rm(path.join(b.folder, name));
  await b.until(() => warnings(b).length > 0, 'the warning');
  works();
}

test('a rotated file whose server has forgotten it is closed, and the others are read on', async () => {
  const b = await bench();
  await b.append('a.log', 'one\n');
  await b.start();
  await b.reads('one');
  await serverForgets(b, 'a.log');
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
  await serverForgets(b, 'a.log');
  await b.second();
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
  await b.second();
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

test('a file that cannot be read when it is found again is read on later, not from its beginning', async () => {
  const b = await bench();
  await b.append('a.log', 'one\n');
  await b.start();
  await b.reads('one');
  const kept = await b.stop();
  const works = await failing('read', 'EIO', 1);
  await b.start({}, kept);
  works();
  expect(warnings(b)).toEqual([expect.stringContaining('EIO')]);
  await b.append('a.log', 'two\n');
  await b.reads('one', 'two');
});

test('files that cannot be read are said after a thousand others that are gone', async () => {
  const b = await bench();
  const links = Array.from({ length: 1_000 }, (_, index) => path.join(b.folder, `${index}.log`));
  await Promise.all(links.map((link) => fs.symlink(link, link)));
  await b.start();
  expect(warnings(b)).toHaveLength(1_000);
  await Promise.all(links.map((link) => fs.rm(link)));
  await b.second();
  await fs.symlink('last.log', path.join(b.folder, 'last.log'));
  await b.until(() => warnings(b).length > 1_000, 'the warning');
  await b.second();
  expect(warnings(b).slice(1_000)).toEqual([expect.stringMatching(/last\.log cannot be read \(ELOOP\)$/)]);
});
