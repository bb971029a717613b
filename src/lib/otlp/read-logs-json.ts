/**
 * The log records of an ExportLogsServiceRequest in JSON, one by one. Unknown keys are passed over;
 * a known one of the wrong type makes the request malformed.
 *
 * https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
import { newMetadata, type Metadata } from '../../component/event.ts';
import { exactJson } from './json-text.ts';
import {
  integer,
  MalformedLogs,
  MAX_KEYS,
  MAX_VALUE_DEPTH,
  TOO_DEEP,
  tooManyKeys,
  type Received,
  type ReceivedRecord,
  type ReceivedScope,
} from './received.ts';

/** Each level of a value is four of JSON, and seven are above a record's. */
const LIMITS = { depth: 4 * MAX_VALUE_DEPTH + 8, keys: MAX_KEYS };

const MAX_UINT64 = 2n ** 64n - 1n;
const MAX_INT64 = 2n ** 63n - 1n;

type Json = Readonly<Record<string, unknown>>;

/** Throws a MalformedLogs where the bytes are no such request. */
export function readLogsJson(bytes: Buffer): Generator<ReceivedRecord, void, void> {
  return readLogsText(logsText(bytes));
}

/** The first half of `readLogsJson`: a text that is safe to parse. 10 MB take 80 ms, and parsing them 200: let others have a turn between. */
export function logsText(bytes: Buffer): string {
  return exactJson(bytes, LIMITS);
}

/** The second half of `readLogsJson`. */
export function* readLogsText(text: string): Generator<ReceivedRecord, void, void> {
  for (const entry of list(parsed(text), 'resourceLogs')) {
    const resource: Received = { attributes: attributesOf(child(entry, 'resource')) };
    for (const group of list(entry, 'scopeLogs')) {
      const scope = scopeOf(child(group, 'scope'));
      for (const record of list(group, 'logRecords')) yield recordOf(record, resource, scope);
    }
  }
}

function parsed(text: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text);
  } catch (error) {
    throw new MalformedLogs(`this is no JSON: ${(error as Error).message}`);
  }
  return object(value, 'the body');
}

function recordOf(json: Json, resource: Received, scope: ReceivedScope): ReceivedRecord {
  return {
    resource,
    scope,
    time: uint64(json, 'timeUnixNano'),
    observedTime: uint64(json, 'observedTimeUnixNano'),
    severityNumber: severityNumber(json['severityNumber']),
    severityText: text(json, 'severityText'),
    body: json['body'] === undefined || json['body'] === null ? undefined : valueOf(json['body'], 0),
    attributes: attributesOf(json),
    traceId: text(json, 'traceId').toLowerCase(),
    spanId: text(json, 'spanId').toLowerCase(),
    flags: Number(uint64(json, 'flags')),
    eventName: text(json, 'eventName'),
  };
}

function scopeOf(json: Json): ReceivedScope {
  return { name: text(json, 'name'), version: text(json, 'version'), attributes: attributesOf(json) };
}

function attributesOf(json: Json): Metadata {
  return mapOf(list(json, 'attributes'), 0);
}

function mapOf(pairs: readonly Json[], depth: number): Metadata {
  if (pairs.length > MAX_KEYS) throw tooManyKeys();
  const map = newMetadata();
  for (const pair of pairs) map[text(pair, 'key')] = valueOf(pair['value'] ?? {}, depth);
  return map;
}

/** Null where it has none of the kinds of values. */
function valueOf(value: unknown, depth: number): unknown {
  if (depth >= MAX_VALUE_DEPTH) return TOO_DEEP;
  const json = object(value, 'a value');
  const { stringValue, boolValue, intValue, doubleValue, arrayValue, kvlistValue, bytesValue } = json;
  if (stringValue !== undefined) return text(json, 'stringValue');
  if (boolValue !== undefined) {
    if (typeof boolValue !== 'boolean') throw wrong('boolValue', 'true or false');
    return boolValue;
  }
  if (intValue !== undefined) return integer(int64(intValue));
  if (doubleValue !== undefined) return double(doubleValue);
  if (arrayValue !== undefined)
    return list(object(arrayValue, 'arrayValue'), 'values').map((item) => valueOf(item, depth + 1));
  if (kvlistValue !== undefined) return mapOf(list(object(kvlistValue, 'kvlistValue'), 'values'), depth + 1);
  return bytesValue === undefined ? null : text(json, 'bytesValue');
}

function object(value: unknown, name: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(name, 'an object');
  return value as Json;
}

function child(json: Json, key: string): Json {
  const value = json[key];
  return value === undefined || value === null ? {} : object(value, key);
}

function list(json: Json, key: string): readonly Json[] {
  const value = json[key];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw wrong(key, 'an array');
  for (const item of value as unknown[]) object(item, `an item of ${key}`);
  return value as Json[];
}

function text(json: Json, key: string): string {
  const value = json[key];
  if (value === undefined || value === null) return '';
  // Long digits were put in quotes before the parser came; a short number in a text's place is wrong.
  if (typeof value !== 'string') throw wrong(key, 'a string');
  return value;
}

/** Without a severity number it is 0; its name is against the rules, and clear. */
function severityNumber(value: unknown): number {
  if (value === undefined || value === null) return 0;
  const number = typeof value === 'string' ? numberOfName(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number)) throw wrong('severityNumber', 'an integer');
  return number;
}

const NAMES = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

function numberOfName(name: string): number {
  if (/^\d{1,2}$/.test(name)) return Number(name);
  const [, severity = '', step = '1'] = /^SEVERITY_NUMBER_([A-Z]+)([234])?$/.exec(name) ?? [];
  const index = NAMES.indexOf(severity);
  return index < 0 ? 0 : 4 * index + Number(step);
}

function uint64(json: Json, key: string): bigint {
  const value = json[key];
  if (value === undefined || value === null) return 0n;
  const number = bigint(value);
  if (number === undefined || number < 0n || number > MAX_UINT64) throw wrong(key, 'a 64-bit integer from 0 up');
  return number;
}

function int64(value: unknown): bigint {
  const number = bigint(value);
  if (number === undefined || number > MAX_INT64 || number < -MAX_INT64 - 1n)
    throw wrong('intValue', 'a 64-bit integer');
  return number;
}

function bigint(value: unknown): bigint | undefined {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : undefined;
  return typeof value === 'string' && /^-?\d{1,20}$/.test(value) ? BigInt(value) : undefined;
}

function double(value: unknown): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && (value === 'NaN' || !Number.isNaN(number))) return number;
  throw wrong('doubleValue', 'a number');
}

function wrong(name: string, what: string): MalformedLogs {
  return new MalformedLogs(`${name} must be ${what}`);
}
