import { mkdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { queueDirectory, queueIds } from '../../src/storage/layout.ts';
import { temporaryDirectory } from '../support/temporary.ts';

test('the queues of a directory can be told by their exporters', async () => {
  const storage = await temporaryDirectory();
  expect(await queueIds(storage)).toEqual([]);
  for (const id of ['slack/ops', '../up', 'ü']) await mkdir(queueDirectory(storage, id), { recursive: true });
  expect(await queueIds(storage)).toEqual(['../up', 'slack/ops', 'ü'].sort());
});
