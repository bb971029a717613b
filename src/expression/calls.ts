/**
 * Functions and methods. Searches in texts are false where there is no text; other functions of
 * what is not there are nothing. `matches` is never the library's: that one can take hours.
 */
import type { ASTNode } from '@marcbachmann/cel-js';
import { constant, folded, type Compiled, type Run, type Scope } from './compiled.ts';
import { libraryCall } from './environment.ts';
import { ExpressionError } from './expression-error.ts';
import { LevelValue } from './level-value.ts';
import { needlesOf, withNeedles } from './needles.ts';
import { matchesPattern } from './patterns.ts';
import { checkRegex, compileTest } from './regex.ts';

type Search = (text: string, wanted: string) => boolean;

const SEARCHES: ReadonlyMap<string, Search> = new Map<string, Search>([
  ['startsWith', (text, wanted) => text.startsWith(wanted)],
  ['endsWith', (text, wanted) => text.endsWith(wanted)],
  ['contains', (text, wanted) => text.includes(wanted)],
]);

/** One-argument functions in which a failed conversion should not cost an exception, and quick ways for common ones. */
const FUNCTIONS: ReadonlyMap<string, (value: unknown) => unknown> = new Map<string, (value: unknown) => unknown>([
  ['int', toInteger],
  ['double', toDouble],
  ['string', toText],
]);

const METHODS: ReadonlyMap<string, (value: string) => unknown> = new Map<string, (value: string) => unknown>([
  ['lowerAscii', (text) => text.toLowerCase()],
  ['upperAscii', (text) => text.toUpperCase()],
  ['trim', (text) => text.trim()],
]);

export function compileCall(name: string, parameters: readonly ASTNode[], scope: Scope): Compiled {
  const values = parameters.map((parameter) => scope.compile(parameter));
  const library = libraryCall(`${name}(${values.map((_, index) => `a${index}`).join(', ')})`);
  const quick = values.length === 1 ? FUNCTIONS.get(name) : undefined;
  if (!quick) return applied(values, library);
  const { run } = values[0]!;
  return applied(values, library, (event) => {
    const value = run(event);
    const result = quick(value);
    return result === PASS ? library([value]) : result;
  });
}

export function compileMethod(name: string, receiver: ASTNode, parameters: readonly ASTNode[], scope: Scope): Compiled {
  const subject = scope.compile(receiver);
  const values = parameters.map((parameter) => scope.compile(parameter));
  const [first] = values;
  if (name === 'matches' && first && values.length === 1) return compileMatches(subject, first, parameters[0]!);
  const search = SEARCHES.get(name);
  if (search && first && values.length === 1)
    return withNeedles(searching(search, subject, first), needlesOf(subject, first.constant?.value));
  const names = values.map((_, index) => `a${index + 1}`).join(', ');
  const library = libraryCall(`a0.${name}(${names})`);
  const method = values.length === 0 ? METHODS.get(name) : undefined;
  if (!method) return applied([subject, ...values], library);
  return applied([subject], library, (event) => {
    const value = subject.run(event);
    return typeof value === 'string' ? method(value) : undefined;
  });
}

function applied(values: readonly Compiled[], library: (values: readonly unknown[]) => unknown, quick?: Run): Compiled {
  const run = quick ?? ((event) => library(values.map((value) => value.run(event))));
  return values.every((value) => value.constant) ? constant(folded(run)) : { run };
}

function searching(search: Search, { run }: Compiled, wanted: Compiled): Run {
  const literal = wanted.constant?.value;
  if (typeof literal === 'string') {
    return (event) => {
      const text = run(event);
      return typeof text === 'string' && search(text, literal);
    };
  }
  return (event) => {
    const text = run(event);
    const other = wanted.run(event);
    return typeof text === 'string' && typeof other === 'string' && search(text, other);
  };
}

function compileMatches(subject: Compiled, pattern: Compiled, node: ASTNode): Compiled {
  const { run } = subject;
  const literal = pattern.constant?.value;
  if (typeof literal !== 'string') {
    return {
      run: (event) => {
        const text = run(event);
        const wanted = pattern.run(event);
        return typeof text === 'string' && typeof wanted === 'string' && matchesPattern(text, wanted);
      },
    };
  }
  checkLiteral(literal, node);
  const test = compileTest(literal);
  const matching: Run = (event) => {
    const text = run(event);
    return typeof text === 'string' && test.inText(text);
  };
  if (subject.variable !== 'message') return { run: matching };
  return withNeedles((event) => {
    // What was received need not be decoded to be searched.
    const span = event.spanOf?.('message');
    return (span && test.inBytes(span.bytes, span.start, span.end)) ?? matching(event);
  }, test.needles);
}

/** Points into the literal where its text is the pattern itself; at all of it where escapes lie between. */
function checkLiteral(pattern: string, node: ASTNode): void {
  const problem = checkRegex(pattern);
  if (!problem) return;
  const written = node.input.slice(node.start, node.end);
  const opening = /^[rR]?(?:"""|'''|"|')/.exec(written)?.[0].length ?? 0;
  const plain = opening > 0 && written.slice(opening, opening + pattern.length) === pattern;
  const start = plain ? node.start + opening + (problem.offset ?? 0) : node.start;
  throw new ExpressionError(problem.message, start, plain ? start + (problem.length ?? 1) : node.end);
}

/** For the library to convert. */
const PASS = Symbol('pass');

const MAX_INT = 9_223_372_036_854_775_807n;

function toInteger(value: unknown): unknown {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? BigInt(Math.trunc(value)) : undefined;
  if (typeof value !== 'string') return PASS;
  if (!/^-?\d{1,19}$/.test(value)) return undefined;
  const integer = BigInt(value);
  return integer <= MAX_INT && integer >= -MAX_INT - 1n ? integer : undefined;
}

function toDouble(value: unknown): unknown {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'string') return PASS;
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(value) ? Number(value) : undefined;
}

function toText(value: unknown): unknown {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  return value instanceof LevelValue ? value.name : PASS;
}
