/** Puts what the library finds wrong with an expression into words for those who wrote it. */
import { ParseError, TypeError as CelTypeError, type ASTNode } from '@marcbachmann/cel-js';
import type { FormatProblem } from '../component/catalog.ts';
import { LEVELS } from '../component/event.ts';
import { signatures } from './environment.ts';
import { ExpressionError } from './expression-error.ts';
import { nearest } from './nearest.ts';

/** Operators as other languages write them. */
const OPERATORS: Readonly<Partial<Record<string, string>>> = {
  '=': '==',
  '&': '&&',
  '|': '||',
  and: '&&',
  or: '||',
  not: '!',
  AND: '&&',
  OR: '||',
  NOT: '!',
};

const TYPES: Readonly<Partial<Record<string, string>>> = {
  string: 'a text',
  int: 'a whole number',
  uint: 'a whole number',
  double: 'a number',
  bool: 'true or false',
  Level: 'a level',
  map: 'an object',
  null: 'null',
  bytes: 'bytes',
  'google.protobuf.Timestamp': 'a time',
  'google.protobuf.Duration': 'a duration',
};

export function typeInWords(type: string): string {
  if (type.startsWith('list')) return 'a list';
  if (type.startsWith('map')) return 'an object';
  return TYPES[type] ?? type;
}

/** What is wrong, in characters from the start of `text`; `names` are those that it could have used. */
export function problemOf(error: unknown, text: string, names: readonly string[]): FormatProblem {
  if (error instanceof ExpressionError) {
    return placed(error.message, error.start, error.end, text, error.suggestion);
  }
  if (error instanceof RangeError) return { message: 'the expression is nested too deeply' };
  if (!(error instanceof ParseError || error instanceof CelTypeError)) {
    return { message: error instanceof Error ? error.message : String(error) };
  }
  const start = error.range?.start ?? 0;
  const end = error.range?.end ?? start;
  switch (error.code) {
    case 'unknown_variable':
      return unknownName(text, start, end, names);
    case 'no_matching_overload':
      return wrongCall(error, text, start, end);
    case 'no_such_overload':
      return placed(wrongOperands(error.summary), start, end, text);
    case 'no_such_key':
      return placed('a level has nothing below it', start, end, text);
    case 'invalid_macro_argument':
      return placed('has() asks for a key, as in has(metadata.hostname)', start, end, text);
    default:
      return placed(syntax(error.summary, text, start, end), start, end, text);
  }
}

function unknownName(text: string, start: number, end: number, names: readonly string[]): FormatProblem {
  const name = text.slice(start, end);
  const operator = OPERATORS[name];
  if (operator) return placed(`"${name}" is written ${operator} here`, start, end, text, operator);
  const dashed = /(metadata(?:\.\w+)*)\.(\w+)-$/.exec(text.slice(0, start));
  if (dashed) {
    const advice = `a key with a dash in it is written ${dashed[1]}["${dashed[2]}-${name}"]`;
    return placed(`there is no ${name}: ${advice}`, start, end, text);
  }
  const near = nearest(name, names);
  const list = `the names are ${names.join(', ')}`;
  const key = names.includes('metadata') ? `a metadata key is metadata.${name}` : list;
  const advice = near ? list : `a text is in quotes, as in "${name}"; ${key}`;
  return placed(`there is no ${name}: ${advice}`, start, end, text, near);
}

function wrongCall(error: ParseError | CelTypeError, text: string, start: number, end: number): FormatProblem {
  const node = error.node as Partial<ASTNode> | undefined;
  const name = node?.op === 'call' || node?.op === 'rcall' ? node.args?.[0] : undefined;
  if (typeof name !== 'string') return placed(error.summary, start, end, text);
  const from = node?.op === 'rcall' && node.args ? node.args[1].end : start;
  const at = Math.max(start, text.indexOf(name, from));
  const known = signatures().get(name);
  if (known) {
    const found = /'(.*)'$/.exec(error.summary)?.[1] ?? name;
    return placed(`${found} does not exist; there is ${known.slice(0, 4).join(' and ')}`, at, at + name.length, text);
  }
  return placed(`there is no function ${name}`, at, at + name.length, text, nearest(name, signatures().keys()));
}

/** `no such overload: string == int`. */
function wrongOperands(summary: string): string {
  const overload = summary.replace(/^no such overload: /, '');
  const binary = /^(.+) (==|!=|<=|>=|<|>|in|\+|-|\*|\/|%) (.+)$/.exec(overload);
  if (!binary) return `${overload[0]} does not work on ${typeInWords(overload.slice(1))}`;
  const [, left, operator, right] = binary;
  const levels = left === 'Level' || right === 'Level' ? `; the levels are ${LEVELS.join(' < ')}` : '';
  return `${operator} does not work between ${typeInWords(left!)} and ${typeInWords(right!)}${levels}`;
}

function syntax(summary: string, text: string, start: number, end: number): string {
  const found = text.slice(start, end);
  const operator = OPERATORS[found];
  if (operator) return `"${found}" is written ${operator} here`;
  const before = /\b(not|and|or)\s+$/i.exec(text.slice(0, start))?.[1];
  if (before) return `"${before}" is written ${OPERATORS[before.toLowerCase()]} here`;
  if (start >= text.length || /got EOF|token: EOF/.test(summary)) {
    return /Expected RPAREN/.test(summary)
      ? 'a ( is never closed'
      : 'the expression ends too early: something is missing at its end';
  }
  if (summary.startsWith('Unterminated')) return 'a text begins here and never ends: a quote is missing';
  if (summary.startsWith('Exceeded')) return 'the expression is nested too deeply, or has too many parts';
  if (/^(?:Unexpected|Expected)/.test(summary)) return `${JSON.stringify(found)} does not belong here`;
  return summary.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
}

function placed(message: string, start: number, end: number, text: string, suggestion?: string): FormatProblem {
  const offset = Math.min(start, text.length);
  const length = Math.max(1, end - offset);
  return { message, offset, length, ...(suggestion !== undefined && { suggestion }) };
}
