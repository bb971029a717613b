import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/component/errors.ts';
import { checkRegex, compileRegex, compileTest } from '../../src/expression/regex.ts';

test.for(['^\\d+ [a-z]', '(?i)out of memory', '(?P<name>x)', '(?<name>x)', 'a{1,1000}', '\\p{L}+'])(
  'takes %s',
  (pattern) => {
    expect(checkRegex(pattern)).toBeUndefined();
  },
);

describe('says what is wrong, where, and what to write', () => {
  test.for([
    ['a(?=b)', 1, /\(\?=…\) looks around/],
    ['(?<!a)b', 0, /\(\?<!…\) looks around/],
    ['(a)\\1', 3, /refers back/],
    ['xa{1001}', 2, /above 1,000/],
    ['(a{500}){500}', 8, /above 1,000/],
    ['x{2,1}', 1, /upside down/],
    ['a(b', 0, /\( is never closed: write \\\(/],
    ['*a', 0, /\* repeats nothing/],
    ['[z-a]', 1, /range: z-a/],
    ['a\\', 1, /lone backslash/],
    ['ab\\q', 2, /invalid escape sequence: \\q/],
  ] as const)('%s', ([pattern, offset, message]) => {
    expect(checkRegex(pattern)).toMatchObject({ offset, message: expect.stringMatching(message) as string });
    expect(() => compileRegex(pattern)).toThrow(ConfigError);
  });
});

test.for(['[ab]*a[ab]{12}$', '(?i)a.{0,100}b{3}', '(ab?){20}b'])(
  'a pattern of many states finds what RE2 finds, however often its table starts over: %s',
  (pattern) => {
    const found = compileTest(pattern);
    const regex = compileRegex(pattern);
    let seed = 7;
    for (let round = 0; round < 300; round += 1) {
      const bytes = Buffer.alloc(200).map(() => {
        seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
        return (seed >> 16) % 2 === 0 ? 0x61 : 0x62;
      });
      const text = bytes.toString();
      expect([text, found.inBytes(bytes, 0, 200) ?? found.inText(text)]).toEqual([text, regex.test(text)]);
    }
  },
);

test('a pattern that makes a state of nearly each character is left to RE2', () => {
  const found = compileTest('a[ab]{400}c');
  const text = Buffer.from(Array.from({ length: 60_000 }, (_, index) => ((index * index) % 7 < 3 ? 0x61 : 0x62)));
  expect(found.inBytes(text, 0, text.length)).toBeUndefined();
  expect(found.inText(`${text.toString()}a${'b'.repeat(400)}c`)).toBe(true);
  expect(found.inBytes(Buffer.from('short'), 0, 5)).toBeUndefined();
});

test('a pattern of very many groups in each other is read by RE2 alone', () => {
  const pattern = `${'(?:'.repeat(2_000)}a${')'.repeat(2_000)}`;
  expect(checkRegex(pattern)).toBeUndefined();
  expect(compileTest(pattern).inText('cat')).toBe(true);
});

test('a long pattern of texts is read at once', () => {
  const pattern = `${'[ab]'.repeat(5)}${'c'.repeat(9_000)}`;
  expect(compileTest(pattern).inText(`babab${'c'.repeat(9_000)}`)).toBe(true);
});

test('a pattern without operators is a search, with the same answers', () => {
  for (const pattern of ['out of', 'zz', '', 'é']) {
    for (const text of ['time out of mind', '', 'zzz', 'café']) {
      expect(compileTest(pattern).inText(text)).toBe(compileRegex(pattern).test(text));
    }
  }
});
