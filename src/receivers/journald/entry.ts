/**
 * An entry of the journal as journalctl writes it in JSON, as the documented event.
 *
 * An operator asks: where are my own fields? In `metadata.journal`, under their names; those that
 * the journal itself adds (they begin with `_`) are left out, but for the ones that name the sender.
 */
import { randomUUID } from 'node:crypto';
import { type Event, type Metadata, newMetadata } from '../../component/event.ts';
import { eventTypeOfPri, FACILITIES, levelOfSeverity, SEVERITIES } from '../../lib/syslog/names.ts';
import { titleOf } from '../../lib/title.ts';

export interface Entry {
  readonly event: Event;
  /** Where in the journal it is; undefined where the line could not be read. */
  readonly cursor: string | undefined;
  /** Unix milliseconds. */
  readonly time: number;
}

const INFO = 6;
const USER = 1;

/** What a line says. One that is not JSON becomes an event all the same, flagged with `parse_error`. */
export function readEntry(line: string, now: number): Entry {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return unreadable(line, now);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return unreadable(line, now);
  const fields = new Map(Object.entries(value));
  const microseconds = Number(textOf(fields.get('__REALTIME_TIMESTAMP')) ?? NaN);
  const time = Number.isFinite(microseconds) ? Math.floor(microseconds / 1_000) : now;
  return { event: eventOf(fields, time), cursor: textOf(fields.get('__CURSOR')), time };
}

function eventOf(fields: ReadonlyMap<string, unknown>, timestamp: number): Event {
  const field = (name: string): string | undefined => textOf(fields.get(name));
  const severity = numberIn(field('PRIORITY'), SEVERITIES.length) ?? INFO;
  const facility = numberIn(field('SYSLOG_FACILITY'), FACILITIES.length);
  const hostname = field('_HOSTNAME');
  const appname = field('SYSLOG_IDENTIFIER') ?? field('_COMM');
  const unit = field('UNIT') ?? field('_SYSTEMD_UNIT');
  const message = field('MESSAGE') ?? '';
  const metadata = newMetadata();
  metadata['severity'] = SEVERITIES[severity];
  put(metadata, 'facility', facility === undefined ? undefined : FACILITIES[facility]);
  put(metadata, 'hostname', hostname);
  put(metadata, 'appname', appname);
  put(metadata, 'procid', field('SYSLOG_PID') ?? field('_PID'));
  put(metadata, 'unit', unit);
  const own = ownFields(fields);
  if (own) metadata['journal'] = own;
  return {
    eventId: randomUUID(),
    timestamp,
    eventType: eventTypeOfPri((facility ?? USER) * 8 + severity),
    level: levelOfSeverity(severity),
    source: appname ?? unit ?? hostname ?? 'journald',
    title: titleOf(message),
    message,
    metadata,
    tags: [],
  };
}

/** Those the program itself gave its entry, such as `CODE_FILE` or `MESSAGE_ID`. */
function ownFields(fields: ReadonlyMap<string, unknown>): Metadata | undefined {
  let own: Metadata | undefined;
  for (const [name, value] of fields) {
    if (name.startsWith('_') || name.startsWith('SYSLOG_') || name === 'MESSAGE' || name === 'PRIORITY') continue;
    (own ??= newMetadata())[name] = isBytes(value) ? textOf(value) : value;
  }
  return own;
}

function unreadable(line: string, now: number): Entry {
  const metadata = newMetadata();
  metadata['parse_error'] = 'the line of journalctl is no JSON object';
  const event: Event = {
    eventId: randomUUID(),
    timestamp: now,
    eventType: 'custom',
    level: 'info',
    source: 'journald',
    title: titleOf(line),
    message: line,
    metadata,
    tags: [],
  };
  return { event, cursor: undefined, time: now };
}

/** A field's text: as it is; from bytes where it is not UTF-8 or has control characters; the first where it is repeated. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (isBytes(value)) return Buffer.from(value).toString('utf8');
  return Array.isArray(value) ? textOf(value[0]) : undefined;
}

function isBytes(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'number');
}

function numberIn(text: string | undefined, count: number): number | undefined {
  const number = Number(text ?? NaN);
  return Number.isInteger(number) && number >= 0 && number < count ? number : undefined;
}

function put(metadata: Metadata, key: string, value: string | undefined): void {
  if (value !== undefined) metadata[key] = value;
}
