/** What only Cisco devices write: a mnemonic for an app name, and the time since they started for a time stamp. */
import { digits } from './timestamp.ts';

const SPACE = 0x20;
const PERCENT = 0x25;
const DASH = 0x2d;
const COLON = 0x3a;

/** Whether `%SYS-5-CONFIG_I` stands at `at`: a percent sign, and a severity of one digit between dashes. */
export function isMnemonic(bytes: Buffer, at: number, end: number): boolean {
  if (at >= end || bytes[at] !== PERCENT) return false;
  for (let i = at + 1; i < end && bytes[i]! > SPACE && bytes[i] !== COLON; i += 1) {
    if (bytes[i] === DASH && digits(bytes, i + 1, end, 2) === 1 && bytes[i + 2] === DASH) return true;
  }
  return false;
}

/** Where `1w2d: `, `3d04h: ` or `00:00:46: ` ends, if a mnemonic follows it; else -1. */
export function endOfUptime(bytes: Buffer, at: number, end: number): number {
  let i = at;
  while (i < end && bytes[i]! > SPACE && isOfUptime(bytes[i]!)) i += 1;
  if (i - at < 3 || i >= end || bytes[i] !== SPACE || bytes[i - 1] !== COLON) return -1;
  return isMnemonic(bytes, i + 1, end) ? i + 1 : -1;
}

/** A digit, a colon, or the y, w, d and h of years to hours. */
function isOfUptime(byte: number): boolean {
  return (byte >= 0x30 && byte <= COLON) || byte === 0x79 || byte === 0x77 || byte === 0x64 || byte === 0x68;
}
