/**
 * Field paths: `source`, `metadata.hostname`, `metadata.structured_data.origin.ip`.
 *
 * The event's own fields go by their names in the YAML; any other first word is a metadata key, so
 * that `hostname` is `metadata.hostname`. Where a key has dots of its own, as OTLP's
 * `service.name`, the path is written the same way: the longest key that is there wins.
 */
import type { FormatProblem } from '../component/catalog.ts';
import { metadataOf, type Event } from '../component/event.ts';

export type FieldReader = (event: Event) => unknown;

/** The event's own fields by their names in the YAML. `metadata` itself is not among them: its keys are. */
export const OWN_FIELDS: ReadonlyMap<string, FieldReader> = new Map<string, FieldReader>([
  ['event_id', (event) => event.eventId],
  ['timestamp', (event) => event.timestamp],
  ['event_type', (event) => event.eventType],
  ['level', (event) => event.level],
  ['source', (event) => event.source],
  ['title', (event) => event.title],
  ['message', (event) => event.message],
  ['tags', (event) => event.tags],
]);

const SEGMENT = '[\\p{L}\\p{N}_@$:/-]+';
const PATH = new RegExp(`^${SEGMENT}(?:\\.${SEGMENT})*$`, 'u');
const MAX_LENGTH = 512;

/** Whether `text` is a field path, and not, say, an expression. */
export function isFieldPath(text: string): boolean {
  return text.length <= MAX_LENGTH && PATH.test(text);
}

/** What is wrong with `text` as a field path; undefined if nothing is. */
export function checkFieldPath(text: string): FormatProblem | undefined {
  if (text === '') return { message: 'the path is empty: name a field, such as source or metadata.hostname' };
  if (text.length > MAX_LENGTH) return { message: `a path has at most ${MAX_LENGTH} characters` };
  if (!isFieldPath(text)) {
    const offset = firstOddCharacter(text);
    const odd = text[offset];
    const what =
      odd === undefined || odd === '.'
        ? 'has a name missing beside a dot'
        : `has ${JSON.stringify(odd)} in it, which no path has`;
    return {
      message: `${JSON.stringify(text)} ${what}: write source, or metadata.hostname`,
      offset: Math.min(offset, text.length - 1),
      length: 1,
    };
  }
  if (text === 'metadata') return { message: 'metadata is all of the metadata: name a key, such as metadata.hostname' };
  const dot = text.indexOf('.');
  const first = dot < 0 ? text : text.slice(0, dot);
  if (dot >= 0 && OWN_FIELDS.has(first)) {
    return { message: `${first} has no fields below it`, offset: dot, length: text.length - dot, suggestion: first };
  }
  return undefined;
}

function firstOddCharacter(text: string): number {
  const segment = new RegExp(`^${SEGMENT}$`, 'u');
  let start = 0;
  for (const name of text.split('.')) {
    let at = start;
    if (name === '') return Math.max(0, start - 1);
    for (const character of name) {
      if (!segment.test(character)) return at;
      at += character.length;
    }
    start += name.length + 1;
  }
  return 0;
}

/** The metadata keys of a path from `metadata` down; undefined where it names one of the event's own fields. */
export function metadataKeys(path: string): readonly string[] | undefined {
  if (OWN_FIELDS.has(path)) return undefined;
  return (path.startsWith('metadata.') ? path.slice('metadata.'.length) : path).split('.');
}

/** Reads what is at `path`; undefined where nothing is. Decodes no other field. */
export function fieldReader(path: string): FieldReader {
  const own = OWN_FIELDS.get(path);
  if (own) return own;
  if (path === 'metadata') return (event) => event.metadata;
  const keys = metadataKeys(path)!;
  const [only] = keys;
  if (keys.length === 1 && !(only! in Object.prototype)) return (event) => metadataOf(event, only!);
  const rests = keys.map((_, index) => keys.slice(index).join('.'));
  return (event) => descend(event.metadata, keys, rests);
}

function descend(from: unknown, keys: readonly string[], rests: readonly string[]): unknown {
  let value = from;
  for (let index = 0; index < keys.length; index += 1) {
    if (typeof value !== 'object' || value === null) return undefined;
    const holder = value as Record<string, unknown>;
    if (Object.hasOwn(holder, rests[index]!)) return holder[rests[index]!];
    if (!Object.hasOwn(holder, keys[index]!)) return undefined;
    value = holder[keys[index]!];
  }
  return value;
}
