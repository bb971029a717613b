import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LetterCensus } from '../../src/storage/letter-census.ts';
import { temporaryDirectory } from '../support/temporary.ts';

async function folderOf(name: string): Promise<{ directory: string; folder: string }> {
  const directory = await temporaryDirectory();
  const folder = join(directory, name);
  await mkdir(folder);
  return { directory, folder };
}

test('counts what was written less what was removed, as files grow and go', async () => {
  const { directory, folder } = await folderOf('http%2Fhook');
  const census = new LetterCensus(directory);
  const counted = async () => Object.fromEntries(await census.take());
  expect(await counted()).toEqual({});
  await writeFile(join(folder, '000001.ndjson'), '{"id":"a"}\n{"id":"b"}\n{"id":"c"}\n');
  expect(await counted()).toEqual({ 'http/hook': 3 });
  // Removed by two commands at a time.
  await writeFile(join(folder, '000001.removed'), 'b\nb\n');
  expect(await counted()).toEqual({ 'http/hook': 2 });
  await appendFile(join(folder, '000001.ndjson'), '{"id":"d"}\n{"id":"to');
  await writeFile(join(folder, '000002.ndjson'), '{"id":"e"}\n');
  expect(await counted()).toEqual({ 'http/hook': 4 });
  await rm(join(folder, '000001.ndjson'));
  await rm(join(folder, '000001.removed'));
  expect(await counted()).toEqual({ 'http/hook': 1 });
});

test('no letters, no folder: nothing to count', async () => {
  const { directory } = await folderOf('x');
  expect(await new LetterCensus(join(directory, 'dead-letters')).take()).toEqual(new Map());
});
