/**
 * A syslog message as the documented event. It keeps the bytes and its PRI; everything else is
 * found at the first need and decoded at the first read, so that what a filter drops by level costs
 * one object. Assigning a field overrides what was received.
 */
import { isUtf8 } from 'node:buffer';
import {
  type Edits,
  type Event,
  type Kept,
  type Level,
  type Metadata,
  newMetadata,
  type Received,
  type Span,
} from '../../component/event.ts';
import { type EventId, newEventId } from '../event-id.ts';
import { ownBytes } from '../own-bytes.ts';
import { titleOf } from '../title.ts';
import { type Arrival, describeArrival } from './arrival.ts';
import { Detail } from './detail.ts';
import { endOfMessage, type Header } from './header.ts';
import { eventTypeOfPri, FACILITIES, levelOfSeverity, SEVERITIES } from './names.ts';
import { parseHeader } from './parse.ts';
import { readPayload } from './payload.ts';
import { priOf } from './pri.ts';
import { isSound, spanOf, spanOfText, textOf } from './span.ts';
import { readStructuredData, type StructuredData } from './structured-data.ts';
import { timeOf, timeOr } from './time-of.ts';

export type { Arrival, SyslogSettings } from './arrival.ts';

/** Its form on disk. */
export const SYSLOG_FORM = 1;

/**
 * `new SyslogEvent(bytes, start, end, arrival)`: one message without its framing; line ends and NULs
 * that trail it are left out. The event keeps `bytes` until it is detached.
 */
export class SyslogEvent implements Event, Kept {
  bytes: Buffer;
  start: number;
  end: number;
  private readonly pri: number;
  private readonly arrival: Arrival;
  private detail: Detail | undefined;
  private id: EventId | undefined;

  constructor(bytes: Buffer, start: number, end: number, arrival: Arrival) {
    const last = endOfMessage(bytes, start, end);
    this.bytes = bytes;
    this.start = start;
    this.end = last;
    this.pri = priOf(bytes, start, last);
    this.arrival = arrival;
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

  copy(): SyslogEvent {
    const detail = this.open();
    const copy = new SyslogEvent(this.bytes, this.start, this.end, this.arrival);
    copy.id = this.identify();
    const own = Object.assign(new Detail(), detail);
    if (own.assigned) own.assigned = { ...own.assigned };
    if (own.metadata) own.metadata = Object.assign(newMetadata(), own.metadata);
    if (own.tags) own.tags = [...own.tags];
    copy.detail = own;
    return copy;
  }

  /** Says that the message was longer than allowed and is cut. */
  markTruncated(): void {
    this.open().truncated = true;
  }

  get eventId(): string {
    return this.identify().toString();
  }

  kept(): Kept | undefined {
    return this.detail?.edited ? undefined : this;
  }

  get form(): number {
    return SYSLOG_FORM;
  }

  get context(): object {
    return this.arrival;
  }

  describe(): unknown {
    return describeArrival(this.arrival);
  }

  writeId(bytes: Buffer, at: number): void {
    this.identify().write(bytes, at);
  }

  edits(): Edits | undefined {
    const { detail } = this;
    if (!detail) return undefined;
    const { assigned, metadata, tags, truncated } = detail;
    if (!assigned && !metadata && !tags && !truncated) return undefined;
    return { ...assigned, ...(metadata && { metadata }), ...(tags && { tags }), ...(truncated && { truncated }) };
  }

  /** Gives an event just made from its bytes what else was kept of it. */
  restore(id: EventId, edits: Edits | undefined): this {
    this.id = id;
    if (!edits) return this;
    const { metadata: _metadata, tags: _tags, truncated = false, ...assigned } = edits;
    Object.assign(this.open(), edits, { assigned, truncated });
    return this;
  }

  get level(): Level {
    return this.detail?.level ?? levelOfSeverity(this.pri);
  }

  set level(level: Level) {
    const detail = this.open();
    detail.level = level;
    (detail.assigned ??= {}).level = level;
  }

  get eventType(): string {
    return this.detail?.eventType ?? eventTypeOfPri(this.pri);
  }

  set eventType(eventType: string) {
    const detail = this.open();
    detail.eventType = eventType;
    (detail.assigned ??= {}).eventType = eventType;
  }

  get timestamp(): number {
    const detail = this.open();
    const { receivedAt, settings } = this.arrival;
    return (detail.timestamp ??= timeOr(receivedAt, this.parse(detail), settings.zone));
  }

  set timestamp(timestamp: number) {
    const detail = this.open();
    detail.timestamp = timestamp;
    (detail.assigned ??= {}).timestamp = timestamp;
  }

  get source(): string {
    const detail = this.open();
    return (detail.source ??= this.readSource(detail));
  }

  set source(source: string) {
    const detail = this.open();
    detail.source = source;
    (detail.assigned ??= {}).source = source;
  }

  get title(): string {
    const detail = this.open();
    return (detail.title ??= titleOf(this.readMessage(detail)));
  }

  set title(title: string) {
    const detail = this.open();
    detail.title = title;
    (detail.assigned ??= {}).title = title;
  }

  get message(): string {
    const detail = this.open();
    return (detail.message ??= this.readMessage(detail));
  }

  set message(message: string) {
    const detail = this.open();
    // The title stays the one of the message that was received.
    detail.title ??= titleOf(this.readMessage(detail));
    detail.message = message;
    if (detail.edited) return;
    detail.edited = true;
    // Nobody else will, now that `received` is gone.
    this.detach();
  }

  get metadata(): Metadata {
    const detail = this.open();
    return (detail.metadata ??= this.readMetadata(detail));
  }

  set metadata(metadata: Metadata) {
    this.open().metadata = metadata;
  }

  metadataAt(key: string): unknown {
    const { detail } = this;
    if (detail?.metadata) return detail.metadata[key];
    const { settings, remote } = this.arrival;
    if (key === 'remote' && isSound(this, settings.format)) return remote;
    const text = textOf(this, settings.format, key);
    return text === undefined ? this.metadata[key] : (text ?? undefined);
  }

  spanOf(field: string): Span | undefined {
    const { detail } = this;
    if (detail?.edited) return undefined;
    if (field === 'message' && detail?.header) return spanOfText(this, detail.header);
    if (field !== 'message' && (detail?.assigned || detail?.metadata)) return undefined;
    return spanOf(this, this.arrival.settings.format, field);
  }

  get tags(): string[] {
    const detail = this.open();
    return (detail.tags ??= []);
  }

  set tags(tags: string[]) {
    this.open().tags = tags;
  }

  private open(): Detail {
    return (this.detail ??= new Detail());
  }

  private identify(): EventId {
    return (this.id ??= newEventId());
  }

  private parse(detail: Detail): Header {
    return (detail.header ??= parseHeader(this.bytes, this.start, this.end, this.arrival.settings.format));
  }

  private readSource(detail: Detail): string {
    const header = this.parse(detail);
    return (
      this.part(detail, header.app, header.appEnd) ??
      this.part(detail, header.host, header.hostEnd) ??
      this.arrival.remote ??
      'syslog'
    );
  }

  private readMessage(detail: Detail): string {
    const { message, messageEnd } = this.parse(detail);
    return this.part(detail, message, messageEnd) ?? '';
  }

  private readMetadata(detail: Detail): Metadata {
    const header = this.parse(detail);
    const { settings, receivedAt, remote } = this.arrival;
    const metadata = newMetadata();
    this.decode(detail);
    metadata['facility'] = FACILITIES[header.pri >> 3];
    metadata['severity'] = SEVERITIES[header.pri & 7];
    this.put(metadata, 'hostname', detail, header.host, header.hostEnd);
    this.put(metadata, 'appname', detail, header.app, header.appEnd);
    this.put(metadata, 'procid', detail, header.proc, header.procEnd);
    this.put(metadata, 'msgid', detail, header.msgid, header.msgidEnd);
    this.put(metadata, 'sequence_id', detail, header.sequence, header.sequenceEnd);
    if (header.version > 1) metadata['version'] = header.version;
    if (header.dataEnd > header.data) metadata['structured_data'] = this.readData(detail, header);
    if (remote !== undefined) metadata['remote'] = remote;
    if (header.priDefaulted) metadata['priority_defaulted'] = true;
    if (header.stamped && header.year < 0) {
      metadata['year_inferred'] = true;
      if (Number.isNaN(timeOf(header, settings.zone, receivedAt)))
        header.fault('the time stamp is not a day of this year');
    }
    if (detail.truncated) metadata['truncated'] = true;
    const payload = readPayload(this.readMessage(detail));
    if (payload) metadata[payload.name] = payload.fields;
    const garbled = detail.doubtful && !isUtf8(this.bytes.subarray(this.start, this.end));
    if (garbled) header.fault('the text is not UTF-8');
    if (header.error === undefined) return metadata;
    metadata['parse_error'] = header.error;
    // Latin-1 keeps every byte that UTF-8 could not.
    metadata['raw'] = this.bytes.toString(garbled ? 'latin1' : 'utf8', this.start, this.end);
    if (!detail.identity.counted) settings.parseErrors?.add(1);
    detail.identity.counted = true;
    return metadata;
  }

  private readData(detail: Detail, header: Header): StructuredData {
    const { start } = this;
    const { base } = header;
    const shift = start - base;
    const { data, repeated } = readStructuredData(
      this.bytes,
      header.data + shift,
      header.dataEnd + shift,
      (from, to) => detail.text?.slice(from - start, to - start) ?? this.bytes.toString('utf8', from, to),
    );
    if (repeated !== undefined) header.fault(`the structured data has ${repeated} twice`);
    return data;
  }

  private put(metadata: Metadata, key: string, detail: Detail, start: number, end: number): void {
    const text = this.part(detail, start, end);
    if (text !== undefined) metadata[key] = text;
  }

  /** The text between two offsets of the header; undefined where there is none. */
  private part(detail: Detail, start: number, end: number): string | undefined {
    if (end <= start) return undefined;
    const { base } = this.parse(detail);
    this.decode(detail);
    if (detail.text !== undefined) return detail.text.slice(start - base, end - base);
    return this.bytes.toString('utf8', this.start + start - base, this.start + end - base);
  }

  /** One decoding for all parts is several times cheaper than one for each. */
  private decode(detail: Detail): void {
    if (detail.decoded) return;
    detail.decoded = true;
    const text = this.bytes.toString('utf8', this.start, this.end);
    detail.doubtful = text.includes('\ufffd');
    if (text.length === this.end - this.start) detail.text = text;
  }
}
