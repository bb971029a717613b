/**
 * Parts of a message as they were received: where they lie, or as text, without making anything of the rest.
 * One after the other, parts of the same message are asked for: its header is read once.
 */
import type { Span } from '../../component/event.ts';
import { internedText } from '../interned-text.ts';
import { type Header, mayBeFaulty, type SyslogFormat } from './header.ts';
import { FACILITIES, SEVERITIES } from './names.ts';
import { parseHeader } from './parse.ts';

/** Whose bytes these are, and how they are read. */
export interface Message {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

let lastMessage: Message | undefined;
/** Where it was then: it may have moved into memory of its own since. */
let lastBytes: Buffer | undefined;
let lastHeader: Header | undefined;

const found: { bytes: Buffer; start: number; end: number } = { bytes: Buffer.alloc(0), start: 0, end: 0 };

const METADATA = new Map(
  ['hostname', 'appname', 'procid', 'msgid', 'sequence_id'].map((key) => [`metadata.${key}`, key]),
);

/** Where the text of a message lies whose header was read before, wherever the message was then. */
export function spanOfText({ bytes, start }: Message, { base, message, messageEnd }: Header): Span {
  return span(bytes, message - base + start, messageEnd - base + start);
}

/** Where `message`, `source` or a part of the header as `metadata.KEY` lies; an absent one is empty. Undefined for others. */
export function spanOf(message: Message, format: SyslogFormat, field: string): Span | undefined {
  const header = headerOf(message, format);
  if (field === 'message') return spanOfText(message, header);
  // A fault is for those who read the metadata to find and to count.
  if (mayBeFaulty(header)) return undefined;
  if (field === 'source') {
    if (header.appEnd > header.app) return span(message.bytes, header.app, header.appEnd);
    return header.hostEnd > header.host ? span(message.bytes, header.host, header.hostEnd) : undefined;
  }
  const key = METADATA.get(field);
  return key === undefined ? undefined : partOf(message, header, key);
}

/**
 * The text of a part of the header, by its metadata key; null where it is absent. Undefined where it takes more
 * to tell: another key, a message that may have a fault, or one that is not all ASCII.
 */
export function textOf(message: Message, format: SyslogFormat, key: string): string | null | undefined {
  if (!isSound(message, format)) return undefined;
  const header = headerOf(message, format);
  if (key === 'facility') return FACILITIES[header.pri >> 3];
  if (key === 'severity') return SEVERITIES[header.pri & 7];
  const part = partOf(message, header, key);
  if (!part) return undefined;
  return part.end > part.start ? internedText(part.bytes, part.start, part.end) : null;
}

/** Whether nobody who read all of the metadata would find a fault. False where it takes more to tell. */
export function isSound(message: Message, format: SyslogFormat): boolean {
  return !mayBeFaulty(headerOf(message, format)) && isAscii(message);
}

function headerOf(message: Message, format: SyslogFormat): Header {
  const { bytes, start, end } = message;
  if (!lastHeader || message !== lastMessage || bytes !== lastBytes) {
    lastHeader = parseHeader(bytes, start, end, format);
    lastMessage = message;
    lastBytes = bytes;
  }
  return lastHeader;
}

function partOf({ bytes }: Message, header: Header, key: string): Span | undefined {
  switch (key) {
    case 'hostname':
      return span(bytes, header.host, header.hostEnd);
    case 'appname':
      return span(bytes, header.app, header.appEnd);
    case 'procid':
      return span(bytes, header.proc, header.procEnd);
    case 'msgid':
      return span(bytes, header.msgid, header.msgidEnd);
    case 'sequence_id':
      return span(bytes, header.sequence, header.sequenceEnd);
    default:
      return undefined;
  }
}

function span(bytes: Buffer, start: number, end: number): Span {
  found.bytes = bytes;
  found.start = start;
  found.end = Math.max(start, end);
  return found;
}

function isAscii({ bytes, start, end }: Message): boolean {
  let bits = 0;
  for (let index = start; index < end; index += 1) bits |= bytes[index]!;
  return bits < 0x80;
}
