/** Where the parts of a message are that can be handed on as they were received. */
import type { Span } from '../../component/event.ts';
import { type Header, mayBeFaulty, type SyslogFormat } from './header.ts';
import { parseHeader } from './parse.ts';

/** One after the other, fields of the same message are asked for: its header is read once. */
let bytesOfLast: Buffer | undefined;
let startOfLast = 0;
let last: Header | undefined;

const found: { bytes: Buffer; start: number; end: number } = { bytes: Buffer.alloc(0), start: 0, end: 0 };

/** Of `message`, `source` or a part of the header as `metadata.KEY`; an absent one is empty. */
export function spanIn(
  bytes: Buffer,
  start: number,
  end: number,
  format: SyslogFormat,
  field: string,
): Span | undefined {
  if (!last || bytes !== bytesOfLast || start !== startOfLast) {
    last = parseHeader(bytes, start, end, format);
    bytesOfLast = bytes;
    startOfLast = start;
  }
  const header = last;
  if (field === 'message') return span(bytes, header.message, header.messageEnd);
  // A fault is for those who read the metadata to find and to count.
  if (mayBeFaulty(header)) return undefined;
  switch (field) {
    case 'source':
      if (header.appEnd > header.app) return span(bytes, header.app, header.appEnd);
      return header.hostEnd > header.host ? span(bytes, header.host, header.hostEnd) : undefined;
    case 'metadata.hostname':
      return span(bytes, header.host, header.hostEnd);
    case 'metadata.appname':
      return span(bytes, header.app, header.appEnd);
    case 'metadata.procid':
      return span(bytes, header.proc, header.procEnd);
    case 'metadata.msgid':
      return span(bytes, header.msgid, header.msgidEnd);
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
