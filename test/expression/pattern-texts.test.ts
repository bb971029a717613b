import { expect, test } from 'vitest';
import { readPattern } from '../../src/expression/pattern/read.ts';
import { type PatternTexts, textsOf } from '../../src/expression/pattern/texts.ts';

test.for([
  ['', ['']],
  ['user', ['user']],
  ['user=(alice|bob)', ['user=alice', 'user=bob']],
  ['time[- ]?out', ['time-out', 'time out', 'timeout']],
  ['time[_ ]?out', ['time_out', 'time out', 'timeout']],
  ['(?P<who>a|b)(?:c|d)', ['ac', 'ad', 'bc', 'bd']],
  ['10\\.0\\.0\\.1', ['10.0.0.1']],
  ['a{', ['a{']],
  ['[ab][ab][ab][ab][ab][ab]', undefined],
  ['a+', undefined],
  ['^a', undefined],
] as const)('%j stands for %j', ([pattern, texts]) => {
  expect(read(pattern).exact).toEqual(texts);
});

test.for([
  ['user=\\w+ failed', [' failed']],
  ['^error', ['error']],
  ['(timeout|refused) after \\d+', ['timeout after ', 'refused after ']],
  ['aaa|bbb|ccc|ddd|eee', undefined],
  ['(ab|cde)+', undefined],
  ['\\d+:\\d+', undefined],
  ['(abc)+', ['abc']],
  ['(abc){2,}', ['abc']],
  ['(abc){0,2}', undefined],
  ['(abc)*', undefined],
  ['(abc)?', undefined],
  ['[^a]bcd', ['bcd']],
  ['[]a]bc', [']bc', 'abc']],
  ['[^]a]bcd', ['bcd']],
  ['[\\w.]bcd', ['bcd']],
] as const)('what matches %j has one of %j', ([pattern, needles]) => {
  expect(read(pattern).needles).toEqual(needles);
});

test.for(['[[:digit:]]b', '\\Qab\\E', '\\pLab', '\\x41b', '(?i:ab)', '(?s).', '😀', '(?i)é'])(
  '%j is for RE2 alone',
  (pattern) => {
    expect(readPattern(pattern)).toBeUndefined();
  },
);

function read(pattern: string): PatternTexts {
  const known = readPattern(pattern);
  expect(known).toBeDefined();
  return textsOf(known!.tree);
}
