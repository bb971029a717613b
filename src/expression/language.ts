/**
 * Turns the text of an expression into a closure, or into what is wrong with it, for those whose
 * names an expression can use: an event's fields, or others.
 */
import type { Environment } from '@marcbachmann/cel-js';
import type { FormatProblem } from '../component/catalog.ts';
import { ConfigError, type Place } from '../component/errors.ts';
import { compileTree } from './compile.ts';
import type { Cell, Compiled } from './compiled.ts';
import { ExpressionError } from './expression-error.ts';
import { problemOf, typeInWords } from './problems.ts';

/** Expressions are parsed and checked by recursion: longer ones could overflow the stack. */
const MAX_LENGTH = 8_192;

export interface Language {
  readonly checker: () => Environment;
  /** What to suggest in place of an unknown name. */
  readonly names: readonly string[];
  /** Names that stand for what is in a cell at the time, not for a field of the event. */
  readonly cells: ReadonlyMap<string, Cell>;
}

type Kind = 'condition' | 'value';

/** What is wrong with `text`, and where; undefined if nothing is. */
export function problemIn(language: Language, text: string, kind: Kind): FormatProblem | undefined {
  try {
    compile(language, text, kind);
    return undefined;
  } catch (error) {
    return problemOf(error, text, language.names);
  }
}

/** Throws a ConfigError, with its offset, for an expression that is wrong. */
export function compileIn(language: Language, text: string, kind: Kind, path: Place['path']): Compiled {
  try {
    return compile(language, text, kind);
  } catch (error) {
    const { message, offset, suggestion } = problemOf(error, text, language.names);
    throw new ConfigError(message, {
      ...(path && { path }),
      ...(offset !== undefined && { offset }),
      ...(suggestion !== undefined && { hint: `Did you mean ${suggestion}?` }),
    });
  }
}

function compile({ checker, cells }: Language, text: string, kind: Kind): Compiled {
  if (text.trim() === '')
    throw new ExpressionError('the expression is empty: write a condition such as level >= warning', 0);
  if (text.length > MAX_LENGTH) {
    throw new ExpressionError(
      `an expression has at most ${MAX_LENGTH} characters, and this one ${text.length}`,
      MAX_LENGTH,
    );
  }
  const parsed = checker().parse(text);
  const { error, type = 'dyn' } = parsed.check();
  if (error) throw error;
  const compiled = compileTree(parsed.ast, cells);
  if (kind === 'condition' && type !== 'bool' && type !== 'dyn') {
    const { start, end } = parsed.ast;
    throw new ExpressionError(
      `a condition is true or false, and this is ${typeInWords(type)}${exampleFor(type)}`,
      start,
      end,
    );
  }
  return compiled;
}

function exampleFor(type: string): string {
  if (type === 'Level') return ': compare it, as in level >= warning';
  if (type === 'string') return ': compare it, as in source == "nginx"';
  if (type.startsWith('list')) return ': ask it something, as in "prod" in tags';
  return ': compare it with something';
}
