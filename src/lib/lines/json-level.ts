/**
 * The level of a JSON line without parsing it, which takes twenty times as long: enough for a
 * filter to drop it.
 */
import type { Level } from '../../component/event.ts';
import { levelOf } from '../level-names.ts';

const QUOTE = 34;
const COLON = 58;
const BACKSLASH = 92;

/** `level` */
const KEY = [108, 101, 118, 101, 108] as const;

/** What the line's own key `level` says, the last one if there are several; undefined if only parsing can tell. */
export function jsonLevelOf(bytes: Buffer, start: number, end: number): Level | undefined {
  let depth = 0;
  let level: Level | undefined;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      const from = at + 1;
      at = endOfString(bytes, from, end);
      if (at < 0) return undefined;
      if (depth === 1 && at - from === KEY.length && isKey(bytes, from)) {
        const value = skipBlank(bytes, at + 1, end);
        if (bytes[value] === COLON) {
          level = valueOf(bytes, skipBlank(bytes, value + 1, end), end);
          if (level === undefined) return undefined;
        }
      }
    } else if (byte === 123 || byte === 91) {
      depth += 1;
    } else if (byte === 125 || byte === 93) {
      depth -= 1;
    }
  }
  return depth === 0 ? level : undefined;
}

function valueOf(bytes: Buffer, at: number, end: number): Level | undefined {
  let stop = at;
  if (bytes[at] === QUOTE) {
    stop = endOfString(bytes, at + 1, end);
    return stop < 0 || stop - at > 16 ? undefined : levelOf(bytes.toString('latin1', at + 1, stop));
  }
  while (stop < end && bytes[stop]! >= 48 && bytes[stop]! <= 57) stop += 1;
  // A number goes on with a point or an exponent, or is over.
  const over = bytes[stop] === 44 || bytes[stop] === 125 || bytes[stop] === 32 || bytes[stop] === 10;
  return !over || stop === at || stop - at > 2 ? undefined : levelOf(Number(bytes.toString('latin1', at, stop)));
}

function endOfString(bytes: Buffer, from: number, end: number): number {
  for (let at = from; at < end; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at += 1;
  }
  return -1;
}

function isKey(bytes: Buffer, from: number): boolean {
  for (let index = 0; index < KEY.length; index += 1) if (bytes[from + index] !== KEY[index]) return false;
  return true;
}

function skipBlank(bytes: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end && (bytes[at] === 32 || bytes[at] === 9)) at += 1;
  return at;
}
