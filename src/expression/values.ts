/**
 * Comparing and computing with what an expression meets: texts, booleans, integers (bigint),
 * doubles (number), levels, times, durations, lists and objects. `undefined` is what is not there,
 * and what comes of it.
 */
import { LevelValue, levelValue } from './level-value.ts';

const MAX_INT = 9_223_372_036_854_775_807n;
const MIN_INT = -9_223_372_036_854_775_808n;

/** Nested deeper than this, lists and objects count as different. */
const MAX_DEPTH = 64;

/** Below 0, 0 or above, as `a` is before, level with or after `b`; NaN where they have no order, which makes every comparison false. */
export function differ(a: unknown, b: unknown): number {
  switch (typeof a) {
    case 'number':
    case 'bigint':
      return typeof b === 'number' || typeof b === 'bigint' ? order(a, b) : NaN;
    case 'string':
      if (typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
      return b instanceof LevelValue ? (levelValue(a)?.rank ?? NaN) - b.rank : NaN;
    case 'boolean':
      return typeof b === 'boolean' ? Number(a) - Number(b) : NaN;
    case 'object':
      return differInObjects(a, b);
    default:
      return NaN;
  }
}

function order(a: number | bigint, b: number | bigint): number {
  if (a < b) return -1;
  if (a > b) return 1;
  return Number.isNaN(a) || Number.isNaN(b) ? NaN : 0;
}

function differInObjects(a: object | null, b: unknown): number {
  if (a instanceof LevelValue) {
    if (b instanceof LevelValue) return a.rank - b.rank;
    return typeof b === 'string' ? a.rank - (levelValue(b)?.rank ?? NaN) : NaN;
  }
  // Times and durations: both tell their milliseconds.
  if (a === null || typeof b !== 'object' || b === null || a.constructor !== b.constructor) return NaN;
  const first: unknown = typeof a.constructor === 'function' ? a.valueOf() : undefined;
  const second: unknown = typeof b.constructor === 'function' ? b.valueOf() : undefined;
  return typeof first === 'number' && typeof second === 'number' ? order(first, second) : NaN;
}

/** CEL's `==`. What is of different kinds is different. */
export function equal(a: unknown, b: unknown, depth = 0): boolean {
  if (a === b) return a !== undefined;
  if (typeof a !== 'object' || typeof b !== 'object') return differ(a, b) === 0;
  if (a === null || b === null || depth > MAX_DEPTH) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, index) => equal(item, (b as unknown[])[index], depth + 1));
  }
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  if (!isObject(a) || !isObject(b)) return differ(a, b) === 0;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key], depth + 1));
}

/** CEL's `in`: an item of a list, or a key of an object. */
export function isIn(item: unknown, holder: unknown): boolean {
  if (item === undefined) return false;
  if (Array.isArray(holder)) {
    for (let index = 0; index < holder.length; index += 1) if (equal(item, holder[index])) return true;
    return false;
  }
  const key = keyOf(item);
  return key !== undefined && isObject(holder) && Object.hasOwn(holder, key);
}

/** What is at `key` of an object or a list; undefined where nothing is. */
export function at(holder: unknown, key: unknown): unknown {
  if (Array.isArray(holder)) {
    return typeof key === 'bigint' || typeof key === 'number' ? (holder as unknown[])[Number(key)] : undefined;
  }
  const name = keyOf(key);
  return name !== undefined && isObject(holder) && Object.hasOwn(holder, name) ? holder[name] : undefined;
}

export type Arithmetic = '+' | '-' | '*' | '/' | '%';

/** The sum and so on of two numbers; undefined where there is none: a division of integers by 0, 64 bits exceeded. */
export function compute(operator: Arithmetic, a: number | bigint, b: number | bigint): number | bigint | undefined {
  if (typeof a === 'bigint' && typeof b === 'bigint') return computeIntegers(operator, a, b);
  const first = Number(a);
  const second = Number(b);
  switch (operator) {
    case '+':
      return first + second;
    case '-':
      return first - second;
    case '*':
      return first * second;
    case '/':
      return first / second;
    case '%':
      return first % second;
  }
}

function computeIntegers(operator: Arithmetic, a: bigint, b: bigint): bigint | undefined {
  switch (operator) {
    case '+':
      return inRange(a + b);
    case '-':
      return inRange(a - b);
    case '*':
      return inRange(a * b);
    case '/':
      return b === 0n ? undefined : inRange(a / b);
    case '%':
      return b === 0n ? undefined : a % b;
  }
}

function inRange(value: bigint): bigint | undefined {
  return value >= MIN_INT && value <= MAX_INT ? value : undefined;
}

/** Whether a value is a plain object, such as the metadata: not a level, a time or a duration. */
export function isObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Object.prototype, or that of new metadata.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function keyOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}

/** The value for the world outside of expressions: levels by name, times as RFC 3339, integers as numbers where they fit. */
export function plainValue(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (value instanceof LevelValue) return value.name;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  if (Array.isArray(value)) return value.map(plainValue);
  if (typeof value !== 'object' || value === null || isObject(value)) return value;
  return String(value);
}
