/** The documented levels, least grave first; the index is the order. */
export const LEVELS = ['debug', 'info', 'warning', 'error', 'critical'] as const;

export type Level = (typeof LEVELS)[number];

/** The documented event types. Any other lower-case word is an event type too. */
export const EVENT_TYPES = [
  'system_health',
  'threshold_breach',
  'critical_error',
  'performance_alert',
  'security_event',
  'custom',
] as const;

/** 0 for debug to 4 for critical. */
export function rankOf(level: Level): number {
  switch (level) {
    case 'debug':
      return 0;
    case 'info':
      return 1;
    case 'warning':
      return 2;
    case 'error':
      return 3;
    case 'critical':
      return 4;
  }
}

/** Its keys come off the network: always made by `newMetadata`, so that no key meets a prototype. */
export type Metadata = Record<string, unknown>;

/**
 * An empty metadata object: nothing is in it but what is put there, whatever the key. Its prototype
 * is empty and has none itself, since V8 makes a hash table of an object without a prototype: filled
 * at half the speed, copied at a twentieth, five times as large (Node 20, seven keys).
 */
export function newMetadata(): Metadata {
  return new Bare();
}

const Bare = function () {} as unknown as new () => Metadata;
Bare.prototype = Object.create(null) as Metadata;

/**
 * The documented event. Receivers make it, processors may edit it in place, exporters only
 * read it. A receiver may implement it with a class that reads fields from the received
 * bytes on first use: what a filter drops by level is then never decoded.
 */
export interface Event {
  readonly eventId: string;
  /** Unix milliseconds. */
  timestamp: number;
  eventType: string;
  level: Level;
  source: string;
  title: string;
  message: string;
  /** Nested objects in it are never edited in place, only replaced: copies of an event share them. */
  metadata: Metadata;
  tags: string[];
  /**
   * The bytes it was received as, where it came from bytes. Gone once `message` has been assigned,
   * be it the same text: what was taken out of a message must not leave by another door.
   */
  readonly received?: Received | undefined;
  /** `metadata[key]`, without making the rest of the metadata where that can be. Absent where `metadataOf` reads it. */
  metadataAt?(key: string): unknown;
  /**
   * Where the text of a field (`message`, `source`, `metadata.KEY`) lies in the received bytes, as UTF-8 that is
   * not looked at; undefined where only reading the field tells. The next call writes over what this one gave.
   */
  spanOf?(field: string): Span | undefined;
  /** A copy that can be edited on its own; absent where `copyEvent` does. */
  copy?(): Event;
  /**
   * What a queue on disk can make the event of again. Absent, or undefined, where only its fields
   * tell; so it is once `message` was assigned: what was taken out of a message is not to be on disk.
   */
  kept?(): Kept | undefined;
}

/** An event that is the bytes it was received as, and little beside. */
export interface Kept extends Received {
  /** Which of the forms of `lib/event-forms.ts` makes it again. It is on disk: a number never gets another meaning. */
  readonly form: number;
  /** By what its bytes are read. The same object for the events of a chunk, so that it need be described but once. */
  readonly context: object;
  /** `context` as JSON holds it. */
  describe(): unknown;
  /** Writes 16 bytes: the `eventId`, for an event whose bytes hold none. */
  writeId(bytes: Buffer, at: number): void;
  /** Undefined if nothing was edited. */
  edits(): Edits | undefined;
}

/** What is not to be had from the bytes: fields that were assigned, or handed out and perhaps edited. */
export interface Edits {
  timestamp?: number;
  eventType?: string;
  level?: Level;
  source?: string;
  title?: string;
  metadata?: Metadata;
  tags?: string[];
  /** The message was longer than allowed, and is cut. */
  truncated?: boolean;
}

export interface Span {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** A line or message as it was received, without its framing. */
export interface Received extends Span {
  /** Moves the line into memory of its own, so that one waiting line does not hold the whole chunk it came in. */
  detach(): void;
}

/** A copy that can be edited without the original noticing. Undecoded fields stay undecoded. */
export function copyEvent(event: Event): Event {
  if (event.copy) return event.copy();
  return {
    eventId: event.eventId,
    timestamp: event.timestamp,
    eventType: event.eventType,
    level: event.level,
    source: event.source,
    title: event.title,
    message: event.message,
    metadata: Object.assign(newMetadata(), event.metadata),
    tags: [...event.tags],
  };
}

/** One value of the metadata. An event that was received as bytes decodes no more than it must for it. */
export function metadataOf(event: Event, key: string): unknown {
  return event.metadataAt ? event.metadataAt(key) : event.metadata[key];
}

/** Bytes of memory or disk to reckon an event at, without decoding it. */
export function sizeOf(event: Event): number {
  const { received } = event;
  if (received) return received.end - received.start + 64;
  return 256 + event.message.length + event.title.length;
}
