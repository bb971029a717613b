/**
 * The form that most messages have, `Oct 11 22:14:15 host app[7]: text`, with the time stamp of the message
 * before: messages come many a second. It is read in one go; whatever differs in the least is left to the
 * reader of all forms, which must find the same.
 */
import type { Header } from './header.ts';

/** `Oct 11 22:14:15` */
const LENGTH = 15;
const LONGEST_HOST = 255;
const SPACE = 0x20;
const DOT = 0x2e;
const COLON = 0x3a;
const OPEN = 0x5b;
const CLOSE = 0x5d;

const DIGIT = 1;
const LETTER = 2;
const CAPITAL = 3;
const MARK = 4;

/** Of each byte, which part of a name it may be; 0 for none. */
const KINDS = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x30 && byte <= 0x39) return DIGIT;
  if (byte >= 0x61 && byte <= 0x7a) return LETTER;
  if (byte >= 0x41 && byte <= 0x5a) return CAPITAL;
  return '-._/'.includes(String.fromCharCode(byte)) ? MARK : 0;
});

const stamp = new Uint8Array(LENGTH);
let [month, day, hour, minute, second] = [0, 0, 0, 0, 0];

/** Keeps a plain BSD time stamp that was read from `start` to `end` and has nothing to it but its second. */
export function keepStamp(bytes: Buffer, start: number, end: number, header: Header): void {
  const { year, stamped, error } = header;
  if (end - start !== LENGTH || bytes[start + 6] !== SPACE || year >= 0 || !stamped || error !== undefined) return;
  ({ month, day, hour, minute, second } = header);
  for (let index = 0; index < LENGTH; index += 1) stamp[index] = bytes[start + index]!;
}

/** Reads a message of that form at `at`. Where its text begins, or -1 with the header as it was. */
export function readCommonForm(bytes: Buffer, at: number, end: number, header: Header): number {
  const host = at + LENGTH + 1;
  if (month === 0 || host >= end || bytes[host - 1] !== SPACE) return -1;
  for (let index = 0; index < LENGTH; index += 1) if (bytes[at + index] !== stamp[index]) return -1;
  const hostEnd = endOfHost(bytes, host, end);
  if (hostEnd < 0) return -1;
  const app = hostEnd + 1;
  const appEnd = endOfApp(bytes, app, end);
  if (appEnd < 0) return -1;
  let proc = 0;
  let procEnd = 0;
  let text = appEnd;
  if (bytes[appEnd] === OPEN) {
    proc = procEnd = appEnd + 1;
    while (procEnd < end && KINDS[bytes[procEnd]!] === DIGIT) procEnd += 1;
    if (procEnd === proc || bytes[procEnd] !== CLOSE) return -1;
    text = procEnd + 1;
  }
  // One space, and something behind it.
  if (text + 2 >= end || bytes[text] !== COLON || bytes[text + 1] !== SPACE || bytes[text + 2] === SPACE) return -1;
  header.month = month;
  header.day = day;
  header.hour = hour;
  header.minute = minute;
  header.second = second;
  header.stamped = true;
  header.host = host;
  header.hostEnd = hostEnd;
  header.app = app;
  header.appEnd = appEnd;
  header.proc = proc;
  header.procEnd = procEnd;
  return text + 2;
}

/** Capitals may be a zone's name, and digits without a dot a year. */
function endOfHost(bytes: Buffer, at: number, end: number): number {
  const first = KINDS[bytes[at]!]!;
  if (first !== DIGIT && first !== LETTER) return -1;
  const limit = Math.min(end, at + LONGEST_HOST);
  let dotted = false;
  let index = at + 1;
  for (; index < limit && KINDS[bytes[index]!] !== 0; index += 1) if (bytes[index] === DOT) dotted = true;
  if (index >= limit || bytes[index] !== SPACE) return -1;
  return first === DIGIT && !dotted ? -1 : index;
}

/** Digits may be a sequence number, and capitals the name of an event format. */
function endOfApp(bytes: Buffer, at: number, end: number): number {
  if (at >= end || KINDS[bytes[at]!] !== LETTER) return -1;
  let index = at + 1;
  while (index < end && KINDS[bytes[index]!] !== 0) index += 1;
  return index < end ? index : -1;
}
