/**
 * Expressions over events, in the Common Expression Language.
 *
 * `level >= warning && "prod" in tags && source.startsWith("nginx")`. Checked when the file is
 * loaded: a wrong name, type or syntax is an error with its place. Event by event nothing fails:
 * a metadata key that is not there makes a comparison false.
 * https://github.com/google/cel-spec/blob/master/doc/langdef.md
 */
import type { FormatProblem } from '../component/catalog.ts';
import type { Place } from '../component/errors.ts';
import type { Event } from '../component/event.ts';
import { checker, NAMES } from './environment.ts';
import { compileIn, problemIn, type Language } from './language.ts';
import { plainValue } from './values.ts';

const EVENTS: Language = { checker, names: NAMES, cells: new Map() };

/** Whether an event meets the condition; false where the condition has no answer. A ConfigError, with its offset, for an expression that is wrong. */
export function compileCondition(text: string, path?: Place['path']): (event: Event) => boolean {
  return conditionOf(text, path).holds;
}

export interface Condition {
  readonly holds: (event: Event) => boolean;
  /** Texts of which the message has at least one wherever it holds; undefined where none are known. */
  readonly needles: readonly string[] | undefined;
}

/** As `compileCondition`, with what is known of it beforehand. */
export function conditionOf(text: string, path?: Place['path']): Condition {
  const { run, needles } = compileIn(EVENTS, text, 'condition', path);
  return { holds: (event) => run(event) === true, needles };
}

/** The value of the expression for an event: levels by name, times as RFC 3339; undefined where there is none. */
export function compileValue(text: string, path?: Place['path']): (event: Event) => unknown {
  const { run } = compileIn(EVENTS, text, 'value', path);
  return (event) => plainValue(run(event));
}

/** What is wrong with `text` as a condition, and where; undefined if nothing is. */
export function checkExpression(text: string): FormatProblem | undefined {
  return problemIn(EVENTS, text, 'condition');
}

/** What is wrong with `text` as an expression of any type; undefined if nothing is. */
export function checkValueExpression(text: string): FormatProblem | undefined {
  return problemIn(EVENTS, text, 'value');
}
