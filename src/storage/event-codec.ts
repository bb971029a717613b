/**
 * Events as a disk queue stores them: a byte for the kind of encoding, six for when the event was
 * queued, and then what that kind makes of it. A newer collector reads what an older one wrote.
 */
import { LEVELS, newMetadata, type Event, type Metadata } from '../component/event.ts';
import { stringifyEvent, type WireEvent } from '../lib/event-json.ts';

/** An event and the time it was queued, in Unix milliseconds. */
export interface QueuedEvent {
  readonly event: Event;
  readonly since: number;
}

const JSON_KIND = 1;

/** Set beside the kind for critical events, so that they are found without decoding. */
const GRAVE = 0x80;

const HEADER = 7;

type Row = [
  eventId: string,
  timestamp: number,
  eventType: string,
  level: number,
  source: string,
  title: string,
  /** Null where it is the title. */
  message: string | null,
  metadata: Metadata,
  tags: string[],
];

export function encodeEvent(event: Event, since: number): Buffer {
  const text = textOf(event);
  const bytes = Buffer.allocUnsafe(HEADER + Buffer.byteLength(text));
  bytes[0] = JSON_KIND | (event.level === 'critical' ? GRAVE : 0);
  bytes.writeUIntBE(since, 1, 6);
  bytes.write(text, HEADER);
  return bytes;
}

/** Undefined for bytes that no version so far has written. */
export function decodeEvent(bytes: Buffer): QueuedEvent | undefined {
  if (bytes.length < HEADER || (bytes[0]! & ~GRAVE) !== JSON_KIND) return undefined;
  try {
    const [eventId, timestamp, eventType, level, source, title, message, metadata, tags] = JSON.parse(
      bytes.toString('utf8', HEADER),
    ) as Row;
    return {
      since: bytes.readUIntBE(1, 6),
      event: {
        eventId,
        timestamp,
        eventType,
        level: LEVELS[level] ?? 'info',
        source,
        title,
        message: message ?? title,
        metadata: Object.assign(newMetadata(), metadata),
        tags,
      },
    };
  } catch {
    return undefined;
  }
}

/** Whether the event is a critical one. */
export function isGrave(bytes: Buffer): boolean {
  return (bytes[0]! & GRAVE) !== 0;
}

function textOf(event: Event): string {
  const { eventId, timestamp, eventType, source, title, message, tags } = event;
  const level = LEVELS.indexOf(event.level);
  const row: Row = [
    eventId,
    timestamp,
    eventType,
    level,
    source,
    title,
    message === title ? null : message,
    event.metadata,
    tags,
  ];
  try {
    return JSON.stringify(row);
  } catch {
    // Metadata that JSON cannot hold: as text then, as the exporters write it.
    row[7] = (JSON.parse(stringifyEvent(event)) as WireEvent).metadata;
    return JSON.stringify(row);
  }
}
