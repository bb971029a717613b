/**
 * Finds the events in a body without parsing it: the elements of an array, the lines of NDJSON, or
 * the one value there is. Parsed some at a time, a large body does not hold up the event loop; and what
 * would hurt the parser is refused first (10 MB of `[` took it 4 s and 760 MB, a million keys 1.6 s).
 */
import { Refusal } from './answer.ts';

const MAX_DEPTH = 64;

const MAX_KEYS = 10_000;

const LF = 10;
const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_LIST = 91;
const BACKSLASH = 92;
const CLOSE_LIST = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

export interface Records {
  /** Start and end of each in turn. */
  readonly bounds: readonly number[];
  /** Between them are commas, as in a list. */
  readonly isList: boolean;
}

/** Throws a Refusal for a body that is no list of values. */
export function recordsOf(bytes: Buffer, format: 'json' | 'ndjson'): Records {
  const start = skipBlank(bytes, bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0);
  if (start === bytes.length)
    throw new Refusal(400, 'the body is empty: send an event, an array of events, or a line of JSON for each');
  if (format === 'ndjson') return { bounds: lines(bytes, start), isList: false };
  if (bytes[start] === OPEN_LIST) return { bounds: elements(bytes, start + 1), isList: true };
  const end = skipBlank(bytes, scan(bytes, start, bytes.length, 0, true));
  // Objects on lines of their own under the name of JSON are a common slip, and clear enough.
  const areLines = end < bytes.length && bytes[start] === OPEN_OBJECT;
  return { bounds: areLines ? lines(bytes, start) : [start, bytes.length], isList: false };
}

function elements(bytes: Buffer, from: number): number[] {
  const records: number[] = [];
  let start = skipBlank(bytes, from);
  if (bytes[start] === CLOSE_LIST) {
    noMore(bytes, start + 1, 0);
    return records;
  }
  for (;;) {
    const index = records.length / 2;
    const end = scan(bytes, start, bytes.length, index, false);
    records.push(start, end);
    if (bytes[end] === CLOSE_LIST) {
      noMore(bytes, end + 1, index);
      return records;
    }
    if (bytes[end] !== COMMA) throw new Refusal(400, 'the array is not closed: is the body cut short?', { index });
    start = end + 1;
  }
}

function lines(bytes: Buffer, from: number): number[] {
  const records: number[] = [];
  for (let start = from; start < bytes.length;) {
    const found = bytes.indexOf(LF, start);
    const end = found < 0 ? bytes.length : found;
    if (skipBlank(bytes, start) < end) {
      scan(bytes, start, end, records.length / 2, true);
      records.push(start, end);
    }
    start = end + 1;
  }
  return records;
}

/**
 * Index of the comma or bracket after an element of a list; or, for a value `alone`, after its last
 * bracket. What is behind that index a parser never reaches. `stop` where there is none.
 */
function scan(bytes: Buffer, start: number, stop: number, index: number, alone: boolean): number {
  let depth = 0;
  let keys = 0;
  for (let at = start; at < stop; at += 1) {
    switch (bytes[at]) {
      case QUOTE:
        at = endOfString(bytes, at + 1, stop);
        break;
      case COLON:
        keys += 1;
        if (keys > MAX_KEYS) throw new Refusal(400, `an event has at most ${MAX_KEYS} keys`, { index });
        break;
      case OPEN_LIST:
      case OPEN_OBJECT:
        depth += 1;
        if (depth > MAX_DEPTH) throw new Refusal(400, `an event is nested at most ${MAX_DEPTH} levels deep`, { index });
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        if (depth === 0) return at;
        depth -= 1;
        if (depth === 0 && alone) return at + 1;
        break;
      case COMMA:
        if (depth === 0 && !alone) return at;
        break;
      default:
    }
  }
  return stop;
}

/** Index of the closing quote. */
function endOfString(bytes: Buffer, from: number, stop: number): number {
  for (let at = from; at < stop; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at += 1;
  }
  return stop;
}

function noMore(bytes: Buffer, from: number, index: number): void {
  if (skipBlank(bytes, from) < bytes.length)
    throw new Refusal(400, 'something follows the end of the array', { index });
}

function skipBlank(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && isBlank(bytes[at]!)) at += 1;
  return at;
}

function isBlank(byte: number): boolean {
  return byte === 32 || byte === LF || byte === 13 || byte === 9;
}
