/**
 * Events as OpenTelemetry log records.
 *
 * The message is the body and the metadata the attributes; what OTLP has no place for goes into
 * `lnmt.*` attributes. A record that came in as OTLP goes out with its severity, ids and resource.
 * https://opentelemetry.io/docs/specs/otel/logs/data-model/
 */
import { newMetadata, type Event, type Level } from '../../component/event.ts';
import type { AnyValue, KeyValue, LogRecord, LogsRequest, Scope } from '../../lib/otlp/model.ts';
import { levelOfSeverity, SEVERITIES, severityNumber } from '../../lib/syslog/names.ts';

/** Metadata that has a place of its own in a record or its resource. */
const PLACED = new Set([
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

/** A request with these events, put together by the resource and scope they come from. */
export function logsRequest(events: readonly Event[]): LogsRequest {
  const resources = new Map<
    string,
    { attributes: KeyValue[]; scopes: Map<string, { scope: Scope | undefined; logRecords: LogRecord[] }> }
  >();
  for (const event of events) {
    const { resource: given, scope: givenScope, hostname } = event.metadata;
    const key = `${event.source}\n${typeof hostname === 'string' ? hostname : ''}\n${given === undefined ? '' : keyOf(given)}`;
    let resource = resources.get(key);
    if (!resource) resources.set(key, (resource = { attributes: resourceOf(event), scopes: new Map() }));
    const scopeKey = givenScope === undefined ? '' : keyOf(givenScope);
    let scope = resource.scopes.get(scopeKey);
    if (!scope) resource.scopes.set(scopeKey, (scope = { scope: scopeOf(givenScope), logRecords: [] }));
    scope.logRecords.push(recordOf(event));
  }
  return {
    resourceLogs: Array.from(resources.values(), ({ attributes, scopes }) => ({
      resource: { attributes },
      scopeLogs: Array.from(scopes.values(), ({ scope, logRecords }) =>
        scope ? { scope, logRecords } : { logRecords },
      ),
    })),
  };
}

function recordOf(event: Event): LogRecord {
  const { metadata } = event;
  const time = nanoseconds(metadata['time_unix_nano'], event.timestamp);
  const traceId = hexId(metadata['trace_id'], 32);
  const spanId = hexId(metadata['span_id'], 16);
  const flags = metadata['trace_flags'];
  const eventName = metadata['event_name'];
  const structured = hasBody(event);
  return {
    timeUnixNano: time,
    observedTimeUnixNano: decimal(metadata['observed_time_unix_nano']) ?? time,
    ...severityOf(event),
    body: structured ? anyValue(metadata['body'], 0) : { stringValue: event.message },
    attributes: attributesOf(event, structured ? 'body' : undefined),
    ...(typeof flags === 'number' && flags >= 0 && flags < 2 ** 32 && { flags: Math.floor(flags) }),
    ...(traceId !== undefined && { traceId }),
    ...(spanId !== undefined && { spanId }),
    ...(typeof eventName === 'string' && eventName !== '' && { eventName }),
  };
}

/** Whether a body that came in as a map or a list can go out as one: the message still is its JSON. */
function hasBody({ message, metadata: { body } }: Event): boolean {
  return typeof body === 'object' && body !== null && JSON.stringify(body) === message;
}

function attributesOf(event: Event, except: string | undefined): KeyValue[] {
  const { metadata } = event;
  const attributes = [
    { key: 'lnmt.event_id', value: { stringValue: event.eventId } },
    { key: 'lnmt.event_type', value: { stringValue: event.eventType } },
  ] as KeyValue[];
  if (event.title !== '' && !event.message.startsWith(event.title)) {
    attributes.push({ key: 'lnmt.title', value: { stringValue: event.title } });
  }
  if (event.tags.length > 0) attributes.push({ key: 'lnmt.tags', value: anyValue(event.tags, 0) });
  for (const key of Object.keys(metadata))
    if (key !== except && !PLACED.has(key)) attributes.push({ key, value: anyValue(metadata[key], 0) });
  return attributes;
}

function resourceOf({ source, metadata }: Event): KeyValue[] {
  const resource = newMetadata();
  if (typeof metadata['resource'] === 'object') Object.assign(resource, metadata['resource']);
  if (source !== '') resource['service.name'] = source;
  const hostname = metadata['hostname'];
  if (typeof hostname === 'string' && hostname !== '') resource['host.name'] = hostname;
  return keyValues(resource, 0);
}

function scopeOf(given: unknown): Scope | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const { name, version, attributes, ...rest } = given as Readonly<Record<string, unknown>>;
  return {
    ...(typeof name === 'string' && { name }),
    ...(typeof version === 'string' && { version }),
    attributes: keyValues(typeof attributes === 'object' && attributes !== null ? attributes : rest, 0),
  };
}

/** As the logs data model's appendix maps syslog: emerg to debug. */
const NUMBER_OF_SEVERITY = [21, 19, 18, 17, 13, 10, 9, 5] as const;

const NUMBER_OF_LEVEL: Readonly<Record<Level, number>> = { debug: 5, info: 9, warning: 13, error: 17, critical: 21 };

/** The number it came with, or that of its syslog severity, as long as that still means its level. */
function severityOf({ level, metadata }: Event): { severityNumber: number; severityText: string } {
  const number = metadata['severity_number'];
  const text = metadata['severity_text'];
  if (typeof number === 'number' && levelOfNumber(number) === level) {
    return { severityNumber: number, severityText: typeof text === 'string' ? text : level };
  }
  const severity = severityNumber(metadata['severity']);
  return severity !== undefined && levelOfSeverity(severity) === level
    ? { severityNumber: NUMBER_OF_SEVERITY[severity]!, severityText: SEVERITIES[severity]! }
    : { severityNumber: NUMBER_OF_LEVEL[level], severityText: level };
}

function levelOfNumber(number: number): Level | undefined {
  if (!Number.isInteger(number) || number < 1 || number > 24) return undefined;
  return number <= 8 ? 'debug' : number <= 12 ? 'info' : number <= 16 ? 'warning' : number <= 20 ? 'error' : 'critical';
}

/** The time to the nanosecond, if it still is this event's time; else to the millisecond. */
function nanoseconds(given: unknown, timestamp: number): string {
  const exact = decimal(given);
  const milliseconds = Math.max(0, Math.floor(timestamp));
  if (exact !== undefined && exact.slice(0, -6) === String(milliseconds)) return exact;
  return milliseconds > 0 ? `${milliseconds}000000` : '0';
}

function decimal(value: unknown): string | undefined {
  const text = typeof value === 'bigint' ? value.toString() : value;
  // 64 bits end at 20 digits; times that fit 19 end in 2286.
  return typeof text === 'string' && /^\d{7,19}$/.test(text) ? text : undefined;
}

/** Ids of zeros mean none. */
function hexId(value: unknown, digits: number): string | undefined {
  return typeof value === 'string' && value.length === digits && /^(?=.*[1-9a-f])[\da-f]+$/i.test(value)
    ? value
    : undefined;
}

const MAX_DEPTH = 64;

function keyValues(values: object, depth: number): KeyValue[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: anyValue(value, depth) }));
}

function anyValue(value: unknown, depth: number): AnyValue {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return numberValue(value);
  if (typeof value === 'bigint') {
    return BigInt.asIntN(64, value) === value ? { intValue: value.toString() } : { stringValue: value.toString() };
  }
  if (typeof value !== 'object' || value === null) return {};
  if (depth >= MAX_DEPTH) return { stringValue: '[nested too deeply]' };
  return Array.isArray(value)
    ? { arrayValue: { values: value.map((item) => anyValue(item, depth + 1)) } }
    : { kvlistValue: { values: keyValues(value, depth + 1) } };
}

function numberValue(value: number): AnyValue {
  if (Number.isSafeInteger(value)) return { intValue: String(value) };
  // JSON has no NaN.
  return Number.isFinite(value) ? { doubleValue: value } : { stringValue: String(value) };
}

function keyOf(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? `${item}n` : item)) ?? '';
}
