/** The time stamp of the message before, once more: messages come many a second, and a stamp has no more than seconds. */
import type { Header } from './header.ts';

/** `Oct 11 22:14:15` */
const LENGTH = 15;
const SPACE = 0x20;
const COLON = 0x3a;
const LONGEST_ZONE = 6;

const stamp = new Uint8Array(LENGTH);
let [month, day, hour, minute, second] = [0, 0, 0, 0, 0];

/** Keeps a plain BSD time stamp that was read from `start` to `end` and has nothing to it but its second. */
export function keepStamp(bytes: Buffer, start: number, end: number, header: Header): void {
  const { year, stamped, error } = header;
  if (end - start !== LENGTH || bytes[start + 6] !== SPACE || year >= 0 || !stamped || error !== undefined) return;
  ({ month, day, hour, minute, second } = header);
  for (let index = 0; index < LENGTH; index += 1) stamp[index] = bytes[start + index]!;
}

/** Where the time stamp at `at` ends, if it is the one that was kept; -1 if not, or if what follows may belong to it. */
export function readSameStamp(bytes: Buffer, at: number, end: number, header: Header): number {
  const after = at + LENGTH;
  if (month === 0 || after + 1 >= end || bytes[after] !== SPACE) return -1;
  for (let index = 0; index < LENGTH; index += 1) if (bytes[at + index] !== stamp[index]) return -1;
  if (mayBelong(bytes, after + 1, end)) return -1;
  header.month = month;
  header.day = day;
  header.hour = hour;
  header.minute = minute;
  header.second = second;
  header.stamped = true;
  return after;
}

/** A year, or a zone's name and a colon. */
function mayBelong(bytes: Buffer, at: number, end: number): boolean {
  if (bytes[at]! >= 0x30 && bytes[at]! <= 0x39) return true;
  for (let index = at; index < end && index - at < LONGEST_ZONE; index += 1) {
    const byte = bytes[index]!;
    if (byte === COLON) return true;
    if (byte <= SPACE) return false;
  }
  return false;
}
