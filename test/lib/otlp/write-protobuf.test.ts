import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { AnyValue, LogsRequest } from '../../../src/lib/otlp/model.ts';
import { readFields } from '../../../src/lib/otlp/read-protobuf.ts';
import { writeLogs } from '../../../src/lib/otlp/write-protobuf.ts';

const conformance = new URL('../../../../shared/conformance/', import.meta.url);

test.skipIf(!existsSync(new URL('otlp-logs.pb', conformance)))('writes byte for byte what protoc does', () => {
  const request = JSON.parse(readFileSync(new URL('otlp-logs.json', conformance), 'utf8')) as LogsRequest;
  expect(writeLogs(request).toString('hex')).toBe(readFileSync(new URL('otlp-logs.pb', conformance)).toString('hex'));
});

const record = (body: AnyValue) => ({
  timeUnixNano: '1',
  observedTimeUnixNano: '2',
  severityNumber: 9,
  severityText: 'info',
  body,
  attributes: [],
});

const requestOf = (body: AnyValue): LogsRequest => ({
  resourceLogs: [{ resource: { attributes: [] }, scopeLogs: [{ logRecords: [record(body)] }] }],
});

/** The bytes of the AnyValue, from a request with one record. */
function bodyBytes(body: AnyValue): string {
  let bytes = writeLogs(requestOf(body));
  for (const field of [1, 2, 2, 5]) bytes = readFields(bytes).get(field) as Buffer;
  return bytes.toString('hex');
}

// Worked out by hand from https://protobuf.dev/programming-guides/encoding/.
test.for<[AnyValue, string]>([
  [{}, ''],
  [{ stringValue: '' }, '0a00'],
  [{ stringValue: 'aä😀' }, '0a0761c3a4f09f9880'],
  [{ boolValue: false }, '1000'],
  [{ boolValue: true }, '1001'],
  [{ intValue: '0' }, '1800'],
  [{ intValue: '150' }, '189601'],
  [{ intValue: '9007199254740991' }, '18ffffffffffffff0f'],
  [{ intValue: '9223372036854775807' }, '18ffffffffffffffff7f'],
  [{ intValue: '-1' }, '18ffffffffffffffffff01'],
  [{ intValue: '-9223372036854775808' }, '1880808080808080808001'],
  [{ doubleValue: 1.5 }, '21000000000000f83f'],
  [{ arrayValue: { values: [{ intValue: '1' }, {}, { stringValue: 'b' }] } }, '2a0b0a0218010a000a030a0162'],
  [{ kvlistValue: { values: [{ key: 'k', value: { boolValue: true } }] } }, '32090a070a016b12021001'],
])('%o is %s', ([value, hex]) => {
  expect(bodyBytes(value)).toBe(hex);
});

test('a value larger than the buffer it starts with is whole', () => {
  const text = 'ä'.repeat(100_000);
  const bytes = bodyBytes({
    arrayValue: { values: [{ stringValue: 'first' }, { stringValue: text }, { stringValue: 'last' }] },
  });
  expect(Buffer.from(bytes, 'hex').toString()).toContain(text);
  expect(bytes.startsWith('2a')).toBe(true);
  expect(bytes.endsWith(Buffer.from('last').toString('hex'))).toBe(true);
});

test('reading stops at what is malformed', () => {
  expect(readFields(Buffer.from('0805', 'hex'))).toEqual(new Map([[1, 5]]));
  expect(readFields(Buffer.from('08ffffffffffffffffffffff', 'hex')).size).toBe(0);
  expect(readFields(Buffer.from('0a05ab', 'hex')).size).toBe(0);
  expect(readFields(Buffer.from('0f', 'hex')).size).toBe(0);
  expect(readFields(Buffer.from('0900000000000000000d000000001007', 'hex'))).toEqual(new Map([[2, 7]]));
});
