/** Row 32 of the fault matrix, quickly, and what else happens to files that are followed and to what is kept of them. */
import { appendFileSync, copyFileSync, truncateSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { chaos, numbersOut, startTail } from './tails.ts';

test('a file that is renamed every 200 ms at 5,000 lines a second: nothing is lost, nothing comes twice', async () => {
  await chaos({ seconds: 3, rotateMs: 200, kills: 0 });
});

test('the same, and the collector is killed: nothing is lost, and no more comes twice than was read since it last took note', async () => {
  await chaos({ seconds: 4, rotateMs: 200, kills: 2 });
}, 40_000);

test('copied and truncated: only what is written between the two can be lost', async () => {
  const collector = await startTail();
  const file = join(collector.directory, 'app.log');
  let next = 0;
  const between = new Set<number>();
  const append = (lines: number): void =>
    appendFileSync(file, Array.from({ length: lines }, () => `line ${next++}\n`).join(''));
  for (let rotation = 0; rotation < 5; rotation += 1) {
    append(500);
    await eventually(() => numbersOut(collector).includes(next - 1), 'it is read');
    copyFileSync(file, join(collector.directory, 'kept-elsewhere.log'));
    for (let n = 0; n < 10; n += 1) between.add(next + n);
    append(10);
    truncateSync(file);
  }
  append(1);
  await eventually(() => numbersOut(collector).includes(next - 1), 'the last line is read');
  const numbers = numbersOut(collector);
  const seen = new Set(numbers);
  expect(numbers).toHaveLength(seen.size);
  const lost = Array.from({ length: next }, (_, seq) => seq).filter((seq) => !seen.has(seq));
  expect(lost.filter((seq) => !between.has(seq))).toEqual([]);
  await collector.stop();
});

test('what was kept of the files is damaged: they are read again, and each line of it is on the books', async () => {
  const collector = await startTail();
  const file = join(collector.directory, 'app.log');
  appendFileSync(file, Array.from({ length: 1_000 }, (_, n) => `line ${n}\n`).join(''));
  await eventually(() => numbersOut(collector).length === 1_000, 'they are read');
  await collector.stop();
  const state = join(collector.directory, 'storage', 'state');
  const kept = (await readdir(state)).filter((name) => name.includes('file'));
  expect(kept.length).toBeGreaterThan(0);
  for (const name of kept) await writeFile(join(state, name), '{"half":');
  await collector.start();
  await eventually(() => numbersOut(collector).length === 2_000, 'they are read again');
  expect((await collector.expectBalancedBooks()).receivers['file']!.accepted).toBe(1_000);
  await collector.said(/damaged|kept aside/);
  await collector.stop();
});
