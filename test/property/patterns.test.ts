import fc from 'fast-check';
import { RE2JS, RE2JSException } from 're2js';
import { expect, test } from 'vitest';
import { readPattern } from '../../src/expression/pattern/read.ts';
import { compileTest } from '../../src/expression/regex.ts';

const TEXTS = ['a', 'b', 'K', 's', 'é', '-', ' ', '/', '_', '7', '\n', '\t', 'aba', 'bab'];
const PIECES = [
  ...TEXTS,
  ...['.', '^', '$', '|', '||', '(', ')', '(?:', '(?i)', '(?i', '(?P<n>', '(?:^|a)*', '$*', '.*', '(?:a|b)*'],
  ...['[ab]', '[^ab]', '[a-b]', '[', ']', '[]', '[^]', '[[:alpha:]]', '[\\w-]', '[^\\s]', '[b-]', '[]a]', '[^]a]'],
  ...[
    '[--/]',
    '[A-z]',
    '[\\d_]',
    '\\w',
    '\\W',
    '\\s',
    '\\S',
    '\\d',
    '\\D',
    '\\b',
    '\\B',
    '\\t',
    '\\r',
    '\\f',
    '\\v',
    '\\_',
  ],
  ...['{', '}', '{0}', '{1}', '{2}', '{3}', '{0,1}', '{1,}', '{00}', '{,2}', '?', '*', '+', '??'],
  ...['\\', '\\.', '\\Q', '\\E', '\\n', '\\x61', '\\p{L}', '\\/', '\\]', '😀'],
];
const pattern = fc.array(fc.constantFrom(...PIECES), { maxLength: 8 }).map((pieces) => pieces.join(''));
const text = fc
  .array(
    fc.constantFrom(
      ...TEXTS,
      ...['k', '\u212a', 'ſ', 'É', '.', '{', '}', ']', '\\', '\r', '\f', '\v', '@', '[', '`', 'z', 'Z', '0', '9', '😀'],
    ),
    { maxLength: 12 },
  )
  .map((pieces) => pieces.join(''));

test('a pattern is found where RE2 finds it, however it is looked for', () => {
  let fromTable = 0;
  fc.assert(
    fc.property(pattern, fc.array(text, { minLength: 1, maxLength: 8 }), (wanted, texts) => {
      const regex = compiled(wanted);
      fc.pre(regex !== undefined);
      const found = compileTest(wanted);
      for (const each of texts) {
        const expected = regex.test(each);
        const bytes = Buffer.from(`a${each}b`);
        const fromBytes = found.inBytes(bytes, 1, bytes.length - 1);
        expect([each, found.inText(each)]).toEqual([each, expected]);
        expect([each, fromBytes ?? expected]).toEqual([each, expected]);
        const isForTable = readPattern(wanted) !== undefined && bytes.length === each.length + 2;
        if (isForTable) expect(fromBytes).toBeDefined();
        if (isForTable) fromTable += 1;
      }
    }),
    { numRuns: 4_000 },
  );
  expect(fromTable).toBeGreaterThan(1_000);
});

const withText = fc
  .tuple(pattern, fc.constantFrom('aba', 'bab+', '(?:aba|bab)', 'a(?:ba)?bab', '(?:aba){1,2}'), pattern)
  .map((parts) => parts.join(''));

test('what a pattern matches has one of its needles', () => {
  let matched = 0;
  fc.assert(
    fc.property(withText, fc.array(text, { minLength: 1, maxLength: 8 }), (wanted, texts) => {
      const regex = compiled(wanted);
      fc.pre(regex !== undefined);
      const { needles } = compileTest(wanted);
      if (!needles) return;
      for (const each of [...texts, ...texts.map((one) => `${one}aba`), ...texts.map((one) => `bab${one}`)]) {
        if (!regex.test(each)) continue;
        matched += 1;
        expect([each, needles.some((needle) => each.includes(needle))]).toEqual([each, true]);
      }
    }),
    { numRuns: 4_000 },
  );
  expect(matched).toBeGreaterThan(300);
});

function compiled(wanted: string): RE2JS | undefined {
  try {
    return RE2JS.compile(wanted);
  } catch (error) {
    if (error instanceof RE2JSException) return undefined;
    throw error;
  }
}
