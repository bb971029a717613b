/**
 * Problems for people: where, what, the line, and a mark under what is at fault.
 */
import { isAbsolute, relative } from 'node:path';
import type { Problem } from '../component/configuration.ts';

const MAX_LINE = 150;

const RED = '31';
const BLUE = '34';
const YELLOW = '33';
const GREEN = '32';
const BOLD = '1';

/** One frame a problem, and a line that counts them at the end; empty where there are none. */
export function formatProblems(
  problems: readonly Problem[],
  { color, directory = process.cwd() }: { color: boolean; directory?: string },
): string {
  if (problems.length === 0) return '';
  const paint = (code: string, text: string) => (color && text !== '' ? `\u001B[${code}m${text}\u001B[0m` : text);
  const frames = problems.map((problem) => frame(problem, directory, paint));
  return `${frames.join('\n')}\n${count(problems, paint)}\n`;
}

type Paint = (code: string, text: string) => string;

function frame(problem: Problem, directory: string, paint: Paint): string {
  const { file, line, column, severity, message, suggestion, text, length = 1 } = problem;
  const tone = severity === 'error' ? RED : YELLOW;
  const head = `${paint(BOLD, `${visible(nearby(file, directory))}:${line}:${column}`)} ${paint(`${BOLD};${tone}`, severity)}: ${visible(message)}`;
  if (text === '') return `${head}\n`;
  const { shown, before, marked } = excerpt(text, column, length);
  const number = String(line);
  const gutter = ' '.repeat(number.length);
  const bar = paint(BLUE, '│');
  const mark = paint(tone, '^'.repeat(Math.max(1, width(marked))));
  const indent = before.replace(/[^\t]/gu, (character) => ' '.repeat(width(character)));
  const meant = suggestion === undefined ? '' : ` ${paint(GREEN, visible(suggestion))}`;
  return `${head}\n  ${paint(BLUE, number)} ${bar} ${shown}\n  ${gutter} ${bar} ${indent}${mark}${meant}\n`;
}

/** As much of a long line as has the mark in it. */
function excerpt(text: string, column: number, length: number): { shown: string; before: string; marked: string } {
  const characters = [...visible(text)];
  const at = Math.min(Math.max(column - 1, 0), characters.length);
  let from = 0;
  if (characters.length > MAX_LINE) from = Math.max(0, Math.min(at - 40, characters.length - MAX_LINE));
  const to = Math.min(characters.length, from + MAX_LINE);
  const lead = from > 0 ? '… ' : '';
  return {
    shown: `${lead}${characters.slice(from, to).join('')}${to < characters.length ? ' …' : ''}`,
    before: lead + characters.slice(from, at).join(''),
    marked: characters.slice(at, Math.min(to, at + length)).join(''),
  };
}

/** A file can hold anything, and a terminal obeys control characters. */
function visible(text: string): string {
  return text.replace(/[\u0000-\u0008\u000A-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069]/g, '·');
}

/** Columns of a terminal: East Asian wide characters and most emoji take two. */
function width(text: string): number {
  let columns = 0;
  for (const character of text) {
    if (/\p{Mn}|\u200D|\uFE0F/u.test(character)) continue;
    columns +=
      /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|\p{Emoji_Presentation}/u.test(
        character,
      )
        ? 2
        : 1;
  }
  return columns;
}

/** A file as somebody in that directory would name it. */
export function nearby(file: string, directory = process.cwd()): string {
  const path = relative(directory, file);
  return path === '' || path.startsWith('..') || isAbsolute(path) ? file : path;
}

function count(problems: readonly Problem[], paint: Paint): string {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const hints = problems.length - errors;
  const parts: string[] = [];
  if (errors > 0) parts.push(paint(`${BOLD};${RED}`, errors === 1 ? '1 error' : `${errors} errors`));
  if (hints > 0) parts.push(paint(`${BOLD};${YELLOW}`, hints === 1 ? '1 hint' : `${hints} hints`));
  return parts.join(', ');
}
