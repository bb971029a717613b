/**
 * Logs as OTLP protobuf.
 *
 * Written from the end to the start: a message's length, which comes before it, is then known when
 * its turn comes, and nothing is measured first or copied afterwards.
 * https://protobuf.dev/programming-guides/encoding/
 */
import type { AnyValue, KeyValue, LogRecord, LogsRequest, ResourceLogs, Scope, ScopeLogs } from './model.ts';

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** The bytes of an ExportLogsServiceRequest. */
export function writeLogs(request: LogsRequest): Buffer {
  const writer = new BackwardWriter();
  each(writer, 1, request.resourceLogs, writeResourceLogs);
  return writer.written();
}

type Write<T> = (writer: BackwardWriter, value: T) => void;

/** A repeated message field. */
function each<T>(writer: BackwardWriter, field: number, values: readonly T[], write: Write<T>): void {
  for (let index = values.length - 1; index >= 0; index -= 1) nested(writer, field, values[index]!, write);
}

function nested<T>(writer: BackwardWriter, field: number, value: T, write: Write<T>): void {
  const before = writer.length;
  write(writer, value);
  writer.varint(writer.length - before);
  writer.tag(field, BYTES);
}

function writeResourceLogs(writer: BackwardWriter, { resource, scopeLogs }: ResourceLogs): void {
  each(writer, 2, scopeLogs, writeScopeLogs);
  nested(writer, 1, resource, (inner, { attributes }) => each(inner, 1, attributes, writeKeyValue));
}

function writeScopeLogs(writer: BackwardWriter, { scope, logRecords }: ScopeLogs): void {
  each(writer, 2, logRecords, writeLogRecord);
  if (scope) nested(writer, 1, scope, writeScope);
}

function writeScope(writer: BackwardWriter, { name, version, attributes }: Scope): void {
  if (attributes) each(writer, 3, attributes, writeKeyValue);
  if (version !== undefined) writer.text(2, version);
  if (name !== undefined) writer.text(1, name);
}

function writeLogRecord(writer: BackwardWriter, record: LogRecord): void {
  if (record.eventName !== undefined) writer.text(12, record.eventName);
  writer.fixed64(11, record.observedTimeUnixNano);
  if (record.spanId !== undefined) writer.hex(10, record.spanId);
  if (record.traceId !== undefined) writer.hex(9, record.traceId);
  if (record.flags !== undefined) writer.fixed32(8, record.flags);
  each(writer, 6, record.attributes, writeKeyValue);
  nested(writer, 5, record.body, writeAnyValue);
  writer.text(3, record.severityText);
  writer.varint(record.severityNumber);
  writer.tag(2, VARINT);
  writer.fixed64(1, record.timeUnixNano);
}

function writeKeyValue(writer: BackwardWriter, { key, value }: KeyValue): void {
  nested(writer, 2, value, writeAnyValue);
  writer.text(1, key);
}

function writeAnyValue(writer: BackwardWriter, value: AnyValue): void {
  if (value.stringValue !== undefined) writer.text(1, value.stringValue);
  else if (value.boolValue !== undefined) {
    writer.varint(value.boolValue ? 1 : 0);
    writer.tag(2, VARINT);
  } else if (value.intValue !== undefined) {
    writer.int64(value.intValue);
    writer.tag(3, VARINT);
  } else if (value.doubleValue !== undefined) writer.double(4, value.doubleValue);
  else if (value.arrayValue)
    nested(writer, 5, value.arrayValue, (inner, { values }) => each(inner, 1, values, writeAnyValue));
  else if (value.kvlistValue)
    nested(writer, 6, value.kvlistValue, (inner, { values }) => each(inner, 1, values, writeKeyValue));
}

/** Grows towards the front: what is written last comes first. */
export class BackwardWriter {
  #bytes = Buffer.allocUnsafe(16_384);
  /** Where the last byte was written; the next goes before it. */
  #at = this.#bytes.length;

  get length(): number {
    return this.#bytes.length - this.#at;
  }

  written(): Buffer {
    return this.#bytes.subarray(this.#at);
  }

  tag(field: number, wireType: number): void {
    this.varint(field * 8 + wireType);
  }

  /** A whole number from 0 to 2^53. */
  varint(value: number): void {
    let length = 1;
    for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length += 1;
    let at = this.#take(length);
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#bytes[at++] = (rest % 128) | 128;
    this.#bytes[at] = rest;
  }

  /** Negative numbers take ten bytes. */
  int64(decimal: string): void {
    const number = Number(decimal);
    if (number >= 0 && Number.isSafeInteger(number)) {
      this.varint(number);
      return;
    }
    const groups: number[] = [];
    let rest = BigInt.asUintN(64, BigInt(decimal));
    for (; rest >= 128n; rest >>= 7n) groups.push(Number(rest & 127n) | 128);
    groups.push(Number(rest));
    this.#bytes.set(groups, this.#take(groups.length));
  }

  text(field: number, text: string): void {
    const length = this.#ascii(text) ? text.length : this.#utf8(text);
    this.varint(length);
    this.tag(field, BYTES);
  }

  /** False, and nothing written, if the text is long or has other characters. Two calls into C++ cost more than 48 characters here. */
  #ascii(text: string): boolean {
    const { length } = text;
    if (length > 48) return false;
    const start = this.#take(length);
    const bytes = this.#bytes;
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index);
      if (code > 127) {
        this.#at += length;
        return false;
      }
      bytes[start + index] = code;
    }
    return true;
  }

  #utf8(text: string): number {
    const length = Buffer.byteLength(text);
    const at = this.#take(length);
    this.#bytes.write(text, at, 'utf8');
    return length;
  }

  hex(field: number, hex: string): void {
    const at = this.#take(hex.length / 2);
    this.#bytes.write(hex, at, 'hex');
    this.varint(hex.length / 2);
    this.tag(field, BYTES);
  }

  fixed32(field: number, value: number): void {
    const at = this.#take(4);
    this.#bytes.writeUInt32LE(value, at);
    this.tag(field, FIXED32);
  }

  fixed64(field: number, decimal: string): void {
    const at = this.#take(8);
    this.#bytes.writeBigUInt64LE(BigInt(decimal), at);
    this.tag(field, FIXED64);
  }

  double(field: number, value: number): void {
    const at = this.#take(8);
    this.#bytes.writeDoubleLE(value, at);
    this.tag(field, FIXED64);
  }

  #take(length: number): number {
    if (this.#at < length) {
      const used = this.length;
      const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, used + length));
      this.#bytes.copy(larger, larger.length - used, this.#at);
      this.#at = larger.length - used;
      this.#bytes = larger;
    }
    this.#at -= length;
    return this.#at;
  }
}
