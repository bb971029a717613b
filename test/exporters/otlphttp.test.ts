import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { newMetadata, type Event } from '../../src/component/event.ts';
import otlphttp from '../../src/exporters/otlphttp.ts';
import { logsRequest } from '../../src/exporters/otlphttp/records.ts';
import type { AnyValue, LogRecord } from '../../src/lib/otlp/model.ts';
import { writeLogs } from '../../src/lib/otlp/write-protobuf.ts';
import { deliver, exporterOf, withDefaults } from '../support/exporter.ts';
import { exporterContract } from '../support/exporter-contract.ts';
import { event, fakeContext } from '../support/fakes.ts';
import { expectGolden, goldenEvents, pretty } from '../support/golden.ts';
import { serve } from '../support/http-server.ts';

for (const encoding of ['proto', 'json']) {
  exporterContract(otlphttp, {
    config: (url) => withDefaults(otlphttp, { endpoint: url, encoding, headers: { 'api-key': 's3cret-key' } }),
    success: {
      body: encoding === 'json' ? '{}' : '',
      headers: { 'content-type': encoding === 'json' ? 'application/json' : 'application/x-protobuf' },
    },
    // "All other 4xx or 5xx response status codes MUST NOT be retried."
    verdicts: { 408: 'refused', 500: 'refused' },
  });
}

const recordOf = (fields: Partial<Event>): LogRecord =>
  logsRequest([event(fields)]).resourceLogs[0]!.scopeLogs[0]!.logRecords[0]!;
const attribute = (fields: Partial<Event>, key: string): AnyValue | undefined =>
  recordOf(fields).attributes.find((one) => one.key === key)?.value;
const numbered = (count: number): Event[] =>
  Array.from({ length: count }, (_, n) => event({ eventId: `e${n}`, message: `m${n}` }));

describe('records', () => {
  test('are the golden ones', () => {
    const exporter = exporterOf<{ body: string }>(otlphttp, { endpoint: 'http://127.0.0.1:1', encoding: 'json' });
    expectGolden('otlphttp.json', pretty(exporter.encode(goldenEvents())[0]!.request.body));
  });

  test.for([
    ['debug', 5],
    ['info', 9],
    ['warning', 13],
    ['error', 17],
    ['critical', 21],
  ] as const)('%s is number %i', ([level, severityNumber]) => {
    expect(recordOf({ level })).toMatchObject({ severityNumber, severityText: level });
  });

  test('the exact severity goes out unchanged while it still means the level', () => {
    expect(recordOf({ metadata: { severity: 'notice' } })).toMatchObject({
      severityNumber: 10,
      severityText: 'notice',
    });
    expect(recordOf({ level: 'critical', metadata: { severity: 'alert' } })).toMatchObject({ severityNumber: 19 });
    expect(recordOf({ level: 'error', metadata: { severity: 'alert' } })).toMatchObject({
      severityNumber: 17,
      severityText: 'error',
    });
    const metadata = { severity_number: 11, severity_text: 'INFO3' };
    expect(recordOf({ metadata })).toMatchObject({ severityNumber: 11, severityText: 'INFO3' });
    expect(recordOf({ level: 'debug', metadata })).toMatchObject({ severityNumber: 5, severityText: 'debug' });
  });

  test('what came in as OTLP keeps its ids, times and scope', () => {
    const metadata = {
      trace_id: '5b8efff798038103d269b633813fc60c',
      span_id: 'eee19b7ec3c1b174',
      trace_flags: 1,
      time_unix_nano: '1768478400000123456',
      event_name: 'browser.page_view',
      resource: { 'service.name': 'old', region: 'fra1' },
      scope: { name: 'lib', version: '1', attributes: { a: 1 } },
    };
    const [resourceLogs] = logsRequest([event({ source: 'shop', metadata })]).resourceLogs;
    expect(resourceLogs).toMatchObject({
      resource: {
        attributes: [
          { key: 'service.name', value: { stringValue: 'shop' } },
          { key: 'region', value: { stringValue: 'fra1' } },
        ],
      },
      scopeLogs: [
        {
          scope: { name: 'lib', version: '1', attributes: [{ key: 'a', value: { intValue: '1' } }] },
          logRecords: [
            {
              timeUnixNano: '1768478400000123456',
              traceId: metadata.trace_id,
              spanId: metadata.span_id,
              flags: 1,
              eventName: 'browser.page_view',
            },
          ],
        },
      ],
    });
  });

  test('a time that was edited wins over its nanoseconds; ids that are none are left out', () => {
    const record = recordOf({
      timestamp: 5,
      metadata: { time_unix_nano: '1768478400000123456', trace_id: '0'.repeat(32), span_id: 'xyz' },
    });
    expect(record.timeUnixNano).toBe('5000000');
    expect(record).not.toHaveProperty('traceId');
    expect(record).not.toHaveProperty('spanId');
  });

  test('numbers keep every digit, and nothing that JSON cannot hold gets in', () => {
    const metadata = Object.assign(newMetadata(), {
      big: 9_223_372_036_854_775_807n,
      huge: 2n ** 64n,
      half: 0.5,
      none: null,
      nan: Number.NaN,
    });
    expect(attribute({ metadata }, 'big')).toEqual({ intValue: '9223372036854775807' });
    expect(attribute({ metadata }, 'huge')).toEqual({ stringValue: '18446744073709551616' });
    expect(attribute({ metadata }, 'half')).toEqual({ doubleValue: 0.5 });
    expect(attribute({ metadata }, 'none')).toEqual({});
    expect(attribute({ metadata }, 'nan')).toEqual({ stringValue: 'NaN' });
  });

  test('a circle ends', () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    expect(JSON.stringify(attribute({ metadata: { circle } }, 'circle'))).toContain('[nested too deeply]');
  });

  test('events of one resource and scope are put together', () => {
    const events = ['a', 'b', 'a'].map((source) => event({ source }));
    expect(logsRequest(events).resourceLogs.map(({ scopeLogs }) => scopeLogs[0]!.logRecords.length)).toEqual([2, 1]);
  });
});

describe('requests', () => {
  test('are compressed protobuf at /v1/logs', async () => {
    const server = await serve({ headers: { 'content-type': 'application/x-protobuf' } });
    const exporter = exporterOf(otlphttp, { endpoint: `${server.origin}/otlp/`, headers: { 'api-key': 'k' } });
    expect(await deliver(exporter, numbered(3))).toEqual([{ kind: 'sent' }]);
    expect(server.seen[0]).toMatchObject({
      path: '/otlp/v1/logs',
      headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip', 'api-key': 'k' },
    });
    expect(gunzipSync(server.seen[0]!.bytes)).toEqual(writeLogs(logsRequest(numbered(3))));
  });

  test('are JSON where asked for, in the clear where asked for', async () => {
    const server = await serve({ body: '{}' });
    await deliver(
      exporterOf(otlphttp, { endpoint: `${server.origin}/v1/logs`, encoding: 'json', compression: 'none' }),
      numbered(1),
    );
    expect(server.seen[0]).toMatchObject({ path: '/v1/logs', headers: { 'content-type': 'application/json' } });
    expect(server.seen[0]!.headers).not.toHaveProperty('content-encoding');
    expect(JSON.parse(server.seen[0]!.body)).toHaveProperty('resourceLogs');
  });

  test.for(['proto', 'json'])('are as few as max_body allows (%s)', (encoding) => {
    const exporter = exporterOf<{ body: string | Buffer; records: number }>(otlphttp, {
      endpoint: 'http://x',
      encoding,
      max_body: 1_024,
    });
    const encoded = exporter.encode(numbered(50));
    expect(encoded.length).toBeGreaterThan(4);
    for (const { request, events } of encoded) {
      expect(Buffer.byteLength(request.body)).toBeLessThanOrEqual(1_024);
      expect(request.records).toBe(events);
    }
  });
});

describe('answers', () => {
  const rejected = (count: number, message: string) => ({
    json: {
      body: JSON.stringify({ partialSuccess: { rejectedLogRecords: String(count), errorMessage: message } }),
      headers: { 'content-type': 'application/json' },
    },
    proto: { body: partialProto(count, message), headers: { 'content-type': 'application/x-protobuf' } },
  });

  test.for(['json', 'proto'] as const)(
    'a partial success in %s is not sent again, but counted and said once a minute',
    async (encoding) => {
      const context = fakeContext();
      const server = await serve(rejected(300, 'too old: ä')[encoding]);
      const exporter = exporterOf(otlphttp, { endpoint: server.origin, encoding }, context);
      expect(await deliver(exporter, numbered(400))).toEqual([{ kind: 'sent' }]);
      await deliver(exporter, numbered(400));
      expect(context.counts['rejected_records']).toBe(600);
      expect(context.lines).toEqual([
        { level: 'warn', message: 'the server rejected 300 of 400 records', fields: { said: 'too old: ä' } },
      ]);
    },
  );

  test.for(['json', 'proto'] as const)('all of them rejected in %s is a refusal', async (encoding) => {
    const server = await serve(rejected(2, 'no tenant')[encoding]);
    expect(await deliver(exporterOf(otlphttp, { endpoint: server.origin, encoding }), numbered(2))).toEqual([
      { kind: 'refused', reason: 'rejected all of its records: no tenant' },
    ]);
  });

  test.for([502, 503, 504, 429])('%i is later', async (status) => {
    const server = await serve({ status, headers: { 'retry-after': '3' } });
    expect(await deliver(exporterOf(otlphttp, { endpoint: server.origin }), numbered(1))).toMatchObject([
      { kind: 'later', notBeforeMs: 3_000 },
    ]);
  });

  test('the message of a Status is the reason', async () => {
    const message = Buffer.from('bad record');
    const proto = Buffer.concat([Buffer.from([0x08, 3, 0x12, message.length]), message]);
    for (const [encoding, body] of [
      ['proto', proto],
      ['json', '{"code":3,"message":"bad record"}'],
    ] as const) {
      const type = encoding === 'proto' ? 'application/x-protobuf' : 'application/json';
      const server = await serve({ status: 400, body, headers: { 'content-type': type } });
      expect(await deliver(exporterOf(otlphttp, { endpoint: server.origin, encoding }), numbered(1))).toEqual([
        { kind: 'refused', reason: 'answered 400: bad record' },
      ]);
    }
  });
});

test('hints at headers in clear text', () => {
  expect(
    otlphttp.check!(withDefaults(otlphttp, { endpoint: 'http://otel.example.com', headers: { a: 'b' } })),
  ).toMatchObject([{ severity: 'hint', path: ['endpoint'], message: expect.stringContaining('the headers') }]);
});

/** `{1: {1: count, 2: message}}`. */
function partialProto(count: number, message: string): Buffer {
  const text = Buffer.from(message);
  const number = count < 128 ? [count] : [(count % 128) | 128, count >> 7];
  const inner = Buffer.concat([Buffer.from([0x08, ...number, 0x12, text.length]), text]);
  return Buffer.concat([Buffer.from([0x0a, inner.length]), inner]);
}

test('hints at credentials in the URL', () => {
  expect(otlphttp.check!(withDefaults(otlphttp, { endpoint: 'https://u:p@otel' }))).toMatchObject([
    { severity: 'hint', path: ['endpoint'] },
  ]);
});
