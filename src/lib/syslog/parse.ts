/**
 * Reads one syslog message into offsets. Never throws, and takes time linear in its length: what
 * cannot be read stays in the message, and the header's `error` says what was wrong.
 */
import { Header, type SyslogFormat } from './header.ts';
import { findPri, isBom, lengthOfPri, readPri } from './pri.ts';
import { read3164 } from './rfc3164.ts';
import { looksLike5424, read5424 } from './rfc5424.ts';

const LESS_THAN = 0x3c;
const GREATER_THAN = 0x3e;

/** Parses the bytes from `start` to `end`, which are one message without its framing. */
export function parseHeader(bytes: Buffer, start: number, end: number, format: SyslogFormat): Header {
  const header = new Header(start, end);
  const first = isBom(bytes, start, end) ? start + 3 : start;
  header.message = first;
  if (first >= end) {
    header.priDefaulted = true;
    header.fault('the message is empty');
    return header;
  }
  const at = readPriority(bytes, findPri(bytes, start, end), first, end, header);
  if (at < 0) return header;
  header.message = at;
  if (format === 'rfc3164' || !looksLike5424(bytes, at, end, header)) {
    if (format === 'rfc5424') {
      if (header.priDefaulted) header.fault('no PRI');
      else read5424(bytes, at, end, header);
    } else if (!read3164(bytes, at, end, header)) {
      header.fault('no syslog header');
    }
  } else {
    read5424(bytes, at, end, header);
  }
  if (isBom(bytes, header.message, end)) header.message += 3;
  return header;
}

/** Where what follows PRI begins; -1 if that cannot be told. */
function readPriority(bytes: Buffer, at: number, first: number, end: number, header: Header): number {
  const pri = readPri(bytes, at, end);
  if (pri >= 0) {
    header.pri = pri;
    return at + lengthOfPri(pri);
  }
  header.priDefaulted = true;
  if (bytes[at] !== LESS_THAN) return first;
  header.fault('PRI is not a number from 0 to 191');
  for (let i = at + 1; i < end && i <= at + 5; i += 1) {
    if (bytes[i] === GREATER_THAN) return i + 1;
  }
  return -1;
}
