/**
 * Reads the operators of RE2 that people write: `.`, classes, groups, `|`, repeats, `^`, `$`, `\b`,
 * `\d`, `\s`, `\w`, and `(?i)` before everything. https://github.com/google/re2/wiki/Syntax
 */
import { DIGITS, type Pattern, WORD } from './tree.ts';

export interface ReadPattern {
  readonly tree: Pattern;
  /** Whether upper and lower case are the same to it. */
  readonly anyCase: boolean;
}

const ANY_CASE = '(?i)';
/** Groups in groups: what reads them calls itself. */
const MAX_DEPTH = 100;
const SPACES = '\t\n\f\r ';
const CLASSES: ReadonlyMap<string, string> = new Map([
  ['d', DIGITS],
  ['s', SPACES],
  ['w', WORD],
]);
const CONTROLS: ReadonlyMap<string, string> = new Map([
  ['a', '\x07'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
]);

/** Of a valid pattern; undefined for one with other operators, which is for RE2 alone. */
export function readPattern(pattern: string): ReadPattern | undefined {
  const anyCase = pattern.startsWith(ANY_CASE);
  // What folds to a letter beyond ASCII, and what does not, is RE2's to know.
  if (anyCase && /[^\0-\x7f]/.test(pattern)) return undefined;
  try {
    return { tree: new Reader(anyCase ? pattern.slice(ANY_CASE.length) : pattern).read(), anyCase };
  } catch (error) {
    if (error instanceof Rare) return undefined;
    throw error;
  }
}

/** Something that is seldom written. */
class Rare extends Error {}

class Reader {
  readonly #pattern: string;
  #at = 0;
  #depth = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  read(): Pattern {
    const tree = this.#choice();
    if (this.#at < this.#pattern.length) throw new Rare();
    return tree;
  }

  #choice(): Pattern {
    const first = this.#sequence();
    const branches = [first];
    while (this.#take('|')) branches.push(this.#sequence());
    return branches.length === 1 ? first : { kind: 'choice', branches };
  }

  #sequence(): Pattern {
    const parts: Pattern[] = [];
    while (this.#at < this.#pattern.length && !'|)'.includes(this.#pattern[this.#at]!)) parts.push(this.#repeated());
    return { kind: 'sequence', parts };
  }

  #repeated(): Pattern {
    let part = this.#atom();
    for (let bounds = this.#repeat(); bounds; bounds = this.#repeat()) {
      part = { kind: 'repeat', part, least: bounds[0], most: bounds[1] };
      // Reluctant or not, it finds the same.
      this.#take('?');
    }
    return part;
  }

  #repeat(): readonly [number, number] | undefined {
    if (this.#take('?')) return [0, 1];
    if (this.#take('*')) return [0, Infinity];
    if (this.#take('+')) return [1, Infinity];
    // Other braces stand for themselves.
    const counted = /^\{(0|[1-9]\d*)(?:,(0|[1-9]\d*)?)?\}/.exec(this.#rest(12));
    if (!counted) return undefined;
    const [whole, least, most] = counted;
    this.#at += whole.length;
    return [Number(least), most !== undefined ? Number(most) : whole.includes(',') ? Infinity : Number(least)];
  }

  #atom(): Pattern {
    switch (this.#pattern[this.#at]) {
      case '(':
        return this.#group();
      case '[':
        return this.#class();
      case '.':
        this.#at += 1;
        return { kind: 'one', members: '\n', negated: true };
      case '^':
        this.#at += 1;
        return { kind: 'place', where: 'start' };
      case '$':
        this.#at += 1;
        return { kind: 'place', where: 'end' };
      case '\\':
        return this.#escape();
      default:
        return { kind: 'one', members: this.#character(), negated: false };
    }
  }

  #group(): Pattern {
    const opening = /^\((?:\?(?::|P?<\w+>)|(?!\?))/.exec(this.#rest(80))?.[0];
    if (opening === undefined) throw new Rare();
    this.#at += opening.length;
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new Rare();
    const inside = this.#choice();
    this.#depth -= 1;
    if (!this.#take(')')) throw new Rare();
    return inside;
  }

  #class(): Pattern {
    this.#at += 1;
    const negated = this.#take('^');
    let members = '';
    do {
      const named = /^\\([dsw])/.exec(this.#rest(2));
      if (named) this.#at += 2;
      members += named ? CLASSES.get(named[1]!)! : this.#range();
    } while (!this.#take(']'));
    return { kind: 'one', members, negated };
  }

  /** `a` or `a-z`, inside of a class. */
  #range(): string {
    if (this.#rest(2) === '[:') throw new Rare();
    const first = this.#character();
    if (!/^-[^\]]/.test(this.#rest(2))) return first;
    this.#at += 1;
    const [from, to] = [first.charCodeAt(0), this.#character().charCodeAt(0)];
    if (to > 127) throw new Rare();
    return String.fromCharCode(...Array.from({ length: to - from + 1 }, (_, index) => from + index));
  }

  /** A character that stands for itself, with a backslash before it or not. */
  #character(): string {
    const escaped = this.#take('\\');
    const character = this.#pattern[this.#at] ?? '';
    this.#at += 1;
    // The halves of a character beyond the first plane are none.
    if (character === '' || /[\ud800-\udfff]/.test(character)) throw new Rare();
    if (!escaped || /[!-/:-@[-`{-~]/.test(character)) return character;
    const control = CONTROLS.get(character);
    if (control === undefined) throw new Rare();
    return control;
  }

  #escape(): Pattern {
    const letter = this.#pattern[this.#at + 1] ?? '';
    const members = CLASSES.get(letter.toLowerCase());
    const isPlace = letter === 'b' || letter === 'B';
    if (members === undefined && !isPlace) return { kind: 'one', members: this.#character(), negated: false };
    this.#at += 2;
    if (isPlace) return { kind: 'place', where: letter === 'b' ? 'boundary' : 'no boundary' };
    return { kind: 'one', members: members!, negated: letter !== letter.toLowerCase() };
  }

  #rest(length: number): string {
    return this.#pattern.slice(this.#at, this.#at + length);
  }

  #take(character: string): boolean {
    if (this.#pattern[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }
}
