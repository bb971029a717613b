import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Pieces } from '../../../src/receivers/http/pieces.ts';

test('what was added comes out whole and in order, whatever the chunks', () => {
  const chunk = fc.oneof(
    { weight: 4, arbitrary: fc.uint8Array({ maxLength: 20 }) },
    fc.integer({ min: 4_000, max: 70_000 }).map((length) => new Uint8Array(length).fill(length)),
  );
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 40 }), (chunks) => {
      const pieces = new Pieces();
      for (const bytes of chunks) pieces.add(Buffer.from(bytes));
      const whole = Buffer.concat(chunks);
      expect(pieces.length).toBe(whole.length);
      expect(pieces.joined().equals(whole)).toBe(true);
    }),
    { numRuns: 100 },
  );
});

test('one chunk is not copied', () => {
  const chunk = Buffer.from('{"title":"t"}');
  const pieces = new Pieces();
  pieces.add(chunk);
  expect(pieces.joined()).toBe(chunk);
});
