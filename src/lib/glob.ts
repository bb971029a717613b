/**
 * File patterns: `*` and `?` within a name, `[a-z]` and `[!a-z]`, `{one,two}`, and `**` for any
 * number of folders. Matched without a regular expression, so that no pattern takes long.
 *
 * Why is my file not found: a name that starts with a dot needs a pattern that does, as in a shell.
 */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

const MAX_ALTERNATIVES = 1_000;

/** Folders that `**` goes down at the most. */
const MAX_DEPTH = 32;

/** Tests whole texts, `/` being the only separator. Throws a RangeError if braces make too many alternatives. */
export function compileGlob(pattern: string): (text: string) => boolean {
  const alternatives = expandBraces(pattern).map((alternative) => alternative.split('/').map(compileName));
  if (alternatives.length === 1) {
    const [only] = alternatives;
    return (text) => matchNames(only!, 0, text.split('/'), 0);
  }
  return (text) => {
    const names = text.split('/');
    return alternatives.some((alternative) => matchNames(alternative, 0, names, 0));
  };
}

/**
 * The paths that exist and match, sorted, each once; folders too. Relative patterns are relative to
 * the working directory, and so are their paths. What cannot be read counts as empty.
 */
export async function expandGlob(pattern: string): Promise<string[]> {
  const found = new Set<string>();
  for (const alternative of expandBraces(pattern)) {
    const names = alternative.split('/').filter((name, index) => name !== '' || index === 0);
    const absolute = names[0] === '';
    await walk(absolute ? '/' : '', names.slice(absolute ? 1 : 0), 0, found);
  }
  return [...found].sort();
}

async function walk(folder: string, names: readonly string[], depth: number, found: Set<string>): Promise<void> {
  const [name, ...rest] = names;
  if (name === undefined || depth > MAX_DEPTH) return;
  if (name === '**') {
    await walk(folder, rest, depth, found);
    for (const entry of await entriesOf(folder)) {
      // Links to folders are not followed here: they can form circles.
      if (entry.isDirectory() && !entry.name.startsWith('.'))
        await walk(path.join(folder, entry.name), names, depth + 1, found);
    }
    return;
  }
  if (!/[*?[]/.test(name)) {
    const next = path.join(folder, name);
    if (rest.length > 0) await walk(next, rest, depth, found);
    else if (await exists(next)) found.add(next);
    return;
  }
  const matches = compileName(name) as NameTest;
  for (const entry of await entriesOf(folder)) {
    if (!matches(entry.name) || (entry.name.startsWith('.') && !name.startsWith('.'))) continue;
    const next = path.join(folder, entry.name);
    if (rest.length === 0) found.add(next);
    else if (entry.isDirectory() || entry.isSymbolicLink()) await walk(next, rest, depth, found);
  }
}

async function entriesOf(folder: string) {
  try {
    return await readdir(folder === '' ? '.' : folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch {
    return false;
  }
}

type NameTest = (name: string) => boolean;

const ANY_FOLDERS = Symbol('**');

function compileName(pattern: string): NameTest | typeof ANY_FOLDERS {
  if (pattern === '**') return ANY_FOLDERS;
  if (!/[*?[]/.test(pattern)) return (name) => name === pattern;
  const parts = partsOf(pattern);
  return (name) => matchParts(parts, name);
}

function matchNames(
  tests: readonly (NameTest | typeof ANY_FOLDERS)[],
  at: number,
  names: readonly string[],
  from: number,
): boolean {
  let nameIndex = from;
  for (let index = at; index < tests.length; index += 1) {
    const matches = tests[index]!;
    if (matches === ANY_FOLDERS) {
      for (let skip = nameIndex; skip <= names.length; skip += 1) {
        if (matchNames(tests, index + 1, names, skip)) return true;
      }
      return false;
    }
    if (nameIndex >= names.length || !matches(names[nameIndex]!)) return false;
    nameIndex += 1;
  }
  return nameIndex === names.length;
}

/** A character, or what stands for some. */
type Part = string | typeof ANY | typeof STAR | CharacterClass;

interface CharacterClass {
  readonly not: boolean;
  readonly ranges: readonly (readonly [number, number])[];
}

const ANY = Symbol('?');
const STAR = Symbol('*');

function partsOf(pattern: string): Part[] {
  const parts: Part[] = [];
  const characters = [...pattern];
  for (let index = 0; index < characters.length; index += 1) {
    const character = characters[index]!;
    if (character === '*') {
      if (parts.at(-1) !== STAR) parts.push(STAR);
    } else if (character === '?') {
      parts.push(ANY);
    } else if (character === '[') {
      const close = characters.indexOf(
        ']',
        characters[index + 1] === '!' || characters[index + 1] === '^' ? index + 3 : index + 2,
      );
      if (close < 0) {
        parts.push('[');
      } else {
        parts.push(classOf(characters.slice(index + 1, close)));
        index = close;
      }
    } else {
      parts.push(character);
    }
  }
  return parts;
}

function classOf(inside: readonly string[]): Part {
  const not = inside[0] === '!' || inside[0] === '^';
  const ranges: [number, number][] = [];
  for (let index = not ? 1 : 0; index < inside.length; index += 1) {
    const from = inside[index]!.codePointAt(0)!;
    if (inside[index + 1] === '-' && index + 2 < inside.length) {
      ranges.push([from, inside[index + 2]!.codePointAt(0)!]);
      index += 2;
    } else {
      ranges.push([from, from]);
    }
  }
  return { not, ranges };
}

/** Goes back to the last star only: what earlier ones took need never change. */
function matchParts(parts: readonly Part[], name: string): boolean {
  const characters = [...name];
  let part = 0;
  let at = 0;
  let star = -1;
  let starAt = 0;
  while (at < characters.length) {
    if (parts[part] === STAR) {
      star = part;
      starAt = at;
      part += 1;
    } else if (part < parts.length && matchesOne(parts[part]!, characters[at]!)) {
      part += 1;
      at += 1;
    } else if (star >= 0) {
      part = star + 1;
      starAt += 1;
      at = starAt;
    } else {
      return false;
    }
  }
  while (parts[part] === STAR) part += 1;
  return part === parts.length;
}

function matchesOne(part: Part, character: string): boolean {
  if (typeof part === 'string') return part === character;
  if (typeof part === 'symbol') return part === ANY;
  const code = character.codePointAt(0)!;
  return part.ranges.some(([from, to]) => code >= from && code <= to) !== part.not;
}

/** `a{b,c{d,e}}` → ab, acd, ace. A brace without its partner or without a comma is a character. */
function expandBraces(pattern: string): string[] {
  const open = pattern.indexOf('{');
  if (open < 0) return [pattern];
  const commas: number[] = [];
  let depth = 0;
  let close = -1;
  for (let index = open; index < pattern.length && close < 0; index += 1) {
    const character = pattern[index];
    if (character === '{') depth += 1;
    else if (character === '}' && --depth === 0) close = index;
    else if (character === ',' && depth === 1) commas.push(index);
  }
  if (close < 0 || commas.length === 0) {
    return expandBraces(pattern.slice(open + 1)).map((rest) => pattern.slice(0, open + 1) + rest);
  }
  const cuts = [open, ...commas, close];
  const results: string[] = [];
  for (let index = 1; index < cuts.length; index += 1) {
    const option = pattern.slice(cuts[index - 1]! + 1, cuts[index]);
    results.push(...expandBraces(pattern.slice(0, open) + option + pattern.slice(close + 1)));
    if (results.length > MAX_ALTERNATIVES)
      throw new RangeError(`the braces make more than ${MAX_ALTERNATIVES} patterns`);
  }
  return results;
}
