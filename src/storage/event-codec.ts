/**
 * Events as a disk queue stores them: a byte for the kind of encoding, six for when the event was
 * queued, and then what that kind makes of it. A newer collector reads what an older one wrote.
 *
 *     1  JSON of the fields
 *     2  form 1 | length of the context 2 | length of the edits 4 | id 16 | context | edits | the bytes received
 *
 * An event that is still what was received is stored as those bytes, and read back undecoded; what
 * was edited of it goes beside them. Context (when and from whom it came, by which format and zone
 * it is read) and edits are JSON. Each event stands alone: no other's damage touches it.
 */
import { LEVELS, newMetadata, sizeOf, type Edits, type Event, type Kept, type Metadata } from '../component/event.ts';
import { restorer, type Restore } from '../lib/event-forms.ts';
import { ID_BYTES, readEventId } from '../lib/event-id.ts';
import { stringifyEvent, type WireEvent } from '../lib/event-json.ts';
import { RecordBatch } from './record-batch.ts';
import { RECORD_OVERHEAD } from './record-format.ts';

/** An event and the time it was queued, in Unix milliseconds. */
export interface QueuedEvent {
  readonly event: Event;
  readonly since: number;
}

const JSON_KIND = 1;
const KEPT_KIND = 2;

/** Set beside the kind for critical events, so that they are found without decoding. */
const GRAVE = 0x80;

const HEADER = 7;
const KEPT_HEADER = HEADER + 7 + ID_BYTES;

/** What its length has room for. */
const MAX_CONTEXT = 0xffff;

/** What an event takes beside its bytes, about. */
const AROUND = RECORD_OVERHEAD + KEPT_HEADER + 40;

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

/** The events as records, to be numbered. */
export function encodeEvents(events: readonly Event[], since: number): RecordBatch {
  let bytes = 0;
  for (const event of events) bytes += sizeOf(event) + AROUND;
  const batch = new RecordBatch(bytes);
  for (const event of events) {
    batch.begin();
    write(batch, event, since);
    batch.end();
  }
  return batch;
}

/** One event, without the head of a record. */
export function encodeEvent(event: Event, since: number): Buffer {
  const batch = new RecordBatch(sizeOf(event) + AROUND);
  write(batch, event, since);
  return batch.bytes.subarray(0, batch.at);
}

/** Undefined for bytes that no version so far has written. The event may keep `bytes`, until it is detached. */
export function decodeEvent(bytes: Buffer): QueuedEvent | undefined {
  if (bytes.length < HEADER) return undefined;
  try {
    const event = eventIn(bytes);
    return event && { since: bytes.readUIntBE(1, 6), event };
  } catch {
    return undefined;
  }
}

/** Whether the event is a critical one. */
export function isGrave(bytes: Buffer): boolean {
  return (bytes[0]! & GRAVE) !== 0;
}

function write(batch: RecordBatch, event: Event, since: number): void {
  const kept = event.kept?.();
  const context = kept && contextOf(kept);
  batch.room(HEADER);
  batch.bytes[batch.at] = (context ? KEPT_KIND : JSON_KIND) | (event.level === 'critical' ? GRAVE : 0);
  batch.bytes.writeUIntBE(since, batch.at + 1, 6);
  // Growing keeps what is before `at`.
  batch.at += HEADER;
  if (kept && context) writeKept(batch, event, kept, context);
  else writeText(batch, textOf(event));
}

function writeText(batch: RecordBatch, text: string): void {
  const length = Buffer.byteLength(text);
  batch.room(length);
  batch.at += batch.bytes.write(text, batch.at);
}

function writeKept(batch: RecordBatch, event: Event, kept: Kept, context: Buffer): void {
  const edits = kept.edits();
  const text = edits && editsText(event, edits);
  const editBytes = text === undefined ? 0 : Buffer.byteLength(text);
  batch.room(KEPT_HEADER - HEADER + context.length + editBytes + kept.end - kept.start);
  const { bytes, at } = batch;
  bytes[at] = kept.form;
  bytes.writeUInt16BE(context.length, at + 1);
  bytes.writeUInt32BE(editBytes, at + 3);
  kept.writeId(bytes, at + 7);
  batch.at += KEPT_HEADER - HEADER;
  bytes.set(context, batch.at);
  batch.at += context.length;
  if (text !== undefined) batch.at += bytes.write(text, batch.at);
  batch.at += kept.bytes.copy(bytes, batch.at, kept.start, kept.end);
}

function eventIn(bytes: Buffer): Event | undefined {
  switch (bytes[0]! & ~GRAVE) {
    case JSON_KIND:
      return eventOf(JSON.parse(bytes.toString('utf8', HEADER)) as Row);
    case KEPT_KIND:
      return keptIn(bytes);
    default:
      return undefined;
  }
}

function keptIn(bytes: Buffer): Event | undefined {
  const contextEnd = KEPT_HEADER + bytes.readUInt16BE(HEADER + 1);
  const editsEnd = contextEnd + bytes.readUInt32BE(HEADER + 3);
  const restore = restorerFor(bytes, contextEnd);
  const edits = editsEnd > contextEnd ? (JSON.parse(bytes.toString('utf8', contextEnd, editsEnd)) as Edits) : undefined;
  if (edits?.metadata) edits.metadata = Object.assign(newMetadata(), edits.metadata);
  return restore?.(bytes, editsEnd, bytes.length, readEventId(bytes, HEADER + 7), edits);
}

let describedContext: object | undefined;
let description: Buffer | undefined;

/** Undefined for one that is too long: its events are stored by their fields. */
function contextOf(kept: Kept): Buffer | undefined {
  if (kept.context !== describedContext) {
    const text = Buffer.from(JSON.stringify(kept.describe()));
    description = text.length > MAX_CONTEXT ? undefined : text;
    describedContext = kept.context;
  }
  return description;
}

let restoredForm = 0;
let restoredContext = Buffer.alloc(0);
let restore: Restore | undefined;

/** Events that arrived together come together: the last one's is asked for again and again. */
function restorerFor(bytes: Buffer, contextEnd: number): Restore | undefined {
  const form = bytes[HEADER]!;
  if (form !== restoredForm || !isLastContext(bytes, contextEnd)) {
    const context = Buffer.from(bytes.subarray(KEPT_HEADER, contextEnd));
    restore = restorer(form, JSON.parse(context.toString()));
    restoredForm = form;
    restoredContext = context;
  }
  return restore;
}

function isLastContext(bytes: Buffer, contextEnd: number): boolean {
  const { length } = restoredContext;
  if (contextEnd - KEPT_HEADER !== length) return false;
  for (let index = 0; index < length; index += 1)
    if (bytes[KEPT_HEADER + index] !== restoredContext[index]) return false;
  return true;
}

function eventOf([eventId, timestamp, eventType, level, source, title, message, metadata, tags]: Row): Event {
  return {
    eventId,
    timestamp,
    eventType,
    level: LEVELS[level] ?? 'info',
    source,
    title,
    message: message ?? title,
    metadata: Object.assign(newMetadata(), metadata),
    tags,
  };
}

function editsText(event: Event, edits: Edits): string {
  try {
    return JSON.stringify(edits);
  } catch {
    return JSON.stringify({ ...edits, metadata: plainMetadata(event) });
  }
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
    row[7] = plainMetadata(event);
    return JSON.stringify(row);
  }
}

/** Metadata that JSON cannot hold: as text then, as the exporters write it. */
function plainMetadata(event: Event): Metadata {
  return (JSON.parse(stringifyEvent(event)) as WireEvent).metadata;
}
