/**
 * A log record as the documented event: the body is the message, the attributes are the metadata.
 *
 * What the otlphttp exporter has put into `lnmt.*` attributes goes back to where it came from.
 */
import { randomUUID } from 'node:crypto';
import { newMetadata, type Event, type Level, type Metadata } from '../../component/event.ts';
import { levelOf } from '../../lib/level-names.ts';
import type { ReceivedRecord } from '../../lib/otlp/received.ts';
import { titleOf } from '../../lib/title.ts';

/** Metadata that is not an attribute's; an attribute of such a name is kept as `attribute.NAME`. */
const OWN = new Set([
  'body',
  'resource',
  'scope',
  'trace_id',
  'span_id',
  'trace_flags',
  'time_unix_nano',
  'observed_time_unix_nano',
  'severity_number',
  'severity_text',
  'event_name',
]);

const EVENT_TYPE = /^[a-z][a-z0-9_.-]{0,63}$/;

const NANOSECONDS = 1_000_000n;

/** 9999-12-31T23:59:59.999Z. */
const LAST = 253_402_300_799_999n;

/** `now` in Unix milliseconds, for a record that has no time. `warn` is told what was not kept as it came. */
export function eventOfRecord(record: ReceivedRecord, now: number, warn: (what: string) => void): Event {
  const metadata = newMetadata();
  const own = ownFields(record.attributes, metadata);
  const message = bodyOf(record.body, metadata);
  const title = own.title ?? titleOf(message !== '' ? message : record.eventName);
  contextOf(record, metadata, warn);
  return {
    eventId: own.eventId ?? randomUUID(),
    timestamp: timeOf(record, now, metadata),
    eventType: own.eventType ?? 'custom',
    level: severityOf(record, metadata),
    source: sourceOf(record.resource.attributes),
    title: title === '' ? 'log record without a body' : title,
    message,
    metadata,
    tags: own.tags ?? [],
  };
}

interface OwnFields {
  eventId?: string;
  eventType?: string;
  title?: string;
  tags?: string[];
}

/** Copies the attributes into the metadata, and gives those that are an event's fields. */
function ownFields(attributes: Metadata, metadata: Metadata): OwnFields {
  const own: OwnFields = {};
  for (const key in attributes) {
    const value = attributes[key];
    if (!key.startsWith('lnmt.')) metadata[OWN.has(key) ? `attribute.${key}` : key] = value;
    else if (key === 'lnmt.event_id' && typeof value === 'string' && value !== '' && value.length <= 256)
      own.eventId = value;
    else if (key === 'lnmt.event_type' && typeof value === 'string' && EVENT_TYPE.test(value)) own.eventType = value;
    else if (key === 'lnmt.title' && typeof value === 'string') own.title = value;
    else if (key === 'lnmt.tags' && isStrings(value)) own.tags = value;
    else metadata[key] = value;
  }
  return own;
}

/** A body that is no text is the message as JSON, and as it is in `metadata.body`. */
function bodyOf(body: unknown, metadata: Metadata): string {
  if (typeof body === 'string') return body;
  if (body === undefined || body === null) return '';
  metadata['body'] = body;
  return JSON.stringify(body);
}

/** Undecided numbers go by the text. */
function severityOf({ severityNumber, severityText }: ReceivedRecord, metadata: Metadata): Level {
  if (severityNumber !== 0) metadata['severity_number'] = severityNumber;
  if (severityText !== '') metadata['severity_text'] = severityText;
  if (severityNumber < 1 || severityNumber > 24) return levelOf(severityText) ?? 'info';
  if (severityNumber <= 8) return 'debug';
  if (severityNumber <= 12) return 'info';
  if (severityNumber <= 16) return 'warning';
  return severityNumber <= 20 ? 'error' : 'critical';
}

function timeOf({ time, observedTime }: ReceivedRecord, now: number, metadata: Metadata): number {
  const nanoseconds = time !== 0n ? time : observedTime;
  if (observedTime !== 0n && observedTime !== nanoseconds)
    metadata['observed_time_unix_nano'] = observedTime.toString();
  if (nanoseconds === 0n) return now;
  const milliseconds = nanoseconds / NANOSECONDS;
  if (milliseconds > LAST || nanoseconds % NANOSECONDS !== 0n) metadata['time_unix_nano'] = nanoseconds.toString();
  return Number(milliseconds > LAST ? LAST : milliseconds);
}

function contextOf(record: ReceivedRecord, metadata: Metadata, warn: (what: string) => void): void {
  const { resource, scope, flags, eventName } = record;
  if (hasKeys(resource.attributes)) metadata['resource'] = resource.attributes;
  if (scope.name !== '' || scope.version !== '' || hasKeys(scope.attributes)) metadata['scope'] = scopeOf(scope);
  const traceId = hexId(record.traceId, 32, 'trace', warn);
  const spanId = hexId(record.spanId, 16, 'span', warn);
  if (traceId !== '') metadata['trace_id'] = traceId;
  if (spanId !== '') metadata['span_id'] = spanId;
  if (flags !== 0) metadata['trace_flags'] = flags;
  if (eventName !== '') metadata['event_name'] = eventName;
}

const scopes = new WeakMap<object, Metadata>();

/** One object for all records of a scope. */
function scopeOf(scope: ReceivedRecord['scope']): Metadata {
  let metadata = scopes.get(scope);
  if (!metadata) {
    metadata = newMetadata();
    if (scope.name !== '') metadata['name'] = scope.name;
    if (scope.version !== '') metadata['version'] = scope.version;
    if (hasKeys(scope.attributes)) metadata['attributes'] = scope.attributes;
    scopes.set(scope, metadata);
  }
  return metadata;
}

function sourceOf(resource: Metadata): string {
  const name = resource['service.name'];
  return typeof name === 'string' && name !== '' ? name : 'otlp';
}

/** Empty for an id of zeros, which means none, and for one that is no id. */
function hexId(id: string, digits: number, name: string, warn: (what: string) => void): string {
  if (id === '') return '';
  if (id.length === digits && /^[0-9a-f]+$/.test(id)) return /^0+$/.test(id) ? '' : id;
  warn(`a ${name} id that is not ${digits} digits of hex`);
  return '';
}

function hasKeys(metadata: Metadata): boolean {
  for (const _ in metadata) return true;
  return false;
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
