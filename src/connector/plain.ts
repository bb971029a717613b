/** Any value of a program's as JSON can hold it, copied: what the program changes afterwards changes no event. */
import { newMetadata, type Metadata } from '../component/event.ts';

/** Deeper than any metadata that is meant to be read; also where circles end. */
const MAX_DEPTH = 32;

export function plainMetadata(values: Readonly<Record<string, unknown>>): Metadata {
  const copy = newMetadata();
  for (const [key, value] of Object.entries(values)) {
    const plain = plainValue(value, MAX_DEPTH);
    if (plain !== undefined) copy[key] = plain;
  }
  return copy;
}

/** Undefined for what JSON leaves out. Never throws. */
function plainValue(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'bigint':
      return value.toString();
    case 'undefined':
    case 'function':
    case 'symbol':
      return undefined;
    case 'object':
      return value === null ? null : plainObject(value, depth);
    default:
      return value;
  }
}

function plainObject(value: object, depth: number): unknown {
  if (depth === 0) return '[nested too deeply]';
  if (value instanceof Date) return Number.isFinite(value.getTime()) ? value.toISOString() : null;
  if (value instanceof Error)
    return { name: value.name, message: value.message, ...(value.stack === undefined ? {} : { stack: value.stack }) };
  if (Array.isArray(value) || value instanceof Set)
    return [...(value as Iterable<unknown>)].map((item) => plainValue(item, depth - 1) ?? null);
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return plainValue((value.toJSON as () => unknown)(), depth - 1);
  const copy = newMetadata();
  const entries =
    value instanceof Map
      ? [...value].map(([key, item]): [string, unknown] => [String(key), item])
      : Object.entries(value);
  for (const [key, item] of entries) {
    const plain = plainValue(item, depth - 1);
    if (plain !== undefined) copy[key] = plain;
  }
  return copy;
}
