import type { Buffer } from 'node:buffer';

/** How messages are read: told apart one by one, or all as one of the two. */
export type SyslogFormat = 'auto' | 'rfc3164' | 'rfc5424';

/**
 * Where the parts of one message are: offsets into the bytes it was parsed from, of which `base`
 * is the start of the message. A part whose end is its start is absent.
 */
export class Header {
  readonly base: number;
  pri = 13;
  /** No PRI on the wire, or one that is not a PRI. */
  priDefaulted = false;
  /** RFC 5424's VERSION; 0 for RFC 3164. */
  version = 0;
  /** What is wrong with the message, if anything; the first fault found. */
  error: string | undefined = undefined;

  stamped = false;
  /** -1: the time stamp has no year. */
  year = -1;
  /** 1 to 12. */
  month = 1;
  day = 1;
  hour = 0;
  minute = 0;
  second = 0;
  millisecond = 0;
  /** Minutes east of UTC; NaN where the time stamp does not say. */
  offset = NaN;

  host = 0;
  hostEnd = 0;
  app = 0;
  appEnd = 0;
  proc = 0;
  procEnd = 0;
  msgid = 0;
  msgidEnd = 0;
  /** Structured data, brackets included; only where it is well formed. */
  data = 0;
  dataEnd = 0;
  /** The number Cisco devices count their messages by. */
  sequence = 0;
  sequenceEnd = 0;
  message = 0;
  messageEnd: number;

  constructor(start: number, end: number) {
    this.base = start;
    this.message = start;
    this.messageEnd = end;
  }

  /** Takes the time stamp of `other`. */
  takeTime({ stamped, year, month, day, hour, minute, second, millisecond, offset }: Header): void {
    Object.assign(this, { stamped, year, month, day, hour, minute, second, millisecond, offset });
  }

  fault(reason: string): void {
    this.error ??= reason;
  }
}

/** The first place at or after `at` that is not a space. */
export function skipSpaces(bytes: Buffer, at: number, end: number): number {
  let i = at;
  while (i < end && bytes[i] === 0x20) i += 1;
  return i;
}

/** Days that each month has in every year, by its number. */
const DAYS_AT_LEAST = Uint8Array.of(0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31);

/** Whether reading all of the metadata could find a fault in it: a day that a year lacks, a name twice. */
export function mayBeFaulty({ error, month, day, data, dataEnd }: Header): boolean {
  return error !== undefined || day > DAYS_AT_LEAST[month]! || dataEnd > data;
}

const LF = 10;
const CR = 13;

/** Where a message ends without the line ends and NULs that trail it. */
export function endOfMessage(bytes: Buffer, start: number, end: number): number {
  let last = end;
  while (last > start && isTrailer(bytes[last - 1]!)) last -= 1;
  return last;
}

function isTrailer(byte: number): boolean {
  return byte === LF || byte === CR || byte === 0;
}
