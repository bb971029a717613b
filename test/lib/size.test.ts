import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatSize, parseSize } from '../../src/lib/size.ts';

test.each([
  ['480', 480],
  ['480B', 480],
  ['64KiB', 65_536],
  ['64 kib', 65_536],
  ['10MB', 10_000_000],
  ['1.5GiB', 1_610_612_736],
])('%s is %i bytes', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each(['', 'KiB', '-1', '10M', '10k', '1 2', '1e3', '9'.repeat(30)])('"%s" is none', (text) => {
  expect(parseSize(text)).toBeUndefined();
});

test('what is written out reads back (property)', () => {
  fc.assert(
    fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (bytes) => {
      expect(parseSize(formatSize(bytes))).toBe(bytes);
    }),
  );
});
