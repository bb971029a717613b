/**
 * Regular expressions from users: RE2 syntax, in time linear in the text whatever the pattern.
 *
 * `^(a+)+$` over 28 characters keeps JavaScript's own engine busy for seconds; here it is one
 * pass. In exchange there is no look-around, no back-reference and no repeat above 1,000.
 * https://github.com/google/re2/wiki/Syntax
 */
import { RE2JS, RE2JSException, RE2JSSyntaxException } from 're2js';
import type { FormatProblem } from '../component/catalog.ts';
import { ConfigError, type Place } from '../component/errors.ts';

const MAX_LENGTH = 10_000;
const REPEAT = 'invalid repeat count';

/** What is wrong with `text` as a pattern, and where; undefined if nothing is. */
export function checkRegex(text: string): FormatProblem | undefined {
  if (text.length > MAX_LENGTH) return { message: `a pattern has at most ${MAX_LENGTH} characters` };
  try {
    RE2JS.compile(text);
    return undefined;
  } catch (error) {
    return problemOf(error, text);
  }
}

/** Compiles a pattern; a ConfigError says what is wrong with it, where, and what to write instead. */
export function compileRegex(text: string, path?: Place['path']): RE2JS {
  const problem = checkRegex(text);
  if (!problem) return RE2JS.compile(text);
  throw new ConfigError(problem.message, {
    ...(path && { path }),
    ...(problem.offset !== undefined && { offset: problem.offset }),
  });
}

/** Whether a pattern has no operators: it finds itself and nothing else. */
export function isPlain(pattern: string): boolean {
  return !/[\\^$.|?*+()[\]{}]/.test(pattern);
}

/** Whether a text has the pattern anywhere in it. A pattern without operators is a plain search: 20 times as fast. */
export function compileTest(pattern: string): (text: string) => boolean {
  if (isPlain(pattern)) return (text) => text.includes(pattern);
  const regex = compileRegex(pattern);
  return (text) => regex.test(text);
}

function problemOf(error: unknown, text: string): FormatProblem {
  if (!(error instanceof RE2JSException)) return { message: 'this pattern cannot be compiled' };
  if (!(error instanceof RE2JSSyntaxException)) return { message: `this is no regular expression: ${error.message}` };
  const at = error.input ?? text.slice(-1);
  // Of nested repeats it is the outer one that is too much.
  const offset = Math.max(0, error.input === null || error.error === REPEAT ? text.lastIndexOf(at) : text.indexOf(at));
  return { message: explain(error.error, at), offset, length: Math.min(at.length, text.length - offset) };
}

function explain(reason: string, at: string): string {
  const group = /^\(\?(?:<?[=!])/.exec(at);
  if (group)
    return `${group[0]}…) looks around, which a search in linear time cannot: match the surroundings too, or use two conditions`;
  if (/^\\[1-9]/.test(at)) return `${at} refers back to a group, which a search in linear time cannot`;
  if (reason === REPEAT) {
    return /^\{(\d+),(\d+)\}$/.test(at) && !/\d{4}/.test(at)
      ? `the repeat ${at} is upside down, or together with the repeats around it above 1,000`
      : `the repeat ${at} is above 1,000, alone or multiplied with the repeats around it`;
  }
  if (reason === 'missing closing )') return 'a ( is never closed: write \\( for the character itself';
  if (reason === 'unexpected )') return 'a ) closes nothing: write \\) for the character itself';
  if (reason === 'missing closing ]') return 'a [ is never closed: write \\[ for the character itself';
  if (reason === 'missing argument to repetition operator')
    return `${at} repeats nothing: write \\${at} for the character itself`;
  if (reason === 'invalid or unsupported Perl syntax')
    return `${at} begins no group that there is: write (?:…) or (?i)`;
  if (reason === 'trailing backslash at end of expression')
    return 'the pattern ends in a lone backslash: write \\\\ for the character itself';
  return `${reason}: ${at}`;
}
