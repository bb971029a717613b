import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Counts } from '../../src/lib/counts.ts';
import { keyReader } from '../../src/lib/field-key.ts';
import { ownText, shortKey, shortKeyAgain } from '../../src/lib/own-text.ts';
import { titleOf } from '../../src/lib/title.ts';
import { event } from '../support/fakes.ts';
import { bytesInUse } from '../support/garbage.ts';

const KEPT = 100;
const MESSAGE = 200_000;

/** A text of a message, and nothing else of it, some characters long. */
function cutText(index: number): string {
  return titleOf(`what went wrong is ${index}\n${'x'.repeat(MESSAGE)}`);
}

test('an own text is the same text, lone surrogates and all', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => ownText(text) === text));
  expect(ownText('a lone \ud800 half')).toBe('a lone \ud800 half');
});

test.for([
  {
    what: 'own texts',
    keeper() {
      const kept: string[] = [];
      return (text: string) => kept.push(ownText(text));
    },
  },
  {
    what: 'counts',
    keeper() {
      const counts = new Counts(KEPT);
      return (text: string) => counts.add(text);
    },
  },
  {
    what: 'remembered pairs',
    keeper() {
      const read = keyReader(['title', 'source']);
      return (title: string) => new Set([read(event({ title }))]).size;
    },
  },
])('$what keep no message alive that the text is a part of', ({ keeper }) => {
  const keep = keeper();
  const before = bytesInUse();
  for (let index = 0; index < KEPT; index += 1) keep(cutText(index));
  expect(bytesInUse() - before).toBeLessThan(10 * MESSAGE);
  keep(cutText(0));
});

test('pairs with a message are not remembered', () => {
  const read = keyReader(['source', 'message']);
  const before = bytesInUse();
  for (let index = 0; index < 2_000; index += 1) read(event({ message: `${index}${'y'.repeat(10_000)}` }));
  expect(bytesInUse() - before).toBeLessThan(2_000_000);
  read(event());
});

test('long keys are hashes, told from short keys and from keys that look like them', () => {
  expect(shortKey('k'.repeat(64), 64)).toBe('k'.repeat(64));
  const short = shortKey('k'.repeat(65), 64);
  expect(short).toHaveLength(45);
  expect(shortKey(short, 64)).not.toBe(short);
  expect(shortKeyAgain(short, 64)).toBe(short);
  expect(shortKeyAgain('k'.repeat(65), 64)).toBe(short);
  expect(shortKeyAgain('key', 64)).toBe('key');
});
