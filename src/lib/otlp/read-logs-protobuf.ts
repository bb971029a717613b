/**
 * The log records of an ExportLogsServiceRequest in protobuf, one by one, without building the
 * message around them. Unknown fields are passed over.
 *
 * https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/logs/v1/logs.proto
 */
import { newMetadata, type Metadata } from '../../component/event.ts';
import { BYTES, Cursor, FIXED32, FIXED64, VARINT } from './protobuf-cursor.ts';
import {
  integer,
  MAX_KEYS,
  MAX_VALUE_DEPTH,
  TOO_DEEP,
  tooManyKeys,
  type Received,
  type ReceivedRecord,
  type ReceivedScope,
} from './received.ts';

/** Throws a MalformedLogs where the bytes are no such request. */
export function* readLogsProtobuf(bytes: Buffer): Generator<ReceivedRecord, void, void> {
  const request = new Cursor(bytes);
  while (request.next()) {
    if (request.is(1, BYTES)) yield* resourceLogs(request.message());
    else request.skip();
  }
}

/** The resource may come after what belongs to it, so that all fields are looked at before any is read. */
function* resourceLogs(message: Cursor): Generator<ReceivedRecord, void, void> {
  let resource: Received = { attributes: newMetadata() };
  const scopes: Cursor[] = [];
  while (message.next()) {
    if (message.is(1, BYTES)) resource = readResource(message.message());
    else if (message.is(2, BYTES)) scopes.push(message.message());
    else message.skip();
  }
  for (const scope of scopes) yield* scopeLogs(scope, resource);
}

function* scopeLogs(message: Cursor, resource: Received): Generator<ReceivedRecord, void, void> {
  let scope: ReceivedScope = { name: '', version: '', attributes: newMetadata() };
  const records: Cursor[] = [];
  while (message.next()) {
    if (message.is(1, BYTES)) scope = readScope(message.message());
    else if (message.is(2, BYTES)) records.push(message.message());
    else message.skip();
  }
  for (const record of records) yield readRecord(record, resource, scope);
}

function readResource(message: Cursor): Received {
  const attributes = newMetadata();
  const keys = new Keys();
  while (message.next()) {
    if (message.is(1, BYTES)) readKeyValue(message.message(), attributes, keys, 0);
    else message.skip();
  }
  return { attributes };
}

function readScope(message: Cursor): ReceivedScope {
  const scope = { name: '', version: '', attributes: newMetadata() };
  const keys = new Keys();
  while (message.next()) {
    if (message.is(1, BYTES)) scope.name = message.text();
    else if (message.is(2, BYTES)) scope.version = message.text();
    else if (message.is(3, BYTES)) readKeyValue(message.message(), scope.attributes, keys, 0);
    else message.skip();
  }
  return scope;
}

function readRecord(message: Cursor, resource: Received, scope: ReceivedScope): ReceivedRecord {
  const record = {
    resource,
    scope,
    time: 0n,
    observedTime: 0n,
    severityNumber: 0,
    severityText: '',
    body: undefined as unknown,
    attributes: newMetadata(),
    traceId: '',
    spanId: '',
    flags: 0,
    eventName: '',
  };
  const keys = new Keys();
  while (message.next()) {
    if (message.is(1, FIXED64)) record.time = message.fixed64();
    else if (message.is(2, VARINT)) record.severityNumber = message.number();
    else if (message.is(3, BYTES)) record.severityText = message.text();
    else if (message.is(5, BYTES)) record.body = readValue(message.message(), 0);
    else if (message.is(6, BYTES)) readKeyValue(message.message(), record.attributes, keys, 0);
    else if (message.is(8, FIXED32)) record.flags = message.fixed32();
    else if (message.is(9, BYTES)) record.traceId = message.bytes('hex');
    else if (message.is(10, BYTES)) record.spanId = message.bytes('hex');
    else if (message.is(11, FIXED64)) record.observedTime = message.fixed64();
    else if (message.is(12, BYTES)) record.eventName = message.text();
    else message.skip();
  }
  return record;
}

/** Counts what is set in an object: a map of a million keys would take a second. */
class Keys {
  #count = 0;

  another(): void {
    this.#count += 1;
    if (this.#count > MAX_KEYS) throw tooManyKeys();
  }
}

function readKeyValue(message: Cursor, into: Metadata, keys: Keys, depth: number): void {
  let key = '';
  let value: unknown = null;
  while (message.next()) {
    if (message.is(1, BYTES)) key = message.text();
    else if (message.is(2, BYTES)) value = readValue(message.message(), depth);
    else message.skip();
  }
  keys.another();
  into[key] = value ?? null;
}

/** Null where it has none of the kinds of values. */
function readValue(message: Cursor, depth: number): unknown {
  if (depth >= MAX_VALUE_DEPTH) return TOO_DEEP;
  let value: unknown = null;
  while (message.next()) {
    if (message.is(1, BYTES)) value = message.text();
    else if (message.is(2, VARINT)) value = message.number() !== 0;
    else if (message.is(3, VARINT)) value = integer(message.int64());
    else if (message.is(4, FIXED64)) value = message.double();
    else if (message.is(5, BYTES)) value = readList(message.message(), depth + 1);
    else if (message.is(6, BYTES)) value = readMap(message.message(), depth + 1);
    else if (message.is(7, BYTES)) value = message.bytes('base64');
    else message.skip();
  }
  return value;
}

function readList(message: Cursor, depth: number): unknown[] {
  const values: unknown[] = [];
  while (message.next()) {
    if (message.is(1, BYTES)) values.push(readValue(message.message(), depth));
    else message.skip();
  }
  return values;
}

function readMap(message: Cursor, depth: number): Metadata {
  const map = newMetadata();
  const keys = new Keys();
  while (message.next()) {
    if (message.is(1, BYTES)) readKeyValue(message.message(), map, keys, depth);
    else message.skip();
  }
  return map;
}
