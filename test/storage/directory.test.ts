import { readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStorage, storageHolder } from '../../src/storage/directory.ts';
import { spawnScript } from '../support/child.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const hold = (directory: string) =>
  spawnScript(`
    import { openStorage } from './src/storage/directory.ts';
    await openStorage(${JSON.stringify(directory)});
    console.log('held');
    setInterval(() => {}, 1_000);
  `);

test('makes the directory, readable for its owner only', async () => {
  const directory = join(await temporaryDirectory(), 'a', 'b');
  const storage = await openStorage(directory);
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  await storage.release();
});

test('a name that is let go of a moment later is waited for, where nobody has said that it is theirs', async () => {
  const directory = await temporaryDirectory();
  const { dev, ino } = await stat(directory);
  const forked = createServer();
  await new Promise<void>((resolve) => forked.listen(`\0lnmt-collector/${dev}/${ino}`, resolve));
  setTimeout(() => forked.close(), 50);
  await (await openStorage(directory)).release();
});

test('a second one refuses at once, and names the first', async () => {
  const directory = await temporaryDirectory();
  const storage = await openStorage(directory);
  expect(await storageHolder(directory)).toMatchObject({ pid: process.pid });
  await expect(openStorage(directory)).rejects.toMatchObject({
    name: 'StartError',
    message: `${directory} is in use by the collector with process id ${process.pid}`,
    place: { hint: expect.stringContaining('service.storage.directory') },
  });
  await storage.release();
  await storage.release();
  expect(await storageHolder(directory)).toBeUndefined();
  await (await openStorage(directory)).release();
});

test('another process cannot have it, until the first is killed', async () => {
  const directory = await temporaryDirectory();
  const first = await hold(directory);
  await eventually(async () => (await storageHolder(directory)) !== undefined, 'the first holds it');
  await expect(openStorage(directory)).rejects.toThrow(`is in use by the collector with process id ${first.pid}`);
  first.kill('SIGKILL');
  await new Promise((resolve) => first.once('exit', resolve));
  await (await openStorage(directory)).release();
});

test.for([
  ['a process that is gone', JSON.stringify({ pid: 2 ** 22 + 1, started: 'x' })],
  ['a process number that another process has now', JSON.stringify({ pid: 1, started: 'another boot/1' })],
  ['nothing', ''],
  ['garbage', '{"pid":"x"'],
])('a lock file of %s is taken over', async ([, text]) => {
  const directory = await temporaryDirectory();
  await writeFile(join(directory, 'lock'), text!);
  const storage = await openStorage(directory);
  expect(JSON.parse(await readFile(join(directory, 'lock'), 'utf8'))).toMatchObject({ pid: process.pid });
  await storage.release();
});

test('a directory that cannot be used is said so', async () => {
  const directory = await temporaryDirectory();
  await writeFile(join(directory, 'file'), '');
  await expect(openStorage(join(directory, 'file', 'x'))).rejects.toThrow(/cannot be used: ENOTDIR/);
});
