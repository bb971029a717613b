/**
 * The documented event as JSON: what `POST /v1/events` takes, the http and file exporters write,
 * and the admin address and the library speak. snake_case, time stamps as RFC 3339.
 *
 * Why was my event refused: the text that `eventFromJson` returns says which field, and what it should be.
 */
import { newMetadata, type Event, type Level, type Metadata } from '../component/event.ts';
import { newEventId } from './event-id.ts';
import { exactSeverityOf, levelOf } from './level-names.ts';
import { timeOf } from './timestamp.ts';
import { titleOf } from './title.ts';

const EVENT_TYPE = /^[a-z][a-z0-9_.-]{0,63}$/;

const MAX_EVENT_ID = 256;

/**
 * The event that a parsed JSON value is, or why it is none. A title or a message is needed; `now`
 * (Unix milliseconds) and `source` stand in where it says neither, `newId` gives the id. Keys that are not an event's own
 * go to the metadata, where a key of `metadata` itself wins. A null is an absent value.
 */
export function eventFromJson(
  value: unknown,
  now: number,
  source = 'unknown',
  newId: () => string = newIdText,
): Event | string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return `an event is a JSON object, not ${kindOf(value)}`;
  }
  let eventId: string | undefined;
  let timestamp: number | undefined = now;
  let eventType = 'custom';
  let level: Level | undefined = 'info';
  let severity: string | undefined;
  let title = '';
  let message = '';
  let tags: string[] = [];
  const metadata = newMetadata();
  let given: object | undefined;
  const fields = value as Record<string, unknown>;
  for (const key of Object.keys(fields)) {
    const field = fields[key];
    switch (key) {
      case 'event_id':
        if (field === null) break;
        if (typeof field !== 'string' || field === '' || field.length > MAX_EVENT_ID) {
          return `event_id must be a string of 1 to ${MAX_EVENT_ID} characters, not ${kindOf(field)}`;
        }
        eventId = field;
        break;
      case 'timestamp':
        if (field === null) break;
        timestamp = timeOf(field);
        if (timestamp === undefined) {
          return `timestamp must be RFC 3339, such as 2026-01-31T12:00:00Z, or Unix seconds or milliseconds, not ${shown(field)}`;
        }
        break;
      case 'event_type':
        if (field === null) break;
        if (typeof field !== 'string' || !EVENT_TYPE.test(field)) {
          return `event_type must be a lower-case word, such as custom, not ${shown(field)}`;
        }
        eventType = field;
        break;
      case 'level':
        if (field === null) break;
        level = levelOf(field);
        if (level === undefined) {
          return `level must be debug, info, warning, error or critical, or a syslog severity from 0 to 7, not ${shown(field)}`;
        }
        severity = exactSeverityOf(field);
        break;
      case 'source':
        if (field === null) break;
        if (typeof field !== 'string') return `source must be a string, not ${kindOf(field)}`;
        if (field !== '') source = field;
        break;
      case 'title':
        if (field === null) break;
        if (typeof field !== 'string') return `title must be a string, not ${kindOf(field)}`;
        title = field;
        break;
      case 'message':
        if (field === null) break;
        if (typeof field !== 'string') return `message must be a string, not ${kindOf(field)}`;
        message = field;
        break;
      case 'metadata':
        if (field === null) break;
        if (typeof field !== 'object' || Array.isArray(field))
          return `metadata must be an object, not ${kindOf(field)}`;
        given = field;
        break;
      case 'tags':
        if (field === null) break;
        if (!isStrings(field)) return 'tags must be an array of strings';
        tags = field;
        break;
      default:
        metadata[key] = field;
    }
  }
  if (title === '' && message === '') return 'a title or a message is needed';
  if (given !== undefined) Object.assign(metadata, given);
  if (severity !== undefined && !('severity' in metadata)) metadata['severity'] = severity;
  return {
    eventId: eventId ?? newId(),
    timestamp,
    eventType,
    level,
    source,
    title: title === '' ? titleOf(message) : title,
    message: message === '' ? title : message,
    metadata,
    tags,
  };
}

function newIdText(): string {
  return newEventId().toString();
}

/** The documented fields, in their documented order. */
export interface WireEvent {
  readonly event_id: string;
  readonly timestamp: string;
  readonly event_type: string;
  readonly level: Level;
  readonly source: string;
  readonly title: string;
  readonly message: string;
  readonly metadata: Metadata;
  readonly tags: readonly string[];
}

/** The event as a plain object for `JSON.stringify`. It shares `metadata` and `tags` with the event. */
export function eventToJson(event: Event): WireEvent {
  return {
    event_id: event.eventId,
    timestamp: rfc3339(event.timestamp),
    event_type: event.eventType,
    level: event.level,
    source: event.source,
    title: event.title,
    message: event.message,
    metadata: event.metadata,
    tags: event.tags,
  };
}

/**
 * The event as one line of JSON, without a line end. Never throws: what JSON cannot hold is written as text.
 * The same as `JSON.stringify(eventToJson(event))`, which takes half as long again: it looks at each object anew.
 */
export function stringifyEvent(event: Event): string {
  try {
    return textOf(event);
  } catch {
    const wire = eventToJson(event);
    return JSON.stringify({ ...wire, metadata: plain(wire.metadata, MAX_DEPTH) });
  }
}

function textOf(event: Event): string {
  const { source, title, message, tags } = event;
  const quotedTitle = quoted(title);
  const head = `{"event_id":${quoted(event.eventId)},"timestamp":"${rfc3339(event.timestamp)}","event_type":${quoted(event.eventType)},"level":${quoted(event.level)},"source":${quoted(source)},"title":${quotedTitle},"message":${message === title ? quotedTitle : quoted(message)},"metadata":`;
  return `${head}${metadataText(event.metadata)},"tags":${tags.length === 0 ? '[]' : JSON.stringify(tags)}}`;
}

let lastTime = NaN;
let lastText = '';

/** As `Date.prototype.toISOString`; a time that has none is written as 1970. */
export function rfc3339(timestamp: number): string {
  // Events come many a millisecond, and many senders tell only the second.
  if (timestamp === lastTime) return lastText;
  lastText =
    timestamp >= -62_135_596_800_000 && timestamp <= 253_402_300_799_999
      ? new Date(timestamp).toISOString()
      : '1970-01-01T00:00:00.000Z';
  lastTime = timestamp;
  return lastText;
}

/** Throws where `JSON.stringify` does. */
function metadataText(metadata: Metadata): string {
  if (typeof metadata['toJSON'] === 'function') return JSON.stringify(metadata);
  let text = '';
  for (const key of Object.keys(metadata)) {
    const value = metadata[key];
    const written = typeof value === 'string' ? quoted(value) : JSON.stringify(value);
    // Absent, as far as JSON knows.
    if (written === undefined) continue;
    text += `${text === '' ? '{' : ','}${keyText(key)}${written}`;
  }
  return text === '' ? '{}' : `${text}}`;
}

/** Of the keys that most events have. */
const keyTexts = new Map<string, string>();
const MAX_KEY_TEXTS = 1_024;

function keyText(key: string): string {
  let text = keyTexts.get(key);
  if (text === undefined) {
    text = `${quoted(key)}:`;
    if (keyTexts.size < MAX_KEY_TEXTS && key.length <= MAX_EVENT_ID) keyTexts.set(key, text);
  }
  return text;
}

function quoted(text: string): string {
  return `"${insideJsonString(text)}"`;
}

/** As `JSON.stringify`, without the quotes. */
export function insideJsonString(text: string): string {
  return TO_ESCAPE.test(text) ? JSON.stringify(text).slice(1, -1) : text;
}

/** What `JSON.stringify` writes otherwise: quotes, backslashes, control characters, half surrogate pairs. Looking is cheaper than writing. */
const TO_ESCAPE = /["\\\u0000-\u001f\ud800-\udfff]/;

/** Deeper than any metadata that came in as JSON. */
const MAX_DEPTH = 256;

/** A copy without what makes `JSON.stringify` throw: BigInts, and circles or nesting deeper than `depth`. */
function plain(value: unknown, depth: number): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return '[nested too deeply]';
  if (Array.isArray(value)) return value.map((item) => plain(item, depth - 1));
  const copy = newMetadata();
  for (const [key, item] of Object.entries(value)) copy[key] = plain(item, depth - 1);
  return copy;
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === '') return 'an empty string';
  if (Array.isArray(value)) return 'an array';
  switch (typeof value) {
    case 'object':
      return 'an object';
    case 'string':
      return value.length > MAX_EVENT_ID ? 'a longer string' : 'a string';
    default:
      return `a ${typeof value}`;
  }
}

/** A short value as it was sent, so that its sender can find it. */
function shown(value: unknown): string {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' && value.length <= 64 ? JSON.stringify(value) : kindOf(value);
}
