/**
 * A line of a file or a stream as the documented event. It keeps the bytes; a field is decoded at the first
 * read, so that what a filter drops by level costs one small object.
 */
import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { newMetadata, type Event, type Level, type Metadata, type Received } from '../../component/event.ts';
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

/** Adds to a line's metadata what is known of it beside. */
export function addOrigin(line: Metadata, { path, metadata }: Origin): void {
  if (path !== undefined) line['file'] ??= path;
  for (const key in metadata) line[key] ??= metadata[key];
}

/** How lines are read whose fields are inside them. */
export interface Decoder {
  decode(text: string, origin: Origin): Event;
  /** The level alone, where it can be told at a glance. */
  levelOf(bytes: Buffer, start: number, end: number): Level | undefined;
}

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
  /** The message was assigned: the bytes are no longer what the event says. */
  edited = false;
}

/** `decoder` is undefined for plain text, which has no level of its own: it is info. */
export class LineEvent implements Event, Received {
  bytes: Buffer;
  start: number;
  end: number;
  private readonly origin: Origin;
  private readonly decoder: Decoder | undefined;
  private readonly truncated: boolean;
  private detail: Detail | undefined;

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
  }

  get received(): Received | undefined {
    return this.detail?.edited ? undefined : this;
  }

  detach(): void {
    this.bytes = Buffer.from(this.bytes.subarray(this.start, this.end));
    this.start = 0;
    this.end = this.bytes.length;
  }

  copy(): LineEvent {
    const detail = this.open();
    detail.eventId ??= randomUUID();
    const copy = new LineEvent(this.bytes, this.start, this.end, this.origin, this.decoder, this.truncated);
    const own = Object.assign(new Detail(), detail);
    if (own.metadata) own.metadata = Object.assign(newMetadata(), own.metadata);
    if (own.tags) own.tags = [...own.tags];
    copy.detail = own;
    return copy;
  }

  get eventId(): string {
    const detail = this.open();
    return (detail.eventId ??= randomUUID());
  }

  get timestamp(): number {
    return this.read()?.timestamp ?? this.origin.readAt;
  }

  set timestamp(timestamp: number) {
    this.open().timestamp = timestamp;
  }

  get eventType(): string {
    return this.read()?.eventType ?? 'custom';
  }

  set eventType(eventType: string) {
    this.open().eventType = eventType;
  }

  get level(): Level {
    if (this.detail || !this.decoder) return this.detail?.level ?? 'info';
    return this.decoder.levelOf(this.bytes, this.start, this.end) ?? this.open().level ?? 'info';
  }

  set level(level: Level) {
    this.open().level = level;
  }

  get source(): string {
    return this.read()?.source ?? this.origin.source;
  }

  set source(source: string) {
    this.open().source = source;
  }

  get title(): string {
    const detail = this.open();
    return (detail.title ??= titleOf(this.readMessage(detail)));
  }

  set title(title: string) {
    this.open().title = title;
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
    return (detail.metadata ??= this.readMetadata(newMetadata()));
  }

  set metadata(metadata: Metadata) {
    this.open().metadata = metadata;
  }

  get tags(): string[] {
    const detail = this.open();
    return (detail.tags ??= []);
  }

  set tags(tags: string[]) {
    this.open().tags = tags;
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
      const event = this.decoder.decode(this.bytes.toString('utf8', this.start, this.end), this.origin);
      Object.assign(detail, event);
      this.readMetadata(event.metadata);
    }
    return detail;
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
