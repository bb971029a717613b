/** PRI, the `<34>` that a syslog message starts with: facility × 8 + severity. */
import { DEFAULT_PRI } from './names.ts';

const LESS_THAN = 0x3c;
const GREATER_THAN = 0x3e;
const ZERO = 0x30;

/** The PRI at `start`, 0 to 191; -1 where there is none or it is not one, such as `<192>` or `<007>`. */
export function readPri(bytes: Buffer, start: number, end: number): number {
  if (bytes[start] !== LESS_THAN || end - start < 3) return -1;
  const first = bytes[start + 1]! - ZERO;
  if (first < 0 || first > 9) return -1;
  let byte = bytes[start + 2]!;
  if (byte === GREATER_THAN) return first;
  const second = byte - ZERO;
  if (second < 0 || second > 9 || first === 0 || end - start < 4) return -1;
  const two = first * 10 + second;
  byte = bytes[start + 3]!;
  if (byte === GREATER_THAN) return two;
  const third = byte - ZERO;
  if (third < 0 || third > 9 || end - start < 5 || bytes[start + 4] !== GREATER_THAN) return -1;
  const three = two * 10 + third;
  return three <= 191 ? three : -1;
}

/** How many bytes a PRI takes, with its brackets. */
export function lengthOfPri(pri: number): number {
  return pri < 10 ? 3 : pri < 100 ? 4 : 5;
}

/** Where PRI should be: after a byte order mark, and spaces that some devices put before it. */
export function findPri(bytes: Buffer, start: number, end: number): number {
  let at = start;
  if (isBom(bytes, at, end)) at += 3;
  while (at < end && bytes[at] === 0x20) at += 1;
  return at < end && bytes[at] === LESS_THAN ? at : start;
}

/** The PRI of a message, or the one it is assumed to have. Reads no more than that. */
export function priOf(bytes: Buffer, start: number, end: number): number {
  let pri = readPri(bytes, start, end);
  if (pri < 0 && bytes[start] !== LESS_THAN) pri = readPri(bytes, findPri(bytes, start, end), end);
  return pri < 0 ? DEFAULT_PRI : pri;
}

/** Whether a UTF-8 byte order mark stands at `at`. */
export function isBom(bytes: Buffer, at: number, end: number): boolean {
  return end - at >= 3 && bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf;
}
