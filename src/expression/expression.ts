/**
 * Expressions over events, in the Common Expression Language.
 *
 * `level >= warning && "prod" in tags && source.startsWith("nginx")`. Checked when the file is
 * loaded: a wrong name, type or syntax is an error with its place. Event by event nothing fails:
 * a metadata key that is not there makes a comparison false.
 * https://github.com/google/cel-spec/blob/master/doc/langdef.md
 */
import type { FormatProblem } from '../component/catalog.ts';
import { ConfigError, type Place } from '../component/errors.ts';
import type { Event } from '../component/event.ts';
import { compileTree } from './compile.ts';
import type { Run } from './compiled.ts';
import { checker } from './environment.ts';
import { ExpressionError } from './expression-error.ts';
import { problemOf, typeInWords } from './problems.ts';
import { plainValue } from './values.ts';

/** Expressions are parsed and checked by recursion: longer ones could overflow the stack. */
const MAX_LENGTH = 8_192;

/** Whether an event meets the condition; false where the condition has no answer. A ConfigError, with its offset, for an expression that is wrong. */
export function compileCondition(text: string, path?: Place['path']): (event: Event) => boolean {
  const run = compiled(text, 'condition', path);
  return (event) => run(event) === true;
}

/** The value of the expression for an event: levels by name, times as RFC 3339; undefined where there is none. */
export function compileValue(text: string, path?: Place['path']): (event: Event) => unknown {
  const run = compiled(text, 'value', path);
  return (event) => plainValue(run(event));
}

/** What is wrong with `text` as a condition, and where; undefined if nothing is. */
export function checkExpression(text: string): FormatProblem | undefined {
  return problemWith(text, 'condition');
}

/** What is wrong with `text` as an expression of any type; undefined if nothing is. */
export function checkValueExpression(text: string): FormatProblem | undefined {
  return problemWith(text, 'value');
}

type Kind = 'condition' | 'value';

function problemWith(text: string, kind: Kind): FormatProblem | undefined {
  try {
    compile(text, kind);
    return undefined;
  } catch (error) {
    return problemOf(error, text);
  }
}

function compiled(text: string, kind: Kind, path: Place['path']): Run {
  try {
    return compile(text, kind);
  } catch (error) {
    const { message, offset, suggestion } = problemOf(error, text);
    throw new ConfigError(message, {
      ...(path && { path }),
      ...(offset !== undefined && { offset }),
      ...(suggestion !== undefined && { hint: `Did you mean ${suggestion}?` }),
    });
  }
}

function compile(text: string, kind: Kind): Run {
  if (text.trim() === '')
    throw new ExpressionError('the expression is empty: write a condition such as level >= warning', 0);
  if (text.length > MAX_LENGTH) {
    throw new ExpressionError(
      `an expression has at most ${MAX_LENGTH} characters, and this one ${text.length}`,
      MAX_LENGTH,
    );
  }
  const parsed = checker.parse(text);
  const { error, type = 'dyn' } = parsed.check();
  if (error) throw error;
  const { run } = compileTree(parsed.ast);
  if (kind === 'condition' && type !== 'bool' && type !== 'dyn') {
    const { start, end } = parsed.ast;
    throw new ExpressionError(
      `a condition is true or false, and this is ${typeInWords(type)}${exampleFor(type)}`,
      start,
      end,
    );
  }
  return run;
}

function exampleFor(type: string): string {
  if (type === 'Level') return ': compare it, as in level >= warning';
  if (type === 'string') return ': compare it, as in source == "nginx"';
  if (type.startsWith('list')) return ': ask it something, as in "prod" in tags';
  return ': compare it with something';
}
