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
  expect(read(pattern)?.exact).toEqual(texts);
});

test.for([
  ['user=\\w+ failed', [' failed']],
  ['^error', ['error']],
  ['(timeout|refused) after \\d+', ['timeout after ', 'refused after ']],
  ['a|b|c|d|e', undefined],
  ['(ab)+', ['ab']],
  ['(ab){2,}', ['ab']],
  ['(ab){0,2}', undefined],
  ['(ab)*', undefined],
  ['x?', undefined],
  ['[^a]b', ['b']],
  ['[]a]b', [']b', 'ab']],
  ['[^]a]b', ['b']],
  ['[\\w.]b', ['b']],
  ['[[:digit:]]b', undefined],
  ['\\Qab\\E', undefined],
  ['\\pLab', undefined],
  ['\\x41b', undefined],
  ['😀', undefined],
] as const)('what matches %j has one of %j', ([pattern, needles]) => {
  expect(read(pattern)?.needles).toEqual(needles);
});

function read(pattern: string): PatternTexts | undefined {
  const known = readPattern(pattern);
  return known && textsOf(known.tree);
}
