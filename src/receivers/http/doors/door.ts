/**
 * A path for what one program sends in a form of its own: read as JSON, bounded like everything that
 * comes in, made into events, and answered as /v1/events is.
 */
import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import type { Event } from '../../../component/event.ts';
import { exactJson } from '../../../lib/otlp/json-text.ts';
import { MalformedLogs } from '../../../lib/otlp/received.ts';
import { Refusal } from '../answer.ts';
import { deliver } from '../deliver.ts';
import type { Route } from '../route.ts';

const LIMITS = { depth: 64, keys: 10_000 };

/** Events of one request: an element of a list can be two bytes long. */
export const MAX_EVENTS = 10_000;

/** What a request holds, as plain JSON values. */
export interface Delivery {
  readonly body: unknown;
  readonly headers: IncomingHttpHeaders;
  /** Unix milliseconds. */
  readonly now: number;
}

/** The events that a delivery means. Throws a Refusal for a body of another form. */
export type EventsOf = (delivery: Delivery) => Event[];

export function door(path: string, hint: string, eventsOf: EventsOf): Route {
  return {
    path,
    mediaTypes: ['application/json'],
    hint,
    async take(bytes, _mediaType, { sink, clock }, { headers }) {
      const events = eventsOf({ body: readJson(formField(bytes) ?? bytes), headers, now: clock.now() });
      const accepted = events.length;
      await deliver(sink, events);
      return { status: 202, body: { accepted } };
    },
  };
}

/** Throws a Refusal for what is no JSON, or would hurt the parser. */
export function readJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new Refusal(400, 'the body is not valid UTF-8');
  try {
    return JSON.parse(exactJson(bytes, LIMITS));
  } catch (error) {
    if (error instanceof MalformedLogs) throw new Refusal(400, error.message);
    throw new Refusal(400, `this is no JSON: ${(error as Error).message}`);
  }
}

/** GitHub's default is a form with the JSON in its field `payload`. */
function formField(bytes: Buffer): Buffer | undefined {
  if (bytes.toString('latin1', 0, 8) !== 'payload=') return undefined;
  return Buffer.from(new URLSearchParams(bytes.toString()).get('payload') ?? '');
}

type Json = Readonly<Record<string, unknown>>;

/** The value as an object; an empty one where it is none. */
export function asObject(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

/** The object's own text at `key`; empty where it has none. */
export function textAt(json: Json, key: string): string {
  const value = Object.hasOwn(json, key) ? json[key] : undefined;
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value : '';
}
