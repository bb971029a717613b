/**
 * Reads what devices send as RFC 3164: a BSD or ISO time stamp, a host name, a tag, a message, each
 * of which may be missing. Cisco's prefixes (`000104: host: *Mar 12 …`) are read too.
 *
 * An operator asks: why has this event no appname? Because a tag is a word that `:` or `[pid]`
 * follows; a bare word after the time stamp is the host name, and the rest is the message.
 */
import { endOfUptime, isMnemonic } from './cisco.ts';
import { keepStamp, readCommonForm } from './common-form.ts';
import { Header, skipSpaces } from './header.ts';
import { digits, isDate, isPossible, readBsd, readIso, readKeyedTime, zoneNamed } from './timestamp.ts';

const SPACE = 0x20;
const PERCENT = 0x25;
const STAR = 0x2a;
const DOT = 0x2e;
const SLASH = 0x2f;
const COLON = 0x3a;
const AT = 0x40;
const OPEN = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE = 0x5d;

/** Host names are at most this long (RFC 1035); bounds what is looked at for one. */
const MAX_HOST = 255;

/** Reads the message from `at`, after PRI. False if it has no header: the whole text is then the message. */
export function read3164(bytes: Buffer, at: number, end: number, header: Header): boolean {
  const start = skipSpaces(bytes, at, end);
  let i = readCommonForm(bytes, start, end, header);
  if (i >= 0) {
    header.message = i;
    return true;
  }
  i = readDevicePrefix(bytes, start, end, header);
  if (i < 0) {
    i = readStamp(bytes, start, end, header, false);
    if (i >= 0) keepStamp(bytes, start, i, header);
    else {
      if (header.priDefaulted) return false;
      header.stamped = readKeyedTime(bytes, start, end, header);
      if (isDate(bytes, start, end)) header.fault('the time stamp is not a time that exists');
      // PRI without a time stamp: a tag is still a tag, but no bare word is a host name.
      const tagged = start < end && isDigit(bytes[start]!) ? -1 : readTag(bytes, start, end, header);
      header.message = skipSpaces(bytes, tagged < 0 ? start : tagged, end);
      return true;
    }
  }
  i = skipSpaces(bytes, i, end);
  i = readHostAndTag(bytes, i, end, header);
  header.message = skipSpaces(bytes, i, end);
  return true;
}

function readStamp(bytes: Buffer, at: number, end: number, header: Header, device: boolean): number {
  let i = readBsd(bytes, at, end, header, device);
  if (i < 0) {
    i = readIso(bytes, at, end, header, false);
    if (i >= 0 && bytes[i] === COLON && i < end) i += 1;
  }
  // A leap second is a fault, and a time nevertheless.
  if (i >= 0) header.stamped = isPossible(header);
  return i;
}

/**
 * What Cisco devices put before the time stamp: sequence numbers, the host name, and a `*` or `.`
 * for a clock that is not set. Returns where what follows the time stamp begins; -1 if nothing of it is there.
 */
function readDevicePrefix(bytes: Buffer, at: number, end: number, header: Header): number {
  let i = at;
  for (let numbers = 0; numbers < 2; numbers += 1) {
    const count = lengthOfSequence(bytes, i, end);
    if (count === 0) break;
    if (numbers === 0) {
      header.sequence = i;
      header.sequenceEnd = i + count;
    }
    i = skipSpaces(bytes, i + count + 1, end);
  }
  const numbered = i > at;
  // Nexus: `<189>: 2023 Mar  5 …`; ASA in the EMBLEM format: `<166>:May 21 …`
  const colon = !numbered && i < end && bytes[i] === COLON;
  if (colon) i = skipSpaces(bytes, i + 1, end);
  const stamp = readMarkedStamp(bytes, i, end, header, numbered || colon);
  if (stamp >= 0) return stamp;
  const named = colon ? -1 : readNamedStamp(bytes, i, end, header, numbered);
  if (named >= 0) return named;
  if ((numbered || colon) && i < end && bytes[i] === PERCENT) return i;
  const uptime = endOfUptime(bytes, i, end);
  if (uptime >= 0) return uptime;
  header.sequence = header.sequenceEnd = 0;
  return -1;
}

/** How many digits stand before `: ` at `at`; 0 where there is no such number. */
function lengthOfSequence(bytes: Buffer, at: number, end: number): number {
  const count = digits(bytes, at, end, 20);
  return at + count + 1 < end && bytes[at + count] === COLON && bytes[at + count + 1] === SPACE ? count : 0;
}

function readMarkedStamp(bytes: Buffer, at: number, end: number, header: Header, numbered: boolean): number {
  const marked = at < end && (bytes[at] === STAR || bytes[at] === DOT);
  return marked || numbered ? readStamp(bytes, marked ? at + 1 : at, end, header, true) : -1;
}

/** `host: *Mar 12 …`, `host: 105: *Mar 12 …`, and IOS XR's `RP/0/RP0/CPU0:Dec 11 …`. */
function readNamedStamp(bytes: Buffer, at: number, end: number, header: Header, numbered: boolean): number {
  const limit = Math.min(end, at + MAX_HOST);
  let i = at;
  while (i < limit && bytes[i]! > SPACE && bytes[i] !== COLON) i += 1;
  if (i === at || i >= limit || bytes[i] !== COLON || !isHost(bytes, at, i)) return -1;
  let after = skipSpaces(bytes, i + 1, end);
  const count = numbered ? lengthOfSequence(bytes, after, end) : 0;
  if (count > 0) after = skipSpaces(bytes, after + count + 1, end);
  const marked = after < end && (bytes[after] === STAR || bytes[after] === DOT);
  // `switch: 2023 Mar  5 …` of Nexus switches has the year first.
  if (!numbered && !marked && after > i + 1 && digits(bytes, after, end, 4) !== 4) return -1;
  const stamp = readStamp(bytes, marked ? after + 1 : after, end, header, true);
  if (stamp >= 0) {
    header.host = at;
    header.hostEnd = i;
  }
  return stamp;
}

function readHostAndTag(bytes: Buffer, at: number, end: number, header: Header): number {
  let i = at;
  if (header.hostEnd === header.host && !isLoneColon(bytes, i, end)) {
    i = passZone(bytes, i, end, header);
    const wordEnd = endOfWord(bytes, i, end);
    if (!isAddress(bytes, i, wordEnd)) {
      const tagged = readTag(bytes, i, end, header);
      if (tagged >= 0) return readMnemonic(bytes, tagged, end, header);
      if (wordEnd - i === 1 && bytes[i] === 0x2d) return wordEnd;
      if (!isHost(bytes, i, wordEnd)) return i;
    }
    header.host = i;
    header.hostEnd = wordEnd;
    // `2001:db8::4: text`, but not `2001:db8:: text`.
    if (bytes[wordEnd - 1] === COLON && bytes[wordEnd - 2] !== COLON) header.hostEnd -= 1;
    if (wordEnd - i > MAX_HOST) header.fault('the host name is longer than 255 bytes');
    i = skipSpaces(bytes, wordEnd, end);
  }
  if (isLoneColon(bytes, i, end)) i = skipSpaces(bytes, i + 1, end);
  i = readRelayed(bytes, i, end, header);
  const tagged = readTag(bytes, i, end, header);
  return tagged < 0 ? i : tagged;
}

/** `fw1: %ASA-6-302013: …`: what looked like the tag is the host name, and the mnemonic the tag. */
function readMnemonic(bytes: Buffer, tagged: number, end: number, header: Header): number {
  const at = skipSpaces(bytes, tagged, end);
  if (header.procEnd > 0 || !isMnemonic(bytes, at, end) || !isHost(bytes, header.app, header.appEnd)) return tagged;
  header.host = header.app;
  header.hostEnd = header.appEnd;
  const mnemonic = readTag(bytes, at, end, header);
  return mnemonic < 0 ? tagged : mnemonic;
}

/** `45: *Mar  1 18:46:11: %SYS-…` after a relay's time stamp and host name. The device's time is when it happened. */
function readRelayed(bytes: Buffer, at: number, end: number, header: Header): number {
  const count = lengthOfSequence(bytes, at, end);
  if (count === 0) return at;
  const after = skipSpaces(bytes, at + count + 1, end);
  let i = isMnemonic(bytes, after, end) ? after : endOfUptime(bytes, after, end);
  if (i < 0) {
    const device = new Header(at, end);
    i = readMarkedStamp(bytes, after, end, device, true);
    if (i < 0 || !device.stamped) return at;
    i = skipSpaces(bytes, i, end);
    if (!isMnemonic(bytes, i, end)) return at;
    header.takeTime(device);
  }
  header.sequence = at;
  header.sequenceEnd = at + count;
  return i;
}

/**
 * Passes over `CEST ` where a host name and a tag follow it, and no host name is missed for it.
 * Elsewhere such a word is a host name like any other.
 */
function passZone(bytes: Buffer, at: number, end: number, header: Header): number {
  const first = at < end ? bytes[at]! : 0;
  if (first < 0x41 || first > 0x5a || !Number.isNaN(header.offset)) return at;
  const wordEnd = endOfWord(bytes, at, Math.min(end, at + 5));
  const offset = zoneNamed(bytes, at, wordEnd);
  if (Number.isNaN(offset)) return at;
  const host = skipSpaces(bytes, wordEnd, end);
  const hostEnd = endOfWord(bytes, host, Math.min(end, host + MAX_HOST));
  if (!isHost(bytes, host, hostEnd) || bytes[hostEnd - 1] === COLON) return at;
  if (readTag(bytes, skipSpaces(bytes, hostEnd, end), end, header) < 0) return at;
  header.app = header.appEnd = header.proc = header.procEnd = 0;
  header.offset = offset;
  return host;
}

/** Reads `name:`, `name[pid]:` or `name[pid]` and returns where it ends; -1 if there is no tag at `at`. */
function readTag(bytes: Buffer, at: number, end: number, header: Header): number {
  if (at >= end || bytes[at] === AT) return -1;
  let i = at;
  let byte = 0;
  while (i < end && (byte = bytes[i]!) > SPACE && byte !== OPEN) {
    if (byte === COLON) {
      if (bytes[i + 1] !== COLON || i + 1 >= end) break;
      i += 1;
    }
    i += 1;
  }
  if (i === at || i >= end) return -1;
  byte = bytes[i]!;
  let after = -1;
  let pidEnd = 0;
  if (byte === OPEN) {
    pidEnd = i + 1;
    while (pidEnd < end && bytes[pidEnd] !== CLOSE && bytes[pidEnd]! > SPACE) pidEnd += 1;
    if (pidEnd >= end || bytes[pidEnd] !== CLOSE) return -1;
    after = pidEnd + 1;
    if (after < end && bytes[after] === COLON) after += 1;
    else if (pidEnd === i + 1 || (after < end && bytes[after]! > SPACE)) return -1;
  } else if (byte === COLON) {
    const spaced = i + 1 >= end || bytes[i + 1]! <= SPACE;
    if (spaced && isEventFormat(bytes, at, i) && digits(bytes, skipSpaces(bytes, i + 1, end), end, 1) === 1) return -1;
    if (!(spaced ? isName(bytes, at, i) : isTightName(bytes, at, i, end))) return -1;
    after = i + 1;
  } else if (bytes[at] === PERCENT && isLoneColon(bytes, i + 1, end)) {
    // Cisco: `%FTD-6-305012 : …`
    after = i + 2;
  } else {
    return -1;
  }
  header.app = at;
  header.appEnd = i;
  if (pidEnd > 0) {
    header.proc = i + 1;
    header.procEnd = pidEnd;
  }
  return after;
}

/** A name before `: `: no JSON, no key=value, no XML. */
function isName(bytes: Buffer, at: number, end: number): boolean {
  for (let i = at; i < end; i += 1) {
    const byte = bytes[i]!;
    // " < = > { }
    if (byte === 0x22 || (byte >= 0x3c && byte <= 0x3e) || byte === 0x7b || byte === 0x7d) return false;
  }
  return true;
}

/** A name before a colon that no space follows: must not be a scheme, a drive, a time, a Perl package, or CEF's and LEEF's prefix. */
function isTightName(bytes: Buffer, at: number, end: number, limit: number): boolean {
  const next = bytes[end + 1];
  if (end + 1 >= limit || next === SLASH || next === BACKSLASH) return false;
  let letters = 0;
  for (let i = at; i < end; i += 1) {
    const byte = bytes[i]!;
    const lower = byte | 0x20;
    if ((lower >= 0x61 && lower <= 0x7a) || byte >= 0x80) letters += 1;
    else if (!isDigit(byte) && !isNameMark(byte)) return false;
  }
  return letters > 0 && !(isDigit(next!) && isEventFormat(bytes, at, end));
}

/** # % ( ) + , - . / _ */
function isNameMark(byte: number): boolean {
  return (
    byte === 0x23 ||
    byte === PERCENT ||
    byte === 0x28 ||
    byte === 0x29 ||
    (byte >= 0x2b && byte <= SLASH) ||
    byte === 0x5f
  );
}

/** `CEF:0|`, `CEF: 0|` and `LEEF:1.0|` begin a message that parsers want whole. */
function isEventFormat(bytes: Buffer, at: number, end: number): boolean {
  const name = end - at > 4 ? '' : bytes.toString('latin1', at, end);
  return name === 'CEF' || name === 'LEEF';
}

/** A host name as devices write them, more widely than DNS: underscores, slashes and any non-ASCII letter. */
function isHost(bytes: Buffer, at: number, end: number): boolean {
  if (end === at) return false;
  const first = bytes[at]!;
  if (!isAlphanumeric(first)) return false;
  for (let i = at + 1; i < end; i += 1) {
    const byte = bytes[i]!;
    if (
      !isAlphanumeric(byte) &&
      !(byte >= 0x2d && byte <= SLASH) &&
      byte !== COLON &&
      byte !== 0x5f &&
      byte !== PERCENT
    )
      return false;
  }
  return true;
}

/** An IPv6 or a MAC address, whose colons would make a tag of it. */
function isAddress(bytes: Buffer, at: number, end: number): boolean {
  let colons = 0;
  for (let i = at; i < end; i += 1) {
    const byte = bytes[i]!;
    if (byte === COLON) colons += 1;
    else if (byte === PERCENT && colons >= 2) return true;
    else if (!isHex(byte) && byte !== DOT) return false;
  }
  return colons >= 2;
}

function isLoneColon(bytes: Buffer, at: number, end: number): boolean {
  return at < end && bytes[at] === COLON && (at + 1 >= end || bytes[at + 1] === SPACE);
}

function endOfWord(bytes: Buffer, at: number, end: number): number {
  let i = at;
  while (i < end && bytes[i]! > SPACE) i += 1;
  return i;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isHex(byte: number): boolean {
  const lower = byte | 0x20;
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x66);
}

function isAlphanumeric(byte: number): boolean {
  const lower = byte | 0x20;
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x7a) || byte >= 0x80;
}
