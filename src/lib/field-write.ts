/**
 * Writes and removes fields by their paths.
 *
 * Copies of an event share the objects inside its metadata, so those are never edited in place:
 * each object along a path is copied before it changes. Keys are data, `__proto__` among them.
 */
import type { FormatProblem } from '../component/catalog.ts';
import { LEVELS, newMetadata, type Event } from '../component/event.ts';
import { checkFieldPath, metadataKeys } from './field-path.ts';
import { levelOf } from './level-names.ts';
import { timeOf } from './timestamp.ts';

/** False where the value is nothing that the field can be; the event is then as it was. */
export type FieldWriter = (event: Event, value: unknown) => boolean;

const EVENT_TYPE = /^[a-z][a-z0-9_]{0,63}$/;

const OWN_WRITERS: ReadonlyMap<string, FieldWriter> = new Map<string, FieldWriter>([
  ['timestamp', writeTimestamp],
  ['event_type', writeEventType],
  ['level', writeLevel],
  ['source', (event, value) => writeText(value, (text) => (event.source = text))],
  ['title', (event, value) => writeText(value, (text) => (event.title = text))],
  ['message', (event, value) => writeText(value, (text) => (event.message = text))],
  ['tags', writeTags],
]);

/** What is wrong with `path` as a place to write to; undefined if nothing is. */
export function checkWritablePath(path: string): FormatProblem | undefined {
  if (path === 'event_id')
    return { message: 'event_id stays as the event came: it is how an event is told from another' };
  return checkFieldPath(path);
}

/** Why `value` is nothing that the field at `path` can be; undefined if it is. */
export function objectionToValue(path: string, value: unknown): string | undefined {
  switch (path) {
    case 'level':
      return isLevel(value) ? undefined : `level is one of ${LEVELS.join(', ')}`;
    case 'event_type':
      return typeof value === 'string' && EVENT_TYPE.test(value)
        ? undefined
        : 'event_type is one lower-case word, such as security_event';
    case 'timestamp':
      return timeOf(value) === undefined
        ? 'timestamp is a time such as 2026-01-15T12:00:00Z, or a Unix time'
        : undefined;
    case 'tags':
      return tagsOf(value) ? undefined : 'tags are a list of texts';
    case 'source':
    case 'title':
    case 'message':
      return textOf(value) === undefined ? `${path} is a text` : undefined;
    default:
      return undefined;
  }
}

/** Writes at `path`: a bare name that is none of the event's own fields is a metadata key. */
export function fieldWriter(path: string): FieldWriter {
  const own = OWN_WRITERS.get(path);
  if (own) return own;
  const keys = metadataKeys(path);
  if (!keys) return () => false;
  const [only] = keys;
  if (keys.length === 1) {
    return (event, value) => {
      put(event.metadata, only!, value);
      return true;
    };
  }
  return (event, value) => {
    write(event.metadata, keys, 0, value);
    return true;
  };
}

/** Writes one value. Where the same path is written again and again, `fieldWriter` is faster. */
export function setField(event: Event, path: string, value: unknown): boolean {
  return fieldWriter(path)(event, value);
}

/** Takes a metadata key or all tags away; false if there was none. The event's other own fields stay. */
export function removeField(event: Event, path: string): boolean {
  if (path === 'tags') {
    const had = event.tags.length > 0;
    if (had) event.tags = [];
    return had;
  }
  const keys = metadataKeys(path);
  return keys !== undefined && remove(event.metadata, keys, 0);
}

/** `holder` is ours to edit; what is below it is shared. */
function write(holder: Record<string, unknown>, keys: readonly string[], index: number, value: unknown): void {
  const rest = keys.slice(index).join('.');
  if (index === keys.length - 1 || Object.hasOwn(holder, rest)) {
    put(holder, rest, value);
    return;
  }
  const key = keys[index]!;
  const below = copyFor(keys[index + 1]!, Object.hasOwn(holder, key) ? holder[key] : undefined);
  write(below, keys, index + 1, value);
  put(holder, key, below);
}

function remove(holder: Record<string, unknown>, keys: readonly string[], index: number): boolean {
  const rest = keys.slice(index).join('.');
  if (Object.hasOwn(holder, rest)) return delete holder[rest];
  const key = keys[index]!;
  const below = Object.hasOwn(holder, key) ? holder[key] : undefined;
  if (index === keys.length - 1 || !isObject(below) || Array.isArray(below)) return false;
  const copy = Object.assign(newMetadata(), below);
  if (!remove(copy, keys, index + 1)) return false;
  put(holder, key, copy);
  return true;
}

/** A copy in which `key` can be written. A list stays one if `key` is an index in it; a text or a number gives way. */
function copyFor(key: string, value: unknown): Record<string, unknown> {
  if (Array.isArray(value) && /^\d{1,9}$/.test(key) && Number(key) <= value.length) {
    return [...(value as unknown[])] as unknown as Record<string, unknown>;
  }
  return isObject(value) && !Array.isArray(value) ? Object.assign(newMetadata(), value) : newMetadata();
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Assignment would call the setter of `__proto__` on an object that has a prototype. */
function put(holder: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true });
  else holder[key] = value;
}

function writeTimestamp(event: Event, value: unknown): boolean {
  const time = timeOf(value);
  if (time === undefined) return false;
  event.timestamp = time;
  return true;
}

function writeEventType(event: Event, value: unknown): boolean {
  if (typeof value !== 'string' || !EVENT_TYPE.test(value)) return false;
  event.eventType = value;
  return true;
}

/** Values that are computed may name a level as their senders do: `warn`, `ERR`. */
function writeLevel(event: Event, value: unknown): boolean {
  const level = levelOf(value);
  if (level === undefined) return false;
  event.level = level;
  return true;
}

function writeTags(event: Event, value: unknown): boolean {
  const tags = tagsOf(value);
  if (!tags) return false;
  event.tags = tags;
  return true;
}

function writeText(value: unknown, assign: (text: string) => void): boolean {
  const text = textOf(value);
  if (text === undefined) return false;
  assign(text);
  return true;
}

function isLevel(value: unknown): boolean {
  return typeof value === 'string' && (LEVELS as readonly string[]).includes(value);
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint'
    ? String(value)
    : undefined;
}

function tagsOf(value: unknown): string[] | undefined {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) && value.every((tag) => typeof tag === 'string') ? [...value] : undefined;
}
