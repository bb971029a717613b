/**
 * CEF (ArcSight) and LEEF (QRadar), the two formats of security devices, also behind a syslog
 * header. The title is the event's name, the source the product, the type `security_event`.
 */
import { newMetadata, type Level, type Metadata } from '../../component/event.ts';
import type { Zone } from '../../lib/syslog/zone.ts';
import { titleOf } from '../../lib/title.ts';
import { numberOrText, textValue, type Parsed, type Parser, type ValueOf } from './parsed.ts';
import { deviceTime } from './times.ts';

/** A header may be in front of it, not a novel. */
const MAX_OFFSET = 1_024;

/** `CEF:0|Vendor|Product|1.0|100|Name|7|src=192.0.2.1 msg=A text with blanks`. */
export function cefParser(zone: Zone, numbers: boolean): Parser {
  const valueOf = numbers ? numberOrText : textValue;
  return (text) => {
    const header = headerOf(text, 'CEF:', 7);
    if (!header) return 'no CEF';
    const [version, vendor, product, productVersion, id, name, severity] = header.parts as Seven;
    const fields = newMetadata();
    fields['cef_version'] = version;
    fields['vendor'] = vendor;
    fields['product'] = product;
    fields['product_version'] = productVersion;
    fields['event_class_id'] = id;
    fields['severity_of_device'] = valueOf(severity);
    readExtension(fields, text, header.end, valueOf);
    const time = deviceTime(fields['rt'] ?? fields['end'] ?? fields['start'], zone);
    return described(fields, name === '' ? id : name, product, levelOfSeverity(severity), time);
  };
}

/** `LEEF:2.0|Vendor|Product|1.0|EventID|^|src=192.0.2.1^sev=7`; version 1.0 has no delimiter but the tab. */
export function leefParser(zone: Zone, numbers: boolean): Parser {
  const valueOf = numbers ? numberOrText : textValue;
  return (text) => {
    const header = headerOf(text, 'LEEF:', 5);
    if (!header) return 'no LEEF';
    const [version, vendor, product, productVersion, id] = header.parts as Seven;
    const fields = newMetadata();
    fields['leef_version'] = version;
    fields['vendor'] = vendor;
    fields['product'] = product;
    fields['product_version'] = productVersion;
    fields['leef_event_id'] = id;
    const { delimiter, start } = version.startsWith('2')
      ? delimiterAt(text, header.end)
      : { delimiter: '\t', start: header.end };
    for (const pair of text.slice(start).split(delimiter)) {
      const equals = pair.indexOf('=');
      const key = pair.slice(0, Math.max(0, equals)).trim();
      if (key !== '') fields[key] = valueOf(pair.slice(equals + 1).trim());
    }
    const time = deviceTime(fields['devTime'], zone);
    return described(fields, id, product, levelOfSeverity(String(fields['sev'] ?? '')), time);
  };
}

type Seven = [string, string, string, string, string, string, string];

function described(
  fields: Metadata,
  title: string,
  source: string,
  level: Level,
  timestamp: number | undefined,
): Parsed {
  return {
    fields,
    title: titleOf(title),
    ...(source !== '' && { source }),
    level,
    timestamp,
    eventType: 'security_event',
  };
}

/** The first parts between `|`s, in which `\|` is the character itself. */
function headerOf(text: string, mark: string, count: number): { parts: string[]; end: number } | undefined {
  const start = text.slice(0, MAX_OFFSET).indexOf(mark);
  if (start < 0) return undefined;
  const parts: string[] = [];
  let from = start + mark.length;
  for (let at = from; at < text.length && parts.length < count; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 92) at += 1;
    else if (code === 124) {
      parts.push(unescaped(text.slice(from, at)));
      from = at + 1;
    }
  }
  // Some devices leave the last `|` out where nothing follows it.
  if (parts.length === count - 1) {
    parts.push(unescaped(text.slice(from)));
    from = text.length;
  }
  return parts.length < count || !/^\d/.test(parts[0]!) ? undefined : { parts, end: from };
}

/** `key=value key=value`: a value goes on until the word before the next `=`. `\=` is the character itself. */
function readExtension(fields: Metadata, text: string, from: number, valueOf: ValueOf): void {
  let key = '';
  let valueStart = from;
  /** Where the word began that is a key if a `=` follows it. */
  let word = from;
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 92) at += 1;
    else if (code === 32) word = at + 1;
    else if (code === 61 && at > word) {
      const name = text.slice(word, at);
      if (!/^[\w.[\]-]{1,256}$/.test(name)) continue;
      if (key !== '') fields[key] = valueOf(unescaped(text.slice(valueStart, word).trimEnd()));
      key = name;
      valueStart = at + 1;
      // What follows belongs to the value up to the next blank.
      word = text.length;
    }
  }
  if (key !== '') fields[key] = valueOf(unescaped(text.slice(valueStart).trimEnd()));
}

/** LEEF 2.0: a character, or its number as `x09`. An empty one is the tab. */
function delimiterAt(text: string, from: number): { delimiter: string; start: number } {
  const end = text.indexOf('|', from);
  const written = end < 0 || end - from > 6 ? undefined : text.slice(from, end);
  if (written === undefined) return { delimiter: '\t', start: from };
  const hex = /^(?:0?x|\\u)([0-9a-f]{2,4})$/i.exec(written)?.[1];
  const delimiter = hex === undefined ? written : String.fromCharCode(Number.parseInt(hex, 16));
  return { delimiter: delimiter === '' ? '\t' : delimiter, start: end + 1 };
}

function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(.)/gs, (_, character: string) =>
    character === 'n' ? '\n' : character === 'r' ? '\r' : character,
  );
}

/** Both formats' scale from 0 to 10, or CEF's words for it. */
function levelOfSeverity(severity: string): Level {
  switch (severity.toLowerCase()) {
    case 'medium':
      return 'warning';
    case 'high':
      return 'error';
    case 'very-high':
      return 'critical';
    default: {
      const number = Number(severity);
      return number >= 9 ? 'critical' : number >= 7 ? 'error' : number >= 4 ? 'warning' : 'info';
    }
  }
}
