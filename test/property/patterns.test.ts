import fc from 'fast-check';
import { RE2JS, RE2JSException } from 're2js';
import { expect, test } from 'vitest';
import { compileTest, needlesOfPattern } from '../../src/expression/regex.ts';

const PIECES = [
  ...['a', 'b', 'K', 's', 'é', '-', ' ', '.', '/', '^', '$', '|', '||', '(', ')', '(?:', '(?i)', '(?i', '(?P<n>'],
  ...['[ab]', '[^ab]', '[a-b]', '[', ']', '[]', '[^]', '[[:alpha:]]', '{', '}', '{2}', '{0,1}', '{1,}', '{00}', '{,2}'],
  ...['{3}', '\\w', '\\W', '\\s', '\\B', '\\t', '[\\w-]', '[^\\s]', '[b-]', '[]a]', '[^]a]', '.*', '(?:a|b)*'],
  ...['?', '*', '+', '??', '\\', '\\.', '\\d', '\\b', '\\Q', '\\E', '\\n', '\\x61', '\\p{L}', '\\/', '\\]', '😀', '\n'],
];
const pattern = fc.array(fc.constantFrom(...PIECES), { maxLength: 8 }).map((pieces) => pieces.join(''));
const text = fc
  .array(
    fc.constantFrom('a', 'b', 'k', 'K', '\u212a', 's', 'ſ', 'é', 'É', '-', ' ', '.', '/', '{', '}', ']', '\n', '😀'),
    {
      maxLength: 12,
    },
  )
  .map((characters) => characters.join(''));

test('a pattern is found where RE2 finds it, however it is looked for', () => {
  fc.assert(
    fc.property(pattern, fc.array(text, { minLength: 1, maxLength: 8 }), (wanted, texts) => {
      const regex = compiled(wanted);
      fc.pre(regex !== undefined);
      const found = compileTest(wanted);
      for (const each of texts) {
        const expected = regex.test(each);
        const bytes = Buffer.from(`a${each}b`);
        expect([each, found.inText(each)]).toEqual([each, expected]);
        expect([each, found.inBytes(bytes, 1, bytes.length - 1) ?? expected]).toEqual([each, expected]);
      }
    }),
    { numRuns: 3_000 },
  );
});

test('what a pattern matches has one of its needles', () => {
  fc.assert(
    fc.property(pattern, fc.array(text, { minLength: 1, maxLength: 8 }), (wanted, texts) => {
      const regex = compiled(wanted);
      fc.pre(regex !== undefined);
      const needles = needlesOfPattern(wanted);
      if (!needles) return;
      for (const each of texts)
        if (regex.test(each)) expect([each, needles.some((needle) => each.includes(needle))]).toEqual([each, true]);
    }),
    { numRuns: 3_000 },
  );
});

function compiled(wanted: string): RE2JS | undefined {
  try {
    return RE2JS.compile(wanted);
  } catch (error) {
    if (error instanceof RE2JSException) return undefined;
    throw error;
  }
}
