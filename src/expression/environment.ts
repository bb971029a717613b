/**
 * What the CEL library is told of events: names, types, and the operators that the documents promise.
 *
 * The library parses and type-checks; `compile.ts` evaluates the checked tree, and hands functions
 * that it has no quick way for back to the library, as `a0.substring(a1)`.
 */
import { Environment } from '@marcbachmann/cel-js';
import { LEVELS } from '../component/event.ts';
import { LevelValue, levelValue } from './level-value.ts';
import { differ } from './values.ts';

/** The variables of an expression, by their types. */
const VARIABLES = {
  event_id: 'string',
  event_type: 'string',
  level: 'Level',
  source: 'string',
  title: 'string',
  message: 'string',
  metadata: 'map',
  tags: 'list<string>',
  timestamp: 'google.protobuf.Timestamp',
} as const;

export type Variable = keyof typeof VARIABLES;

/** Every name that an expression can use for a value, for suggestions. */
export const NAMES: readonly string[] = [...Object.keys(VARIABLES), ...LEVELS];

/** Made at the first expression: a file without one is up sooner. */
const base = once(() => withOperators(new Environment({ homogeneousAggregateLiterals: false })));
const calls = once(() => base().clone({ unlistedVariablesAreDyn: true, homogeneousAggregateLiterals: false }));

/** Checks expressions over events. */
export const checker = once(() => withEvent(base().clone()));

/** Checks expressions over values of these names, of whatever type. */
export function checkerOver(names: readonly string[]): () => Environment {
  return once(() => {
    const environment = base().clone();
    for (const name of names) environment.registerVariable(name, 'dyn');
    return withLevels(environment);
  });
}

/** Names of functions, for suggestions, and what each takes. */
export const signatures: () => ReadonlyMap<string, readonly string[]> = once(readSignatures);

/** Evaluates `text` over `a0`, `a1`, … as the library does; undefined where that is an error. */
export function libraryCall(text: string): (values: readonly unknown[]) => unknown {
  const run = calls().parse(text);
  return (values) => {
    const context: Record<string, unknown> = {};
    for (let index = 0; index < values.length; index += 1) {
      const value = values[index];
      if (value === undefined) return undefined;
      context[`a${index}`] = value;
    }
    try {
      return plainInteger(run(context));
    } catch {
      return undefined;
    }
  };
}

/** The library's unsigned integers are objects; here they are integers as others. */
export function plainInteger(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value.constructor === undefined) return value;
  const primitive: unknown = (value as { valueOf(): unknown }).valueOf();
  return typeof primitive === 'bigint' ? primitive : value;
}

function withEvent(environment: Environment): Environment {
  for (const [name, type] of Object.entries(VARIABLES)) environment.registerVariable(name, type);
  return withLevels(environment);
}

function withLevels(environment: Environment): Environment {
  for (const name of LEVELS) environment.registerConstant(name, 'Level', levelValue(name));
  return environment;
}

function withOperators(environment: Environment): Environment {
  environment.registerType('Level', { ctor: LevelValue, fields: {} });
  environment.registerFunction('string(Level): string', (level: LevelValue) => level.name);
  const orders: readonly (readonly [string, (a: unknown, b: unknown) => boolean])[] = [
    ['==', (a, b) => differ(a, b) === 0],
    ['<', (a, b) => differ(a, b) < 0],
    ['<=', (a, b) => differ(a, b) <= 0],
    ['>', (a, b) => differ(a, b) > 0],
    ['>=', (a, b) => differ(a, b) >= 0],
  ];
  for (const [operator, holds] of orders) {
    environment.registerOperator(`Level ${operator} Level: bool`, holds);
    environment.registerOperator(`Level ${operator} string: bool`, holds);
    // `==` works both ways round by itself.
    if (operator !== '==') environment.registerOperator(`string ${operator} Level: bool`, holds);
  }
  environment.registerOperator('Level in list<string>: bool', (level: LevelValue, list: string[]) =>
    list.includes(level.name),
  );
  environment.registerOperator('int == double: bool', (a, b) => differ(a, b) === 0);
  // Numbers from JSON are doubles and literals integers. Without `: double`, `1 + metadata.status` is silently no number.
  const sums: readonly (readonly [string, (a: number, b: number) => number])[] = [
    ['+', (a, b) => a + b],
    ['-', (a, b) => a - b],
    ['*', (a, b) => a * b],
    ['/', (a, b) => a / b],
    ['%', (a, b) => a % b],
  ];
  for (const [operator, compute] of sums) {
    const mixed = (a: number | bigint, b: number | bigint) => compute(Number(a), Number(b));
    environment.registerOperator(`int ${operator} double: double`, mixed);
    environment.registerOperator(`double ${operator} int: double`, mixed);
  }
  environment.registerOperator('double % double: double', (a: number, b: number) => a % b);
  return environment;
}

function readSignatures(): Map<string, string[]> {
  const byName = new Map<string, string[]>();
  for (const { name, receiverType, params, returnType } of checker().getDefinitions().functions) {
    const written = `${receiverType ? `${receiverType}.` : ''}${name}(${params.map(({ type }) => type).join(', ')}): ${returnType}`;
    byName.set(name, [...(byName.get(name) ?? []), written]);
  }
  return byName;
}

function once<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
