/**
 * Makes the text of a JSON body safe to parse: what would hurt the parser is refused first (10 MB
 * of `[` took it 4 s and 760 MB, a million keys 1.6 s), and long integers, which it would round, are
 * put in quotes.
 */
import { MalformedLogs } from './received.ts';

/** The longest integers that a number certainly holds have 15 digits. */
const MAX_DIGITS = 15;

const QUOTE = 34;
const COMMA = 44;
const MINUS = 45;
const COLON = 58;
const OPEN_LIST = 91;
const BACKSLASH = 92;
const CLOSE_LIST = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

export interface JsonLimits {
  readonly depth: number;
  /** In one object. */
  readonly keys: number;
}

/** The text with every integer of more than 15 digits as a string. Throws a MalformedLogs past a limit. */
export function exactJson(bytes: Buffer, limits: JsonLimits): string {
  const integers = scan(bytes, limits);
  let text = '';
  let from = 0;
  for (let at = 0; at < integers.length; at += 2) {
    const start = integers[at]!;
    const end = integers[at + 1]!;
    text += `${bytes.toString('utf8', from, start)}"${bytes.toString('latin1', start, end)}"`;
    from = end;
  }
  return text + bytes.toString('utf8', from);
}

/** Start and end of each long integer. */
function scan(bytes: Buffer, { depth: maxDepth, keys: maxKeys }: JsonLimits): number[] {
  const integers: number[] = [];
  const keys = new Uint32Array(maxDepth + 1);
  let depth = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at]!;
    switch (byte) {
      case QUOTE:
        at = endOfString(bytes, at + 1);
        break;
      case COLON:
        keys[depth]! += 1;
        if (keys[depth]! > maxKeys) throw new MalformedLogs(`an object has at most ${maxKeys} keys`);
        break;
      case OPEN_LIST:
      case OPEN_OBJECT:
        depth += 1;
        if (depth > maxDepth) throw new MalformedLogs(`the JSON is nested more than ${maxDepth} levels deep`);
        keys[depth] = 0;
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        // What is closed more often than opened the parser will refuse.
        if (depth > 0) depth -= 1;
        break;
      default:
        if (!isDigit(byte) && byte !== MINUS) break;
        {
          const end = endOfDigits(bytes, at + 1);
          if (end - at > MAX_DIGITS && isEndOfValue(bytes[end])) integers.push(at, end);
          at = endOfNumber(bytes, end) - 1;
        }
    }
  }
  return integers;
}

function endOfString(bytes: Buffer, from: number): number {
  for (let at = from; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at += 1;
  }
  return bytes.length;
}

function endOfDigits(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && isDigit(bytes[at]!)) at += 1;
  return at;
}

/** Past a fraction and an exponent, whose digits are no integers. */
function endOfNumber(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && !isEndOfValue(bytes[at])) {
    if (bytes[at] === QUOTE || bytes[at] === OPEN_LIST || bytes[at] === OPEN_OBJECT) break;
    at += 1;
  }
  return at;
}

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}

function isEndOfValue(byte: number | undefined): boolean {
  return byte === undefined || byte === COMMA || byte === CLOSE_LIST || byte === CLOSE_OBJECT || byte <= 32;
}
