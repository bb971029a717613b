/**
 * Finds lines, or records of several lines, in bytes read from a file. It keeps nothing between two
 * calls: what is not complete is not consumed, and read again with what follows it.
 */
import type { Sieve } from '../../component/component.ts';
import type { Encoding } from './encoding.ts';
import { lastLineEnd, nextLineEnd, toUtf8, unitsOf } from './encoding.ts';
import { Spans } from './spans.ts';

const LF = 10;
const CR = 13;

export interface LineOptions {
  readonly encoding: Encoding;
  /** Bytes a line or a record has at the most; the rest of a longer one is skipped. */
  readonly maxBytes: number;
  /** Whether a line begins a record; undefined where each line is one. */
  readonly startsRecord: ((line: string) => boolean) | undefined;
  /** Which lines may be left out; asked once for each piece of a file. Absent where each is wanted. */
  readonly sieve?: (() => Sieve | undefined) | undefined;
}

export interface Lines {
  /** UTF-8; the bytes that were read, unless they had another encoding or most of them were left out. */
  readonly bytes: Buffer;
  /** Start and end of each line in turn, without line ends. Empty lines are left out. */
  readonly spans: readonly number[];
  /** Starts of those lines that were cut. */
  readonly truncated: ReadonlySet<number> | undefined;
  /** Index in what was read after the last byte that needs no second look. */
  readonly end: number;
  /** The next bytes belong to a line that was cut already. */
  readonly skipping: boolean;
  /** Bytes from the first line to the last one, those that were left out included. */
  readonly length: number;
  /** Counts what was left out, once its lines are taken as read. */
  readonly countDropped?: (() => void) | undefined;
}

/** Lines between `from` and `to`; with `flush` also an unfinished one at the end. */
export function linesOf(
  raw: Buffer,
  from: number,
  to: number,
  skipping: boolean,
  flush: boolean,
  options: LineOptions,
): Lines {
  const { encoding, maxBytes, startsRecord } = options;
  let start = from;
  if (skipping) {
    start = nextLineEnd(raw, from, to, encoding);
    if (start < 0) return nothing(raw, to, true);
    if (startsRecord) {
      start = nextRecord(raw, start, to, options);
      // Still inside the record that was cut: a line end behind the skipped part is kept, for the next look.
      if (!beginsRecord(raw, start, to, options))
        return nothing(raw, flush ? to : backOverLineEnd(start, from, encoding), true);
    }
  } else if (encoding === 'utf-8' || encoding === 'latin1') {
    // A writer that goes on at its old offset in a truncated file leaves NULs before it.
    while (start < to && raw[start] === 0) start += 1;
  }
  let end = flush ? to : lastLineEnd(raw, start, to, encoding);
  let cut = false;
  if (end <= start) {
    if (to - start <= maxBytes) return nothing(raw, start, false);
    end = to;
    cut = true;
  }
  const plain = encoding === 'utf-8';
  const bytes = plain ? raw : toUtf8(raw, start, end, encoding);
  const first = plain ? start : 0;
  const last = plain ? end : bytes.length;
  const found = new Spans(maxBytes);
  if (!startsRecord) {
    const sieve = options.sieve?.();
    if (!sieve) {
      splitLines(bytes, first, last, found);
      return linesIn(bytes, found, end, cut);
    }
    siftLines(bytes, first, last, found, sieve.needles);
    const kept = found.compact(bytes);
    const { sifted } = found;
    return { ...linesIn(kept, found, end, cut), countDropped: sifted > 0 ? () => sieve.dropped(sifted) : undefined };
  }
  const open = splitRecords(bytes, first, last, startsRecord, found);
  if (flush || cut || last - open > maxBytes) {
    found.add(bytes, open, last);
    return linesIn(bytes, found, end, cut || (!flush && last - open > maxBytes));
  }
  const rest = plain ? open : start + unitsOf(bytes, open, encoding);
  return linesIn(bytes, found, rest, false);
}

function nothing(bytes: Buffer, end: number, skipping: boolean): Lines {
  return { bytes, spans: [], truncated: undefined, end, skipping, length: 0 };
}

function linesIn(bytes: Buffer, { spans, truncated, length }: Spans, end: number, skipping: boolean): Lines {
  return { bytes, spans, truncated, end, skipping, length };
}

function splitLines(bytes: Buffer, from: number, to: number, found: Spans): void {
  let start = from;
  while (start < to) {
    const index = bytes.indexOf(LF, start);
    const end = index < 0 || index > to ? to : index;
    found.add(bytes, start, end);
    start = end + 1;
  }
}

/** As `splitLines`, without the lines that have none of the needles: each is searched for in the whole chunk at once. */
function siftLines(bytes: Buffer, from: number, to: number, found: Spans, needles: readonly Buffer[]): void {
  const hits = needles.map((needle) => hitFrom(bytes, needle, from));
  let start = from;
  while (start < to) {
    const index = bytes.indexOf(LF, start);
    const end = index < 0 || index > to ? to : index;
    let hit = false;
    for (let at = 0; at < hits.length; at += 1) {
      if (hits[at]! >= end) continue;
      hit = true;
      hits[at] = hitFrom(bytes, needles[at]!, end);
    }
    found.add(bytes, start, end, !hit);
    start = end + 1;
  }
}

/** Past the end where there is none. */
function hitFrom(bytes: Buffer, needle: Buffer, from: number): number {
  const index = bytes.indexOf(needle, from);
  return index < 0 ? Infinity : index;
}

/** Adds the records that another one follows; where the last one begins. */
function splitRecords(
  bytes: Buffer,
  from: number,
  to: number,
  startsRecord: (line: string) => boolean,
  found: Spans,
): number {
  let record = from;
  let start = from;
  while (start < to) {
    const index = bytes.indexOf(LF, start);
    const end = index < 0 || index > to ? to : index;
    if (start > record && startsRecord(text(bytes, start, end))) {
      found.add(bytes, record, start);
      record = start;
    }
    start = end + 1;
  }
  return record;
}

/** Start of the first complete line from `from` on that begins a record; of the last line where none does. */
function nextRecord(raw: Buffer, from: number, to: number, options: LineOptions): number {
  let start = from;
  while (!beginsRecord(raw, start, to, options)) {
    const next = nextLineEnd(raw, start, to, options.encoding);
    if (next < 0) return start;
    start = next;
  }
  return start;
}

/** `skipping` begins by looking for a line end, so the one before `start` must be there to be found. */
function backOverLineEnd(start: number, from: number, encoding: Encoding): number {
  return Math.max(from, start - (encoding === 'utf-8' || encoding === 'latin1' ? 1 : 2));
}

function beginsRecord(raw: Buffer, start: number, to: number, { encoding, startsRecord }: LineOptions): boolean {
  const end = nextLineEnd(raw, start, to, encoding);
  if (end < 0) return false;
  const bytes = encoding === 'utf-8' ? raw.subarray(start, end) : toUtf8(raw, start, end, encoding);
  return startsRecord!(text(bytes, 0, bytes.length));
}

function text(bytes: Buffer, start: number, end: number): string {
  let last = end;
  while (last > start && (bytes[last - 1] === LF || bytes[last - 1] === CR)) last -= 1;
  return bytes.toString('utf8', start, last);
}
