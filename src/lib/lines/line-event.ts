/**
 * A line of a file or a stream as the documented event. It keeps the bytes; a field is decoded at the first
 * read, so that what a filter drops by level costs one small object.
 */
import { isUtf8 } from 'node:buffer';
import {
  newMetadata,
  type Edits,
  type Event,
  type Kept,
  type Level,
  type Metadata,
  type Received,
  type Span,
} from '../../component/event.ts';
import { newEventId, type EventId } from '../event-id.ts';
import { ownBytes } from '../own-bytes.ts';
import { titleOf } from '../title.ts';

/** What the lines of one chunk have in common. */
export interface Origin {
  /** As it was found by the `include` patterns; undefined where the lines are of no file. */
  readonly path: string | undefined;
  /** The file's base name, or what the stream is called. */
  readonly source: string;
  /** Unix milliseconds; the time of a line that says none. */
  readonly readAt: number;
  /** What else is known of the lines; what a line says itself goes before. */
  readonly metadata?: Metadata;
}

/** As JSON holds it. */
export function describeOrigin({ path, source, readAt, metadata }: Origin): unknown {
  return [readAt, source, path ?? null, ...(metadata ? [metadata] : [])];
}

/** What `describeOrigin` described. */
export function readOrigin(described: unknown): Origin {
  const [readAt, source, path, metadata] = described as [number, string, string | null, Metadata?];
  return {
    readAt,
    source,
    path: path ?? undefined,
    ...(metadata && { metadata: Object.assign(newMetadata(), metadata) }),
  };
}

/** Adds to a line's metadata what is known of it beside. */
export function addOrigin(line: Metadata, { path, metadata }: Origin): void {
  if (path !== undefined) line['file'] ??= path;
  for (const key in metadata) line[key] ??= metadata[key];
}

/** How lines are read whose fields are inside them. */
export interface Decoder {
  /** `newId` is asked for the id of a line that holds none. */
  decode(text: string, origin: Origin, newId: () => string): Event;
  /** The level alone, where it can be told at a glance. */
  levelOf(bytes: Buffer, start: number, end: number): Level | undefined;
  /** Of its lines on disk. */
  readonly form: number;
}

/** The form of plain lines on disk. */
export const LINE_FORM = 3;

/** Fields that were read or assigned. */
class Detail {
  eventId: string | undefined;
  timestamp: number | undefined;
  eventType: string | undefined;
  level: Level | undefined;
  source: string | undefined;
  title: string | undefined;
  message: string | undefined;
  metadata: Metadata | undefined;
  tags: string[] | undefined;
  /** Those of them that were assigned, or handed out. */
  assigned: Edits | undefined;
  /** The message was assigned: the bytes are no longer what the event says. */
  edited = false;
}

/** `decoder` is undefined for plain text, which has no level of its own: it is info. */
export class LineEvent implements Event, Kept {
  bytes: Buffer;
  start: number;
  end: number;
  private readonly origin: Origin;
  private readonly decoder: Decoder | undefined;
  private readonly truncated: boolean;
  private detail: Detail | undefined;
  private id: EventId | undefined;

  constructor(
    bytes: Buffer,
    start: number,
    end: number,
    origin: Origin,
    decoder: Decoder | undefined,
    truncated: boolean,
  ) {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.origin = origin;
    this.decoder = decoder;
    this.truncated = truncated;
    this.detail = undefined;
    this.id = undefined;
  }

  get received(): Received | undefined {
    return this.detail?.edited ? undefined : this;
  }

  detach(): void {
    this.bytes = ownBytes(this.bytes, this.start, this.end);
    this.start = 0;
    this.end = this.bytes.length;
  }

  copy(): LineEvent {
    const detail = this.open();
    const copy = new LineEvent(this.bytes, this.start, this.end, this.origin, this.decoder, this.truncated);
    copy.id = this.identify();
    const own = Object.assign(new Detail(), detail);
    if (own.metadata) own.metadata = Object.assign(newMetadata(), own.metadata);
    if (own.tags) own.tags = [...own.tags];
    if (own.assigned) {
      const { metadata, tags } = own.assigned;
      own.assigned = {
        ...own.assigned,
        ...(metadata && own.metadata && { metadata: own.metadata }),
        ...(tags && own.tags && { tags: own.tags }),
      };
    }
    copy.detail = own;
    return copy;
  }

  /** Of a line of plain text, the message is all of it. */
  spanOf(field: string): Span | undefined {
    return field === 'message' && !this.decoder && !this.detail?.edited ? this : undefined;
  }

  get eventId(): string {
    return this.read()?.eventId ?? this.identify().toString();
  }

  kept(): Kept | undefined {
    return this.detail?.edited ? undefined : this;
  }

  get form(): number {
    return this.decoder?.form ?? LINE_FORM;
  }

  get context(): object {
    return this.origin;
  }

  describe(): unknown {
    return describeOrigin(this.origin);
  }

  writeId(bytes: Buffer, at: number): void {
    this.identify().write(bytes, at);
  }

  edits(): Edits | undefined {
    const assigned = this.detail?.assigned;
    return this.truncated ? { ...assigned, truncated: true } : assigned;
  }

  /** Gives an event just made from its bytes what else was kept of it. */
  restore(id: EventId, edits: Edits | undefined): this {
    this.id = id;
    if (!edits) return this;
    const { truncated: _, ...assigned } = edits;
    Object.assign(this.open(), assigned, { assigned });
    return this;
  }

  get timestamp(): number {
    return this.read()?.timestamp ?? this.origin.readAt;
  }

  set timestamp(timestamp: number) {
    this.assign().timestamp = this.open().timestamp = timestamp;
  }

  get eventType(): string {
    return this.read()?.eventType ?? 'custom';
  }

  set eventType(eventType: string) {
    this.assign().eventType = this.open().eventType = eventType;
  }

  get level(): Level {
    if (this.detail || !this.decoder) return this.detail?.level ?? 'info';
    return this.decoder.levelOf(this.bytes, this.start, this.end) ?? this.open().level ?? 'info';
  }

  set level(level: Level) {
    this.assign().level = this.open().level = level;
  }

  get source(): string {
    return this.read()?.source ?? this.origin.source;
  }

  set source(source: string) {
    this.assign().source = this.open().source = source;
  }

  get title(): string {
    const detail = this.open();
    return (detail.title ??= titleOf(this.readMessage(detail)));
  }

  set title(title: string) {
    this.assign().title = this.open().title = title;
  }

  get message(): string {
    return this.readMessage(this.open());
  }

  set message(message: string) {
    const detail = this.open();
    // The title stays the one of the line that was read.
    detail.title ??= titleOf(this.readMessage(detail));
    detail.message = message;
    if (detail.edited) return;
    detail.edited = true;
    // Nobody else will, now that `received` is gone.
    this.detach();
  }

  get metadata(): Metadata {
    const detail = this.open();
    return (this.assign().metadata = detail.metadata ??= this.readMetadata(newMetadata()));
  }

  set metadata(metadata: Metadata) {
    this.assign().metadata = this.open().metadata = metadata;
  }

  get tags(): string[] {
    const detail = this.open();
    return (this.assign().tags = detail.tags ??= []);
  }

  set tags(tags: string[]) {
    this.assign().tags = this.open().tags = tags;
  }

  /** The fields inside the line; for plain text nothing is decoded. */
  private read(): Detail | undefined {
    return this.decoder ? this.open() : this.detail;
  }

  private open(): Detail {
    if (this.detail) return this.detail;
    const detail = new Detail();
    this.detail = detail;
    if (this.decoder) {
      const text = this.bytes.toString('utf8', this.start, this.end);
      const event = this.decoder.decode(text, this.origin, () => this.identify().toString());
      Object.assign(detail, event);
      this.readMetadata(event.metadata);
    }
    return detail;
  }

  private assign(): Edits {
    return (this.open().assigned ??= {});
  }

  private identify(): EventId {
    return (this.id ??= newEventId());
  }

  private readMessage(detail: Detail): string {
    return (detail.message ??= this.bytes.toString('utf8', this.start, this.end));
  }

  private readMetadata(metadata: Metadata): Metadata {
    addOrigin(metadata, this.origin);
    if (this.truncated) metadata['truncated'] = true;
    if (this.readMessage(this.open()).includes('\ufffd') && !isUtf8(this.bytes.subarray(this.start, this.end))) {
      metadata['invalid_utf8'] = true;
    }
    return metadata;
  }
}
