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

test('a pattern without operators is a search, with the same answers', () => {
  for (const pattern of ['out of', 'zz', '', 'é']) {
    for (const text of ['time out of mind', '', 'zzz', 'café']) {
      expect(compileTest(pattern).inText(text)).toBe(compileRegex(pattern).test(text));
    }
  }
});
