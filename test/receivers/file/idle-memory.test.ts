import * as fs from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { Search } from '../../../src/receivers/file/search.ts';
import { Tails } from '../../../src/receivers/file/tails.ts';
import { ChunkMemory } from '../../../src/receivers/file/chunk-memory.ts';
import { fakeContext } from '../../support/fakes.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

test.each([
  ['read from its beginning', false],
  ['read from its end', true],
])('a file that was %s keeps little memory while nothing comes', async (_, startAtEnd) => {
  const folder = await temporaryDirectory();
  await fs.writeFile(path.join(folder, 'a.log'), 'a line\n'.repeat(1_000));
  const tails = new Tails(fakeContext('file'));
  await tails.look(new Search([path.join(folder, '*.log')], []), startAtEnd, true);
  const [tail] = tails.values();
  const options = {
    encoding: 'utf-8' as const,
    maxBytes: 1_000,
    startsRecord: undefined,
    memory: new ChunkMemory(),
    eventsOf: () => [],
  };
  if (!startAtEnd) await tail!.read(options, false, 0, () => {});
  await tails.close();
  const { mark, head } = tail!.position;
  expect(mark).toHaveLength(256);
  expect(mark.buffer.byteLength).toBe(256);
  expect(head.bytes).toHaveLength(1_024);
  expect(head.bytes.buffer.byteLength).toBe(1_024);
});
