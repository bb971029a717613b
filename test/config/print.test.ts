import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import type { Problem } from '../../src/component/configuration.ts';
import { formatProblems } from '../../src/config/print.ts';

const problem = (fields: Partial<Problem> = {}): Problem => ({
  file: '/etc/lnmt/collector.yaml',
  line: 12,
  column: 5,
  severity: 'error',
  message: 'unknown option "chanel" of slack; did you mean "channel"?',
  length: 6,
  suggestion: 'channel',
  text: '    chanel: "#ops"',
  ...fields,
});
const print = (...problems: Problem[]) => formatProblems(problems, { color: false, directory: '/etc' });

test('a frame has the place, the line, a mark and what was meant; a count ends it', () => {
  expect(print(problem(), problem({ severity: 'hint', message: 'twice', line: 3 }))).toBe(
    [
      'lnmt/collector.yaml:12:5 error: unknown option "chanel" of slack; did you mean "channel"?',
      '  12 │     chanel: "#ops"',
      '     │     ^^^^^^ channel',
      '',
      'lnmt/collector.yaml:3:5 hint: twice',
      '  3 │     chanel: "#ops"',
      '    │     ^^^^^^ channel',
      '',
      '1 error, 1 hint',
      '',
    ].join('\n'),
  );
});

test('no problems are no text', () => {
  expect(print()).toBe('');
});

test('colours only colour', () => {
  const colored = formatProblems([problem()], { color: true, directory: '/etc' });
  expect(colored).toContain('\u001B[');
  expect(stripVTControlCharacters(colored)).toBe(print(problem()));
});

test('the mark stands under the text also behind tabs and wide characters', () => {
  const [, line, mark] = print(problem({ text: '\t日本: chanel', column: 6, length: 6 })).split('\n');
  expect(line).toBe('  12 │ \t日本: chanel');
  expect(mark).toBe('     │ \t      ^^^^^^ channel');
});

test('a long line is cut around the mark', () => {
  const [, line, mark] = print(problem({ text: `${'a'.repeat(500)}chanel${'b'.repeat(500)}`, column: 501 })).split(
    '\n',
  );
  expect(line!.length).toBeLessThan(170);
  expect(line!.slice(mark!.indexOf('^'), mark!.lastIndexOf('^') + 1)).toBe('chanel');
});

test('what a file holds does not reach the terminal as a command', () => {
  expect(print(problem({ text: 'a\u001B[2Jb', message: 'x\u0007\u202E' }))).not.toMatch(/[\u001B\u0007\u202E]/);
});

test('a file elsewhere is named in full', () => {
  expect(print(problem({ file: '/srv/collector.yaml', text: '' }))).toMatch(/^\/srv\/collector\.yaml:12:5 error/);
});
