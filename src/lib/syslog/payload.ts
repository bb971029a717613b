/**
 * What security devices and programs put into a syslog message as fields: CEF (ArcSight), LEEF
 * (QRadar), and JSON after `@cee:`. The message stays whole; the fields come beside it.
 *
 * An operator asks: where are they? In `metadata.cef`, `metadata.leef` and `metadata.cee`, such as
 * `metadata.cef.extension.src`.
 */
import { newMetadata, type Metadata } from '../../component/event.ts';
import { isDeepJson } from '../json-depth.ts';

export interface Payload {
  readonly name: 'cef' | 'leef' | 'cee';
  readonly fields: Metadata;
}

/** More of them are left out. */
const MAX_FIELDS = 512;

/** Deeper and longer JSON is left as text: parsing it takes seconds. */
const MAX_JSON = 262_144;
const MAX_DEPTH = 64;

/** Undefined where the message is none of them, or not a well-formed one. Takes time linear in the message. */
export function readPayload(message: string): Payload | undefined {
  switch (message.charCodeAt(0)) {
    case 0x43:
      return message.startsWith('CEF:') ? cef(message) : undefined;
    case 0x4c:
      return message.startsWith('LEEF:') ? leef(message) : undefined;
    case 0x40:
      return message.startsWith('@cee:') ? cee(message) : undefined;
    default:
      return undefined;
  }
}

/** `CEF:0|Vendor|Product|1.0|100|Name|7|src=192.0.2.1 msg=A text with blanks`. */
function cef(message: string): Payload | undefined {
  const header = splitHeader(message, 4, 7);
  if (!header) return undefined;
  const [, vendor, product, version, id, name, severity] = header.parts;
  const fields = newMetadata();
  Object.assign(fields, { vendor, product, version, signature_id: id, name, severity });
  fields['extension'] = readExtension(message, header.end);
  return { name: 'cef', fields };
}

/** `LEEF:2.0|Vendor|Product|1.0|Id|^|src=192.0.2.1^sev=7`; without a delimiter, as in 1.0, the tab is it. */
function leef(message: string): Payload | undefined {
  const header = splitHeader(message, 5, 5);
  if (!header) return undefined;
  const [format, vendor, product, version, id] = header.parts;
  const written = format!.startsWith('2')
    ? /^(?:0?x([0-9a-f]{2,4})|([^=|]?))\|/i.exec(message.slice(header.end, header.end + 8))
    : null;
  const delimiter =
    written?.[1] === undefined ? written?.[2] || '\t' : String.fromCharCode(Number.parseInt(written[1], 16));
  const attributes = newMetadata();
  let room = MAX_FIELDS;
  for (const pair of message.slice(header.end + (written?.[0].length ?? 0)).split(delimiter, MAX_FIELDS * 2)) {
    const equals = pair.indexOf('=');
    if (equals <= 0 || room === 0) continue;
    attributes[pair.slice(0, equals).trim()] = pair.slice(equals + 1).trim();
    room -= 1;
  }
  const fields = newMetadata();
  Object.assign(fields, { vendor, product, version, event_id: id, attributes });
  return { name: 'leef', fields };
}

/** `@cee: {"msg": "…"}` (Lumberjack). */
function cee(message: string): Payload | undefined {
  if (message.length > MAX_JSON || isDeepJson(message, MAX_DEPTH)) return undefined;
  try {
    const value: unknown = JSON.parse(message.slice(5));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return { name: 'cee', fields: Object.assign(newMetadata(), value) };
  } catch {
    return undefined;
  }
}

/** The first `count` parts, each ended by a `|`, in which `\|` is the character itself. */
function splitHeader(message: string, from: number, count: number): { parts: string[]; end: number } | undefined {
  const parts: string[] = [];
  let start = from;
  for (let at = from; at < message.length && parts.length < count; at += 1) {
    const code = message.charCodeAt(at);
    if (code === 0x5c) at += 1;
    else if (code === 0x7c) {
      parts.push(unescape(message.slice(start, at)).trim());
      start = at + 1;
    }
  }
  return parts.length === count && /^\d/.test(parts[0]!) ? { parts, end: start } : undefined;
}

/** `key=value key=value`: a value goes on, blanks and all, to the word before the next `=`. */
function readExtension(message: string, from: number): Metadata {
  const fields = newMetadata();
  let room = MAX_FIELDS;
  let key = '';
  let value = from;
  let word = from;
  for (let at = from; at < message.length && room > 0; at += 1) {
    const code = message.charCodeAt(at);
    if (code === 0x5c) at += 1;
    else if (code === 0x20) word = at + 1;
    else if (code === 0x3d && word >= 0 && at > word && isKey(message, word, at)) {
      if (key !== '') {
        fields[key] = unescape(message.slice(value, word).trimEnd());
        room -= 1;
      }
      key = message.slice(word, at);
      value = at + 1;
      // A second `=` within the word belongs to its value.
      word = -1;
    }
  }
  if (key !== '' && room > 0) fields[key] = unescape(message.slice(value).trimEnd());
  return fields;
}

/** Letters, digits and `_ . - [ ]`, which vendors add to the standard's alphanumerics. */
function isKey(text: string, start: number, end: number): boolean {
  if (end - start > 128) return false;
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    const lower = code | 0x20;
    const isWord = (lower >= 0x61 && lower <= 0x7a) || (code >= 0x30 && code <= 0x39) || code === 0x5f;
    if (!isWord && code !== 0x2e && code !== 0x2d && code !== 0x5b && code !== 0x5d) return false;
  }
  return true;
}

/** `\|`, `\=`, `\\` and the line ends `\n`, `\r`; before anything else, as in a Windows path, the backslash stays. */
function unescape(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\([|=\\nr])/g, (_, escaped: string) =>
    escaped === 'n' ? '\n' : escaped === 'r' ? '\r' : escaped,
  );
}
