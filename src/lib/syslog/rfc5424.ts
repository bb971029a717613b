/** Reads RFC 5424: VERSION, five header fields, structured data, message. */
import { type Header } from './header.ts';
import { isBom } from './pri.ts';
import { endOfStructuredData } from './structured-data.ts';
import { digits, number, readEpoch, readIso } from './timestamp.ts';

const SPACE = 0x20;
const DASH = 0x2d;
const OPEN = 0x5b;
const ZERO = 0x30;

const MAX_HOST = 255;

/**
 * Whether what follows PRI means to be RFC 5424: a number and then a date; dashes or nothing for the
 * date where the number can be a version, or a date that breaks off; any digit where it is 1. Without
 * a PRI only a whole time stamp will do.
 */
export function looksLike5424(bytes: Buffer, at: number, end: number, header: Header): boolean {
  const count = digits(bytes, at, end, 5);
  if (count === 0 || count > 4) return false;
  const isOne = count === 1 && bytes[at] === ZERO + 1;
  const i = at + count;
  if (i >= end) return isOne && !header.priDefaulted;
  if (bytes[i] !== SPACE) return false;
  if (header.priDefaulted) return readIso(bytes, i + 1, end, header, true) >= 0;
  const date = digits(bytes, i + 1, end, 5);
  if (date === 0) return areDashes(bytes, i + 1, end);
  return isOne || (date === 4 && bytes[i + 5] === DASH && i + 5 < end) || isOfDate(bytes, i + 1 + date, end);
}

/** One word of dashes. */
function areDashes(bytes: Buffer, at: number, end: number): boolean {
  let i = at;
  while (i < end && bytes[i] === DASH) i += 1;
  return i > at && (i >= end || bytes[i] === SPACE);
}

/** After a date's first digits: its dash and more digits, or the end of the message. */
function isOfDate(bytes: Buffer, at: number, end: number): boolean {
  return at >= end || (bytes[at] === DASH && digits(bytes, at + 1, end, 3) === 2);
}

/** Reads the message from `at`, after PRI. What cannot be read is the message, and the header's error says why. */
export function read5424(bytes: Buffer, at: number, end: number, header: Header): void {
  header.message = at;
  const count = digits(bytes, at, end, 4);
  if (count === 0 || count > 3 || bytes[at] === ZERO || bytes[at + count] !== SPACE || at + count >= end) {
    header.fault('no RFC 5424 version after PRI');
    return;
  }
  header.version = number(bytes, at, end, 3);
  header.message = at + count + 1;
  let i = readTimestamp(bytes, header.message, end, header);
  for (let field = 0; field < FIELDS.length; field += 1) {
    if (i < 0) return;
    header.message = i;
    const fieldEnd = endOfField(bytes, i, end);
    if (fieldEnd === i || fieldEnd >= end || bytes[fieldEnd] !== SPACE) {
      header.fault(
        fieldEnd >= end
          ? `the message ends in its header, at the ${FIELDS[field]}`
          : `the ${FIELDS[field]} is not a word`,
      );
      return;
    }
    if (fieldEnd - i !== 1 || bytes[i] !== DASH) place(header, field, i, fieldEnd);
    i = fieldEnd + 1;
  }
  if (header.hostEnd - header.host > MAX_HOST) header.fault('the host name is longer than 255 bytes');
  if (i < 0) return;
  header.message = i;
  readDataAndMessage(bytes, i, end, header);
}

const FIELDS = ['host name', 'app name', 'process id', 'message id'] as const;

function place(header: Header, field: number, start: number, end: number): void {
  switch (field) {
    case 0:
      header.host = start;
      header.hostEnd = end;
      break;
    case 1:
      header.app = start;
      header.appEnd = end;
      break;
    case 2:
      header.proc = start;
      header.procEnd = end;
      break;
    default:
      header.msgid = start;
      header.msgidEnd = end;
  }
}

/** Where the host name begins; -1 if nothing follows. A time stamp in a looser form is read, and named as a fault. */
function readTimestamp(bytes: Buffer, at: number, end: number, header: Header): number {
  let i = at;
  if (i < end && bytes[i] === DASH && (i + 1 >= end || bytes[i + 1] === SPACE)) {
    i += 1;
  } else {
    const strict = readIso(bytes, at, end, header, true);
    let read = strict < 0 ? readIso(bytes, at, end, header, false) : strict;
    if (read < 0) read = readEpoch(bytes, at, end, header);
    header.stamped = read >= 0;
    if (strict < 0) header.fault('the time stamp is not one of RFC 5424');
    i = read < 0 ? endOfField(bytes, at, end) : read;
  }
  if (i < end && bytes[i] === SPACE) return i + 1;
  header.message = i;
  header.fault('the message ends in its header, at the time stamp');
  return -1;
}

function readDataAndMessage(bytes: Buffer, at: number, end: number, header: Header): void {
  if (at >= end) return header.fault('the message ends in its header, at the structured data');
  let i = at;
  if (bytes[at] === DASH) {
    i = at + 1;
  } else if (bytes[at] === OPEN) {
    i = endOfStructuredData(bytes, at, end);
    if (i < 0) return header.fault('the structured data is malformed');
  } else {
    return header.fault('there is no structured data, nor a - for none');
  }
  if (i < end && bytes[i] !== SPACE) return header.fault('no space after the structured data');
  if (bytes[at] === OPEN) {
    header.data = at;
    header.dataEnd = i;
  }
  i = Math.min(i + 1, end);
  header.message = isBom(bytes, i, end) ? i + 3 : i;
}

/** Where the printable bytes from `at` end. Bytes of non-ASCII characters are let pass. */
function endOfField(bytes: Buffer, at: number, end: number): number {
  let i = at;
  while (i < end && bytes[i]! > SPACE && bytes[i] !== 0x7f) i += 1;
  return i;
}
