/**
 * An event as one syslog message, RFC 5424 or RFC 3164.
 *
 * What came in as syslog goes out with the header it had: its severity as long as that still means
 * the event's level, its facility, host, app name, process and message ids, its structured data.
 */
import type { Event, Metadata } from '../../component/event.ts';
import { facilityNumber, levelOfSeverity, severityNumber, severityOfLevel } from '../../lib/syslog/names.ts';
import { structuredData } from './structured-data.ts';

export interface Form {
  readonly format: 'rfc5424' | 'rfc3164';
  /** Of every event; undefined: the event's own, else local0. */
  readonly facility: number | undefined;
  /** Of every event; undefined: the event's own, else its source. */
  readonly appName: string | undefined;
  /** Of events that name no host. */
  readonly hostname: string;
  /** Whether the event's id, type, tags and metadata go along as structured data. */
  readonly eventFields: boolean;
  /** Line ends stay as they are: the framing counts octets. Else `#012`, as rsyslog writes them. */
  readonly keepLineEnds: boolean;
  readonly maxBytes: number;
  readonly text: (event: Event) => string;
}

const LOCAL0 = 16;

/** A function that writes events in this form. A message past `maxBytes` is cut there, at a character, and ends with `…`. */
export function formatter(form: Form): (event: Event) => string {
  const write = form.format === 'rfc5424' ? rfc5424 : rfc3164;
  const oneLine = form.keepLineEnds ? (text: string) => text : escapeLineEnds;
  return (event) => {
    const head = oneLine(write(event, form));
    const text = oneLine(form.text(event));
    return cut(text === '' ? head : `${head} ${text}`, form.maxBytes);
  };
}

function rfc5424(event: Event, form: Form): string {
  const { metadata } = event;
  const head =
    `<${priority(event, form)}>1 ${stamp(event.timestamp)} ${nameOr('-', host(metadata, form), 255)} ` +
    `${nameOr('-', appName(event, form), 48)} ${nameOr('-', text(metadata['procid']), 128)} ${nameOr('-', text(metadata['msgid']), 32)} `;
  const data = structuredData(event, form.eventFields);
  // Half an element would make the whole message unreadable.
  return (
    head + (Buffer.byteLength(data) + head.length > form.maxBytes / 2 ? structuredData(event, false, false) : data)
  );
}

/** RFC 3164, with the local time of this process, as syslog daemons write it. */
function rfc3164(event: Event, form: Form): string {
  const { metadata } = event;
  const procid = name(text(metadata['procid']), 128).replaceAll(/[[\]:]/g, '_');
  // A tag ends at a colon, bracket or blank: one inside would end it early.
  const tag = nameOr('-', appName(event, form), 48).replaceAll(/[[\]:]/g, '_');
  return (
    `<${priority(event, form)}>${localStamp(event.timestamp)} ${nameOr('-', host(metadata, form), 255)} ` +
    `${tag}${procid === '' ? '' : `[${procid}]`}:`
  );
}

function priority(event: Event, form: Form): number {
  const facility = form.facility ?? facilityNumber(event.metadata['facility']) ?? LOCAL0;
  const severity = severityNumber(event.metadata['severity']);
  const kept = severity !== undefined && levelOfSeverity(severity) === event.level;
  return facility * 8 + (kept ? severity : severityOfLevel(event.level));
}

function host(metadata: Metadata, form: Form): string {
  return text(metadata['hostname']) || form.hostname;
}

function appName(event: Event, form: Form): string {
  return form.appName ?? (text(event.metadata['appname']) || event.source);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

/** Header fields are printable US-ASCII without blanks: anything else becomes `_`. */
function name(value: string, maxLength: number): string {
  return value.slice(0, maxLength).replaceAll(/[^\x21-\x7e]/g, '_');
}

function nameOr(nil: string, value: string, maxLength: number): string {
  return value === '' ? nil : name(value, maxLength);
}

// Events of a batch mostly share their second; `toISOString` was a third of the time an event took.
let second = -1;
let upToSecond = '';

function stamp(timestamp: number): string {
  // RFC 3339 ends with the year 9999.
  if (!(timestamp >= 0 && timestamp < 253_402_300_800_000)) return '-';
  const wanted = Math.floor(timestamp / 1_000);
  if (wanted !== second) {
    second = wanted;
    upToSecond = new Date(wanted * 1_000).toISOString().slice(0, 20);
  }
  return `${upToSecond}${String(Math.floor(timestamp - wanted * 1_000)).padStart(3, '0')}Z`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function localStamp(timestamp: number): string {
  const time = new Date(timestamp);
  const two = (value: number): string => String(value).padStart(2, '0');
  return (
    `${MONTHS[time.getMonth()] ?? 'Jan'} ${String(time.getDate() || 1).padStart(2)} ` +
    `${two(time.getHours() || 0)}:${two(time.getMinutes() || 0)}:${two(time.getSeconds() || 0)}`
  );
}

function escapeLineEnds(text: string): string {
  return /[\n\r\0]/.test(text)
    ? text.replaceAll(/[\n\r\0]/g, (end) => (end === '\n' ? '#012' : end === '\r' ? '#015' : '#000'))
    : text;
}

function cut(text: string, maxBytes: number): string {
  // At most three bytes of UTF-8 a UTF-16 unit.
  if (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes) return text;
  const bytes = Buffer.from(text);
  let end = Math.max(0, maxBytes - 3);
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end -= 1;
  return `${bytes.toString('utf8', 0, end)}…`;
}
