/** `==`, `<` and `in`, with quick ways for what conditions mostly are: levels and own fields against constants. */
import type { ASTNode } from '@marcbachmann/cel-js';
import { LEVELS, rankOf } from '../component/event.ts';
import type { Compiled, Run, Scope } from './compiled.ts';
import type { Variable } from './environment.ts';
import { ExpressionError } from './expression-error.ts';
import { LevelValue, levelValue } from './level-value.ts';
import { needlesOf, withNeedles } from './needles.ts';
import { nearest } from './nearest.ts';
import { differ, equal, isIn } from './values.ts';

export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=';

const MIRRORED = { '==': '==', '!=': '!=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const;

export function compileComparison(
  operator: Comparison,
  [left, right]: readonly [ASTNode, ASTNode],
  scope: Scope,
): Compiled {
  const a = scope.compile(left);
  const b = scope.compile(right);
  checkLevelName(a, b, right);
  checkLevelName(b, a, left);
  if (b.constant) return comparison(operator, a, b.constant.value);
  if (a.constant) return comparison(MIRRORED[operator], b, a.constant.value);
  return { run: between(operator, a.run, b.run) };
}

export function compileIn([item, holder]: readonly [ASTNode, ASTNode], scope: Scope): Compiled {
  const a = scope.compile(item);
  const b = scope.compile(holder);
  if (holder.op === 'list') for (const entry of holder.args) checkLevelName(a, scope.compile(entry), entry);
  const { run } = a;
  const { run: list } = b;
  if (!b.constant) return { run: (event) => isIn(run(event), list(event)) };
  const { value } = b.constant;
  if (!Array.isArray(value)) return { run: (event) => isIn(run(event), value) };
  if (a.variable === 'level') {
    const names = new Set<unknown>(value.map((level: unknown) => (level instanceof LevelValue ? level.name : level)));
    return { run: (event) => names.has(event.level) };
  }
  if (value.every((entry) => typeof entry === 'string')) {
    const texts = new Set<unknown>(value);
    return {
      run: (event) => {
        const text = run(event);
        return texts.has(text instanceof LevelValue ? text.name : text);
      },
    };
  }
  return { run: (event) => isIn(run(event), value) };
}

/** `level == "warnin"` would be false for ever. */
function checkLevelName(level: Compiled, name: Compiled, node: ASTNode): void {
  const text = name.constant?.value;
  const isLevel = level.variable === 'level' || level.constant?.value instanceof LevelValue;
  if (!isLevel || typeof text !== 'string' || levelValue(text)) return;
  throw new ExpressionError(
    `there is no level ${JSON.stringify(text)}: the levels are ${LEVELS.join(' < ')}`,
    node.start,
    node.end,
    nearest(text.toLowerCase(), LEVELS),
  );
}

function comparison(operator: Comparison, read: Compiled, value: unknown): Compiled {
  return withNeedles(withConstant(operator, read, value), operator === '==' ? needlesOf(read, value) : undefined);
}

function withConstant(operator: Comparison, { run, variable }: Compiled, value: unknown): Run {
  if (variable === 'level') {
    const level = value instanceof LevelValue ? value : levelValue(value);
    if (level) return withRank(operator, level.rank);
  }
  if (typeof value === 'string' && variable && (operator === '==' || operator === '!=')) {
    const text = textComparison(operator, variable, value);
    if (text) return text;
  }
  if (typeof value === 'bigint' && Number.isSafeInteger(Number(value))) {
    const number = numberComparison(operator, Number(value));
    const general = operation(operator);
    return (event) => {
      const read = run(event);
      return typeof read === 'number' ? number(read) : general(read, value);
    };
  }
  if (typeof value === 'number') {
    const number = numberComparison(operator, value);
    const general = operation(operator);
    return (event) => {
      const read = run(event);
      return typeof read === 'number' ? number(read) : general(read, value);
    };
  }
  const general = operation(operator);
  return (event) => general(run(event), value);
}

function between(operator: Comparison, a: Run, b: Run): Run {
  const general = operation(operator);
  return (event) => general(a(event), b(event));
}

function withRank(operator: Comparison, rank: number): Run {
  switch (operator) {
    case '==':
      return (event) => rankOf(event.level) === rank;
    case '!=':
      return (event) => rankOf(event.level) !== rank;
    case '<':
      return (event) => rankOf(event.level) < rank;
    case '<=':
      return (event) => rankOf(event.level) <= rank;
    case '>':
      return (event) => rankOf(event.level) > rank;
    case '>=':
      return (event) => rankOf(event.level) >= rank;
  }
}

function textComparison(operator: '==' | '!=', variable: Variable, text: string): Run | undefined {
  const wanted = operator === '==';
  switch (variable) {
    case 'source':
      return (event) => (event.source === text) === wanted;
    case 'event_type':
      return (event) => (event.eventType === text) === wanted;
    case 'title':
      return (event) => (event.title === text) === wanted;
    case 'message':
      return (event) => (event.message === text) === wanted;
    case 'event_id':
      return (event) => (event.eventId === text) === wanted;
    default:
      return undefined;
  }
}

function numberComparison(operator: Comparison, number: number): (value: number) => boolean {
  switch (operator) {
    case '==':
      return (value) => value === number;
    case '!=':
      return (value) => value !== number;
    case '<':
      return (value) => value < number;
    case '<=':
      return (value) => value <= number;
    case '>':
      return (value) => value > number;
    case '>=':
      return (value) => value >= number;
  }
}

function operation(operator: Comparison): (a: unknown, b: unknown) => boolean {
  switch (operator) {
    case '==':
      return (a, b) => equal(a, b);
    case '!=':
      // What is not there is not different either.
      return (a, b) => a !== undefined && b !== undefined && !equal(a, b);
    case '<':
      return (a, b) => differ(a, b) < 0;
    case '<=':
      return (a, b) => differ(a, b) <= 0;
    case '>':
      return (a, b) => differ(a, b) > 0;
    case '>=':
      return (a, b) => differ(a, b) >= 0;
  }
}
