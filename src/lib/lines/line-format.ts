/** What kind of line a line is, by its first bytes, and the event that it becomes. */
import { type Event, type Metadata } from '../../component/event.ts';
import { SyslogEvent, type Arrival, type SyslogSettings } from '../syslog/event.ts';
import { Zone } from '../syslog/zone.ts';
import { jsonLevelOf } from './json-level.ts';
import { decodeJson } from './json-line.ts';
import { addOrigin, describeOrigin, LineEvent, type Decoder, type Origin } from './line-event.ts';

export type Format = 'auto' | 'json' | 'syslog' | 'text';

/** Makes the events of the lines of one chunk. */
export type EventMaker = (bytes: Buffer, start: number, end: number, truncated: boolean) => Event;

/** Forms on disk. */
export const SYSLOG_LINE_FORM = 2;
export const JSON_LINE_FORM = 4;

export const JSON_LINES: Decoder = { decode: decodeJson, levelOf: jsonLevelOf, form: JSON_LINE_FORM };

const SETTINGS: SyslogSettings = { format: 'auto', zone: new Zone() };

export function makerOf(format: Format, origin: Origin): EventMaker {
  const arrival: Arrival = { receivedAt: origin.readAt, remote: undefined, settings: SETTINGS };
  const text: EventMaker = (bytes, start, end, truncated) =>
    new LineEvent(bytes, start, end, origin, undefined, truncated);
  const json: EventMaker = (bytes, start, end, truncated) =>
    new LineEvent(bytes, start, end, origin, JSON_LINES, truncated);
  const syslog: EventMaker = (bytes, start, end, truncated) => {
    const event = new SyslogLine(bytes, start, end, arrival, origin);
    if (truncated) event.markTruncated();
    return event;
  };
  switch (format) {
    case 'text':
      return text;
    case 'json':
      return json;
    case 'syslog':
      return syslog;
    case 'auto':
      return (bytes, start, end, truncated) => {
        const first = bytes[start]!;
        if (first === 0x7b) return json(bytes, start, end, truncated);
        return looksLikeSyslog(bytes, start, end, first)
          ? syslog(bytes, start, end, truncated)
          : text(bytes, start, end, truncated);
      };
  }
}

/** A syslog line that knows where it was read. */
export class SyslogLine extends SyslogEvent {
  private readonly origin: Origin;

  constructor(bytes: Buffer, start: number, end: number, arrival: Arrival, origin: Origin) {
    super(bytes, start, end, arrival);
    this.origin = origin;
  }

  override get metadata(): Metadata {
    const metadata = super.metadata;
    addOrigin(metadata, this.origin);
    return metadata;
  }

  override set metadata(metadata: Metadata) {
    super.metadata = metadata;
  }

  override get form(): number {
    return SYSLOG_LINE_FORM;
  }

  override get context(): object {
    return this.origin;
  }

  override describe(): unknown {
    return [super.describe(), describeOrigin(this.origin)];
  }

  override copy(): SyslogEvent {
    // The copy is no SyslogLine: it takes that along in the metadata.
    void this.metadata;
    return super.copy();
  }
}

/** `<PRI>`, `Jun 14 15:16:01 host …`, or `2026-01-31T12:00:00Z host tag: …`. */
function looksLikeSyslog(bytes: Buffer, start: number, end: number, first: number): boolean {
  if (first === 0x3c) {
    let at = start + 1;
    while (at < start + 4 && isDigit(bytes[at])) at += 1;
    return at > start + 1 && bytes[at] === 0x3e;
  }
  if (end - start < 20) return false;
  if (first >= 0x41 && first <= 0x53) {
    return (
      bytes[start + 3] === 0x20 &&
      bytes[start + 6] === 0x20 &&
      bytes[start + 9] === 0x3a &&
      bytes[start + 12] === 0x3a &&
      bytes[start + 15] === 0x20 &&
      isDigit(bytes[start + 5]) &&
      isDigit(bytes[start + 14]) &&
      MONTHS.has(bytes.toString('latin1', start, start + 3))
    );
  }
  return isDigit(first) && bytes[start + 4] === 0x2d && bytes[start + 10] === 0x54 && hasTag(bytes, start + 19, end);
}

const MONTHS = new Set(['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']);

/** Bytes of an ISO time stamp's rest, a host name and a tag that are looked at. */
const TAG_WITHIN = 160;

/** Whether a host name and a word with a colon follow: many programs begin their own lines with an ISO time. */
function hasTag(bytes: Buffer, from: number, end: number): boolean {
  const stop = Math.min(end, from + TAG_WITHIN);
  let spaces = 0;
  for (let at = from; at < stop; at += 1) {
    if (bytes[at] !== 0x20) continue;
    spaces += 1;
    if (spaces === 3) return bytes[at - 1] === 0x3a;
  }
  return false;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}
