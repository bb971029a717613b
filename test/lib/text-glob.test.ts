import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileGlob } from '../../src/lib/text-glob.ts';

test.for([
  ['nginx', 'nginx', true],
  ['nginx', 'nginx2', false],
  ['nginx*', 'nginx', true],
  ['*', '', true],
  ['?', '', false],
  ['?', '💥', true],
  ['a*b*c', 'aXbYbZc', true],
  ['a*b*c', 'aXbYbZ', false],
  ['*.log', '.log', true],
  ['[a]', '[a]', true],
  ['', '', true],
] as const)('%s on %s', ([pattern, text, matches]) => {
  expect(compileGlob(pattern)(text)).toBe(matches);
});

test('agrees with a regular expression', () => {
  const letters = (alphabet: string[]) =>
    fc.array(fc.constantFrom(...alphabet), { maxLength: 8 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(letters(['a', 'b', '*', '?']), letters(['a', 'b']), (pattern, text) => {
      const regex = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`);
      expect(compileGlob(pattern)(text)).toBe(regex.test(text));
    }),
    { numRuns: 1_000 },
  );
});
