/**
 * The time stamps of syslog: RFC 3339's, its looser relatives, and the BSD one with the variants
 * that devices make of it (a year before or after the time, a fraction, a zone name).
 */
import { type Header, skipSpaces } from './header.ts';

const SPACE = 0x20;
const COLON = 0x3a;
const DOT = 0x2e;
const COMMA = 0x2c;

/** Zone names in minutes: RFC 822's, and those in use that have one meaning only. */
const ZONES = new Map([
  ['GMT', 0],
  ['UTC', 0],
  ['UT', 0],
  ['Z', 0],
  ['EST', -300],
  ['EDT', -240],
  ['CST', -360],
  ['CDT', -300],
  ['MST', -420],
  ['MDT', -360],
  ['PST', -480],
  ['PDT', -420],
  ['WET', 0],
  ['WEST', 60],
  ['CET', 60],
  ['CEST', 120],
  ['MEZ', 60],
  ['MESZ', 120],
  ['EET', 120],
  ['EEST', 180],
  ['MSK', 180],
  ['JST', 540],
  ['AEST', 600],
  ['AEDT', 660],
  ['NZST', 720],
  ['NZDT', 780],
]);

/**
 * Reads a date and time at `at` into `header` and returns where it ends, -1 if there is none.
 * `strict` is RFC 5424's grammar. Loose allows a space or `t` for T, a comma, `-0700`, `-07` and no zone at all.
 */
export function readIso(bytes: Buffer, at: number, end: number, header: Header, strict: boolean): number {
  if (end - at < 19 || bytes[at + 4] !== 0x2d || bytes[at + 7] !== 0x2d) return -1;
  const separator = bytes[at + 10];
  if (separator !== 0x54 && (strict || (separator !== SPACE && separator !== 0x74))) return -1;
  const century = two(bytes, at);
  const years = two(bytes, at + 2);
  const month = two(bytes, at + 5);
  const day = two(bytes, at + 8);
  if (century < 0 || years < 0 || month < 0 || day < 0 || !readClock(bytes, at + 11, header)) return -1;
  let i = readFraction(bytes, at + 19, end, header, strict);
  if (i < 0) return -1;
  const zoneAt = i;
  i = readOffset(bytes, i, end, header, strict);
  if (i < 0 || (strict && i === zoneAt)) return -1;
  if (i < end && bytes[i] !== SPACE && (strict || bytes[i] !== COLON)) return -1;
  header.year = century * 100 + years;
  header.month = month;
  header.day = day;
  if (!isPossible(header)) return -1;
  faultLeapSecond(header);
  return i;
}

/**
 * Reads `Oct 11 22:14:15` and its variants at `from` and returns where it ends, -1 if there is none.
 * One that no calendar has (`Jan 32`) sets the header's error. `device`: what stands before it says that
 * it comes from a device that writes a zone name and a colon after it.
 */
export function readBsd(bytes: Buffer, from: number, end: number, header: Header, device: boolean): number {
  const yearFirst = bytes[from + 4] === SPACE && isYear(bytes, from, end);
  const at = yearFirst ? skipSpaces(bytes, from + 5, end) : from;
  if (end - at < 14 || bytes[at + 3] !== SPACE) return -1;
  const month = monthAt(bytes, at);
  if (month === 0) return -1;
  let i = skipSpaces(bytes, at + 4, end);
  const dayAt = i;
  const day = number(bytes, i, end, 2);
  if (day < 0) return -1;
  i += digits(bytes, dayAt, end, 2);
  if (bytes[i] !== SPACE) return -1;
  i = skipSpaces(bytes, i, end);
  let year = yearFirst ? number(bytes, from, end, 4) : -1;
  if (!yearFirst && isYear(bytes, i, end)) {
    year = number(bytes, i, end, 4);
    i = skipSpaces(bytes, i + 4, end);
  }
  if (end - i < 8 || !readClock(bytes, i, header)) return -1;
  i = readFraction(bytes, i + 8, end, header, false);
  if (year < 0 && bytes[i] === SPACE && isYear(bytes, i + 1, end)) {
    year = number(bytes, i + 1, end, 4);
    i += 5;
  }
  header.offset = NaN;
  const zoned = readOffset(bytes, i, end, header, false);
  i = zoned > i ? zoned : readZoneName(bytes, i, end, header, device || yearFirst);
  if (i < end && bytes[i] === COLON) i += 1;
  if (i < end && bytes[i] !== SPACE) return -1;
  header.year = year;
  header.month = month;
  header.day = day;
  if (isPossible(header)) faultLeapSecond(header);
  else header.fault('the time stamp is not a time that exists');
  return i;
}

/** It is read as the second after it. RFC 5424 has none (6.2.3). */
function faultLeapSecond(header: Header): void {
  if (header.second === 60) header.fault('the time stamp has a leap second');
}

/** `GMT:` after the time, which Cisco devices write; a name that is not RFC 822's is passed over. */
function readZoneName(bytes: Buffer, at: number, end: number, header: Header, device: boolean): number {
  if (bytes[at] !== SPACE) return at;
  let i = at + 1;
  while (i < end && i - at <= 5 && isLetter(bytes[i]!)) i += 1;
  if (i === at + 1 || i >= end || bytes[i] !== COLON) return at;
  if (!device && !(bytes[i + 1] === SPACE && i + 2 < end && bytes[i + 2] === 0x25)) return at;
  const name = bytes.toString('latin1', at + 1, i);
  const offset = ZONES.get(name.toUpperCase());
  // Small letters that name no zone are a host name.
  if (offset === undefined && name !== name.toUpperCase()) return at;
  header.offset = offset ?? NaN;
  return i;
}

/** The minutes that a zone's name in capitals stands for; NaN where it is not one. */
export function zoneNamed(bytes: Buffer, start: number, end: number): number {
  if (end - start < 2 || end - start > 4) return NaN;
  return ZONES.get(bytes.toString('latin1', start, end)) ?? NaN;
}

/**
 * `1563249630.774247467`, seconds since 1970, which some devices write where RFC 5424 has its time
 * stamp. Returns where it ends, -1 if there is none.
 */
export function readEpoch(bytes: Buffer, at: number, end: number, header: Header): number {
  if (digits(bytes, at, end, 11) !== 10) return -1;
  const i = readFraction(bytes, at + 10, end, header, false);
  if (i < end && bytes[i] !== SPACE) return -1;
  const date = new Date(number(bytes, at, end, 10) * 1_000);
  header.year = date.getUTCFullYear();
  header.month = date.getUTCMonth() + 1;
  header.day = date.getUTCDate();
  header.hour = date.getUTCHours();
  header.minute = date.getUTCMinutes();
  header.second = date.getUTCSeconds();
  header.offset = 0;
  return i;
}

/** Bytes after `time=` that are looked at for the zone. */
const ZONE_WITHIN = 1_024;

/**
 * Fortinet's `date=2023-03-05 time=10:00:00 … tz="+0100"`, with or without quotes. True if it is
 * there; the text is left to the message.
 */
export function readKeyedTime(bytes: Buffer, at: number, end: number, header: Header): boolean {
  if (end - at < 29 || bytes.toString('latin1', at, at + 5) !== 'date=') return false;
  let i = bytes[at + 5] === 0x22 ? at + 6 : at + 5;
  const dateAt = i;
  i += 10;
  if (bytes[i] === 0x22) i += 1;
  if (bytes.toString('latin1', i, i + 6) !== ' time=') return false;
  i += bytes[i + 6] === 0x22 ? 7 : 6;
  if (end - i < 8 || bytes[dateAt + 4] !== 0x2d || bytes[dateAt + 7] !== 0x2d || !readClock(bytes, i, header))
    return false;
  header.year = number(bytes, dateAt, end, 4);
  header.month = two(bytes, dateAt + 5);
  header.day = two(bytes, dateAt + 8);
  header.millisecond = 0;
  header.offset = NaN;
  const zone = / tz="?([+-])(\d\d):?(\d\d)/.exec(bytes.toString('latin1', i, Math.min(end, i + ZONE_WITHIN)));
  if (zone) header.offset = (zone[1] === '-' ? -1 : 1) * (Number(zone[2]) * 60 + Number(zone[3]));
  return header.year >= 0 && isPossible(header);
}

/** `2023-02-30T…`: looks like a time stamp, and could not be read as one. */
export function isDate(bytes: Buffer, at: number, end: number): boolean {
  return (
    end - at >= 19 &&
    bytes[at + 4] === 0x2d &&
    bytes[at + 7] === 0x2d &&
    (bytes[at + 10] === 0x54 || bytes[at + 10] === SPACE) &&
    bytes[at + 13] === COLON &&
    bytes[at + 16] === COLON &&
    digits(bytes, at, end, 4) === 4 &&
    digits(bytes, at + 17, end, 2) === 2
  );
}

/** `22:14:15`; the caller has seen to it that eight bytes are there. */
function readClock(bytes: Buffer, at: number, header: Header): boolean {
  if (bytes[at + 2] !== COLON || bytes[at + 5] !== COLON) return false;
  const hour = two(bytes, at);
  const minute = two(bytes, at + 3);
  const second = two(bytes, at + 6);
  if (hour < 0 || minute < 0 || second < 0) return false;
  header.hour = hour;
  header.minute = minute;
  header.second = second;
  return true;
}

function readFraction(bytes: Buffer, at: number, end: number, header: Header, strict: boolean): number {
  header.millisecond = 0;
  const byte = at < end ? bytes[at] : SPACE;
  if (byte !== DOT && (strict || byte !== COMMA)) return at;
  let i = at + 1;
  let scale = 100;
  while (i < end && isDigit(bytes[i]!)) {
    header.millisecond += (bytes[i]! - 0x30) * scale;
    scale = scale === 100 ? 10 : scale === 10 ? 1 : 0;
    i += 1;
  }
  return strict && i === at + 1 ? -1 : i;
}

/** `Z`, `+02:00`, and loosely `+0200`, `+02`, `Z+00` and nothing. */
function readOffset(bytes: Buffer, at: number, end: number, header: Header, strict: boolean): number {
  header.offset = NaN;
  let i = at;
  const byte = i < end ? bytes[i]! : SPACE;
  if (byte === 0x5a || (!strict && byte === 0x7a)) {
    header.offset = 0;
    i += 1;
    if (strict || i >= end || (bytes[i] !== 0x2b && bytes[i] !== 0x2d)) return i;
  } else if (byte !== 0x2b && byte !== 0x2d) {
    return i;
  }
  const sign = bytes[i] === 0x2d ? -1 : 1;
  i += 1;
  const hours = number(bytes, i, end, 2);
  if (digits(bytes, i, end, 3) < 2 || hours > 23) return -1;
  i += 2;
  const colon = i < end && bytes[i] === COLON && end - i >= 3 && digits(bytes, i + 1, end, 2) === 2;
  let minutes = 0;
  if (colon || (!strict && digits(bytes, i, end, 2) === 2)) {
    minutes = two(bytes, colon ? i + 1 : i);
    i += colon ? 3 : 2;
  } else if (strict) {
    return -1;
  }
  if (minutes > 59) return -1;
  if (Number.isNaN(header.offset)) header.offset = sign * (hours * 60 + minutes);
  return i;
}

/** Whether a calendar and a clock have it; a leap second they have. */
export function isPossible(header: Header): boolean {
  const { year, month, day, hour, minute, second } = header;
  return (
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysIn(month, year) &&
    hour <= 23 &&
    minute <= 59 &&
    (second <= 59 || (second === 60 && minute === 59))
  );
}

/** Days in a month from 1 to 12; February has 29 where the year is not known. */
export function daysIn(month: number, year: number): number {
  if (month === 2) return year < 0 || (year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** 1 to 12 for a month's English short name in any case, else 0. */
function monthAt(bytes: Buffer, at: number): number {
  const name = ((bytes[at]! | 0x20) << 16) | ((bytes[at + 1]! | 0x20) << 8) | (bytes[at + 2]! | 0x20);
  switch (name) {
    case 0x6a616e:
      return 1;
    case 0x666562:
      return 2;
    case 0x6d6172:
      return 3;
    case 0x617072:
      return 4;
    case 0x6d6179:
      return 5;
    case 0x6a756e:
      return 6;
    case 0x6a756c:
      return 7;
    case 0x617567:
      return 8;
    case 0x736570:
      return 9;
    case 0x6f6374:
      return 10;
    case 0x6e6f76:
      return 11;
    case 0x646563:
      return 12;
    default:
      return 0;
  }
}

/** Four digits from 1970 to 2099, and after them, or after a colon, a space or the end. */
function isYear(bytes: Buffer, at: number, end: number): boolean {
  if (digits(bytes, at, end, 5) !== 4) return false;
  const year = number(bytes, at, end, 4);
  // `2001:db8::1` is an address.
  const after = at + 4 < end && bytes[at + 4] === COLON ? at + 5 : at + 4;
  return year >= 1970 && year <= 2099 && (after >= end || bytes[after] === SPACE);
}

/** How many digits stand at `at`, at most `most`. */
export function digits(bytes: Buffer, at: number, end: number, most: number): number {
  let count = 0;
  while (count < most && at + count < end && isDigit(bytes[at + count]!)) count += 1;
  return count;
}

/** The value of up to `most` digits at `at`; -1 if there is none. */
export function number(bytes: Buffer, at: number, end: number, most: number): number {
  const count = digits(bytes, at, end, most);
  let value = count === 0 ? -1 : 0;
  for (let i = 0; i < count; i += 1) value = value * 10 + bytes[at + i]! - 0x30;
  return value;
}

function two(bytes: Buffer, at: number): number {
  const tens = bytes[at]! - 0x30;
  const ones = bytes[at + 1]! - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isLetter(byte: number): boolean {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}
