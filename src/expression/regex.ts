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
import { Automaton } from './pattern/automaton.ts';
import { programOf } from './pattern/program.ts';
import { readPattern, type ReadPattern } from './pattern/read.ts';
import { textsOf } from './pattern/texts.ts';

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
  refuse(checkRegex(text), path);
  return RE2JS.compile(text);
}

/** Compiles a pattern that is only looked for. A ConfigError as above. */
export function compileTest(pattern: string): PatternTest {
  refuse(checkRegex(pattern));
  return new PatternTest(pattern, readPattern(pattern));
}

/** A longer text is not put into bytes to run a table on. */
const LONGEST = 65_536;
const encoder = new TextEncoder();
let scratch: Uint8Array | undefined;

/**
 * Whether a pattern is anywhere in a text. One that is written with common operators runs from a
 * table, while what it looks at is ASCII; of a text that must have other texts in it for the
 * pattern to be there, those are looked for first. That is several times as quick as RE2.
 */
export class PatternTest {
  /** Texts of which a text must have one for the pattern to be in it; undefined where none are known. */
  readonly needles: readonly string[] | undefined;
  readonly #regex: RE2JS;
  readonly #read: ReadPattern | undefined;
  /** Whether the pattern may be in a text, and whether that is the answer. */
  readonly #search: ((text: string) => boolean) | undefined;
  readonly #isExact: boolean;
  /** Made when it is first asked; undefined where there is none to ask. */
  #automaton: Automaton | 'not made' | undefined = 'not made';

  constructor(pattern: string, read: ReadPattern | undefined) {
    this.#regex = RE2JS.compile(pattern);
    this.#read = read;
    const { exact, needles } = read ? textsOf(read.tree) : {};
    this.#isExact = exact !== undefined;
    this.needles = read?.anyCase ? undefined : needles;
    const texts = exact ?? this.needles;
    this.#search = texts && searchFor(texts, read?.anyCase === true);
  }

  inText(text: string): boolean {
    const mayHave = this.#search?.(text);
    if (mayHave === false || this.#isExact) return mayHave === true;
    return this.#inEncoded(text) ?? this.#regex.test(text);
  }

  /** In bytes that may be UTF-8; undefined where only their text tells. */
  inBytes(bytes: Uint8Array, start: number, end: number): boolean | undefined {
    const automaton = this.#askable();
    const answer = automaton?.isIn(bytes, start, end);
    if (automaton?.isSpent) this.#automaton = undefined;
    return answer;
  }

  #inEncoded(text: string): boolean | undefined {
    if (!this.#askable() || text.length > LONGEST) return undefined;
    scratch ??= new Uint8Array(LONGEST);
    const { read, written } = encoder.encodeInto(text, scratch);
    return read === text.length ? this.inBytes(scratch, 0, written) : undefined;
  }

  #askable(): Automaton | undefined {
    if (this.#automaton !== 'not made') return this.#automaton;
    const program = this.#read && programOf(this.#read.tree, this.#read.anyCase);
    return (this.#automaton = program && new Automaton(program));
  }
}

function searchFor(texts: readonly string[], anyCase: boolean): (text: string) => boolean {
  const [only] = texts;
  if (texts.length === 1 && !anyCase) return (text) => text.includes(only!);
  const search = new RegExp(texts.map(escaped).join('|'), anyCase ? 'iu' : '');
  return (text) => search.test(text);
}

function escaped(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}/]/g, '\\$&');
}

function refuse(problem: FormatProblem | undefined, path?: Place['path']): void {
  if (!problem) return;
  throw new ConfigError(problem.message, {
    ...(path && { path }),
    ...(problem.offset !== undefined && { offset: problem.offset }),
  });
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
