import { existsSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { SeverityNumber } from '@opentelemetry/api-logs';
import { OTLPLogExporter as JsonExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtobufExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { describe, expect, test } from 'vitest';
import type { Event } from '../../../src/component/event.ts';
import otlphttp from '../../../src/exporters/otlphttp.ts';
import { readFields } from '../../../src/lib/otlp/read-protobuf.ts';
import { deliver, exporterOf } from '../../support/exporter.ts';
import { event, type FakeSink } from '../../support/fakes.ts';
import { started } from './support.ts';

const PROTOBUF = 'application/x-protobuf';

const record = (fields: object, resource: object[] = []): string =>
  JSON.stringify({ resourceLogs: [{ resource: { attributes: resource }, scopeLogs: [{ logRecords: [fields] }] }] });

async function taken(body: string): Promise<Event> {
  const { post, sink } = await started();
  const answer = await post(body, {}, '/v1/logs');
  expect(answer).toMatchObject({ status: 200 });
  return sink.events[0]!;
}

describe('a log record becomes an event', () => {
  test('with everything that it says', async () => {
    const given = await taken(
      record(
        {
          timeUnixNano: '1544712660300000123',
          observedTimeUnixNano: '1544712661000000000',
          severityNumber: 18,
          severityText: 'ERROR2',
          traceId: '5B8EFFF798038103D269B633813FC60C',
          spanId: 'EEE19B7EC3C1B174',
          flags: 1,
          eventName: 'disk.full',
          body: { stringValue: 'Disk full\non /dev/sda' },
          attributes: [
            { key: 'http.status', value: { intValue: '503' } },
            { key: 'trace_id', value: { stringValue: 'its own' } },
          ],
        },
        [{ key: 'service.name', value: { stringValue: 'shop' } }],
      ),
    );
    expect(given).toMatchObject({
      timestamp: 1_544_712_660_300,
      eventType: 'custom',
      level: 'error',
      source: 'shop',
      title: 'Disk full',
      message: 'Disk full\non /dev/sda',
      metadata: {
        'http.status': 503,
        'attribute.trace_id': 'its own',
        resource: { 'service.name': 'shop' },
        trace_id: '5b8efff798038103d269b633813fc60c',
        span_id: 'eee19b7ec3c1b174',
        trace_flags: 1,
        severity_number: 18,
        severity_text: 'ERROR2',
        event_name: 'disk.full',
        time_unix_nano: '1544712660300000123',
        observed_time_unix_nano: '1544712661000000000',
      },
      tags: [],
    });
    expect(given.metadata).not.toHaveProperty('scope');
  });

  test.each([
    [{ severityNumber: 1 }, 'debug'],
    [{ severityNumber: 8 }, 'debug'],
    [{ severityNumber: 9 }, 'info'],
    [{ severityNumber: 13 }, 'warning'],
    [{ severityNumber: 17 }, 'error'],
    [{ severityNumber: 21 }, 'critical'],
    [{ severityNumber: 'SEVERITY_NUMBER_FATAL4' }, 'critical'],
    [{ severityText: 'WARN' }, 'warning'],
    [{ severityNumber: 99, severityText: 'fatal' }, 'critical'],
    [{}, 'info'],
  ])('%j is of level %s', async (fields, level) => {
    expect((await taken(record({ ...fields, body: { stringValue: 'x' } }))).level).toBe(level);
  });

  test('keeps every digit of a long integer, whether it came as text or as a number', async () => {
    const attributes =
      '"attributes":[{"key":"a","value":{"intValue":-9223372036854775808}},{"key":"b","value":{"intValue":"9007199254740993"}},{"key":"c","value":{"doubleValue":1e300}}]';
    const body = record({ body: { stringValue: 'in a text: 12345678901234567890, "}' } }).replace(
      '"body"',
      `"timeUnixNano":1544712660300000123,${attributes},"body"`,
    );
    expect(await taken(body)).toMatchObject({
      message: 'in a text: 12345678901234567890, "}',
      metadata: {
        a: '-9223372036854775808',
        b: '9007199254740993',
        c: 1e300,
        time_unix_nano: '1544712660300000123',
      },
    });
  });

  test('without a time has the one at which it was observed, or that of now', async () => {
    expect(await taken(record({ observedTimeUnixNano: '1544712660300000000' }))).toMatchObject({
      timestamp: 1_544_712_660_300,
      title: 'log record without a body',
      message: '',
      metadata: {},
    });
    expect((await taken(record({ body: { boolValue: true } }))).timestamp).toBe(Date.UTC(2026, 0, 15, 12));
  });

  test('with a body that is no text has it as JSON, and for expressions in the metadata', async () => {
    const values = [
      { key: '__proto__', value: { stringValue: 'x' } },
      { key: 'n', value: {} },
    ];
    const given = await taken(record({ body: { kvlistValue: { values } } }));
    expect(given.message).toBe('{"__proto__":"x","n":null}');
    expect(JSON.stringify(given.metadata['body'])).toBe(given.message);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  test('whose trace id is none is kept without it, and its sender told', async () => {
    const { post, sink } = await started();
    const answer = await post(record({ traceId: 'zz', body: { stringValue: 'x' } }), {}, '/v1/logs');
    expect(answer.body).toEqual({
      partialSuccess: { errorMessage: 'all records were taken, but without a trace id that is not 32 digits of hex' },
    });
    expect(sink.events[0]?.metadata).toEqual({});
    expect(sink.events).toHaveLength(1);
  });
});

describe('a refusal is a Status in the type of the request', () => {
  const cases: readonly (readonly [string, number, number, (url: string, sink: FakeSink) => RequestInit])[] = [
    ['nonsense', 400, 3, () => ({ body: Buffer.from('\xff\xff\xff\xff\xff', 'latin1') })],
    ['too large', 413, 8, () => ({ body: Buffer.alloc(1_024 * 1_024 + 1) })],
    ['a bomb', 413, 8, () => ({ body: gzipSync(Buffer.alloc(8_000_000)), headers: { 'content-encoding': 'gzip' } })],
    ['an unknown compression', 415, 3, () => ({ body: 'x', headers: { 'content-encoding': 'zstd' } })],
    ['a full queue', 429, 8, (_, sink) => ((sink.room = false), { body: '' })],
    [
      'failing storage',
      503,
      14,
      (_, sink) => ((sink.settlement = 'failed'), { body: Buffer.from('0a0612040a001200', 'hex') }),
    ],
  ];

  test.each(cases.flatMap((one) => [PROTOBUF, 'application/json'].map((type) => [...one, type] as const)))(
    '%s',
    async (name, status, code, init, type) => {
      const { url, sink } = await started();
      const { headers, body } = init(url, sink);
      const json = name === 'failing storage' && type !== PROTOBUF;
      const response = await fetch(`${url}/v1/logs`, {
        method: 'POST',
        body: json ? record({}) : body!,
        headers: { 'content-type': type, ...(headers as object) },
      });
      expect(response.status).toBe(status);
      expect(response.headers.get('content-type')).toBe(type);
      if (status === 429 || status === 503) expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
      const answer = Buffer.from(await response.arrayBuffer());
      const said =
        type === PROTOBUF
          ? [readFields(answer).get(1), String(readFields(answer).get(2))]
          : Object.values(JSON.parse(answer.toString()) as object);
      expect(said).toEqual([code, expect.stringMatching(/./)]);
    },
  );

  test('and nothing is guessed about a type', async () => {
    const { post } = await started();
    expect((await post('{}', { 'content-type': 'text/plain' }, '/v1/logs')).status).toBe(415);
  });
});

describe('hostile input', () => {
  const nested = (depth: number): string => `${'{"arrayValue":{"values":['.repeat(depth)}${']}}'.repeat(depth)}`;

  test.each([
    ['deep JSON', 'application/json', record({ body: 1 }).replace('"body":1', `"body":${nested(3_000)}`), 400],
    ['brackets', 'application/json', '['.repeat(500_000), 400],
    ['a record that is none', 'application/json', record({}).replace('{}]}]}]', '7]}]}]'), 400],
    ['a million empty records', PROTOBUF, emptyRecords(200_000), 413],
    ['a length past the end', PROTOBUF, Buffer.from('0aff01', 'hex'), 400],
    ['a length of 2^63', PROTOBUF, Buffer.from('0affffffffffffffff7f', 'hex'), 400],
    ['a group', PROTOBUF, Buffer.from('0b0c', 'hex'), 400],
  ])('%s: answered %#', async (_, type, body, status) => {
    const { url, sink } = await started();
    const response = await fetch(`${url}/v1/logs`, { method: 'POST', body, headers: { 'content-type': type } });
    expect(response.status).toBe(status);
    expect(sink.events).toEqual([]);
  });

  test('values nested too deeply are cut there', async () => {
    const given = await taken(record({ body: 1 }).replace('"body":1', `"body":${nested(64)}`));
    expect(given.message).toMatch(/^\[{64}\]{64}$/);
    const { url, sink } = await started();
    let value: Buffer = Buffer.alloc(0);
    const field = (tag: number, bytes: Buffer): Buffer =>
      Buffer.concat([Buffer.from([tag]), varint(bytes.length), bytes]);
    for (let depth = 0; depth < 3_000; depth += 1) value = field(0x2a, field(0x0a, value));
    const body = field(0x0a, field(0x12, field(0x12, field(0x2a, value))));
    const response = await fetch(`${url}/v1/logs`, { method: 'POST', body, headers: { 'content-type': PROTOBUF } });
    expect(response.status).toBe(200);
    expect(sink.events[0]?.message).toContain('[nested too deeply]');
  });

  function emptyRecords(count: number): Buffer {
    const records = Buffer.alloc(count * 2, Buffer.from([0x12, 0]));
    const field = (tag: number, bytes: Buffer): Buffer =>
      Buffer.concat([Buffer.from([tag]), varint(bytes.length), bytes]);
    return field(0x0a, field(0x12, records));
  }
});

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

describe.each([
  ['protobuf', ProtobufExporter],
  ['JSON', JsonExporter],
])('OpenTelemetry’s own SDK, %s', (_, Exporter) => {
  test('is understood', async () => {
    const { url, sink } = await started();
    const exporter = new Exporter({ url: `${url}/v1/logs`, headers: { 'x-test': '1' } });
    const provider = new LoggerProvider({
      resource: resourceFromAttributes({ 'service.name': 'checkout', 'service.version': '1.2.3' }),
      processors: [new BatchLogRecordProcessor({ exporter })],
    });
    const logger = provider.getLogger('cart', '2.0.0');
    for (let index = 0; index < 100; index += 1) {
      logger.emit({
        severityNumber: SeverityNumber.WARN2,
        severityText: 'WARN2',
        timestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, 0, index)),
        body: index === 0 ? { order: [1, 2.5, { nested: true }] } : `order ${index}`,
        attributes: { index, 'user.id': 'u1', ratio: 0.5, list: ['a', 'b'] },
      });
    }
    await provider.forceFlush();
    await provider.shutdown();
    expect(sink.events).toHaveLength(100);
    expect(sink.events[0]).toMatchObject({ message: '{"order":[1,2.5,{"nested":true}]}' });
    expect(sink.events[99]).toMatchObject({
      level: 'warning',
      source: 'checkout',
      message: 'order 99',
      timestamp: Date.UTC(2026, 0, 1, 0, 0, 0, 99),
      metadata: {
        index: 99,
        'user.id': 'u1',
        ratio: 0.5,
        list: ['a', 'b'],
        severity_number: 14,
        resource: { 'service.name': 'checkout', 'service.version': '1.2.3' },
        scope: { name: 'cart', version: '2.0.0' },
      },
    });
  });
});

test.each(['proto', 'json'])('what the otlphttp exporter sends comes in as it was: %s', async (encoding) => {
  const { url, sink } = await started();
  const exporter = exporterOf(otlphttp, { endpoint: url, encoding });
  const sent = [
    event({
      eventId: 'e-1',
      title: 'A title',
      message: 'another text',
      tags: ['a', 'b'],
      metadata: { n: 1, list: [1, { x: null }] },
    }),
    event({ eventId: 'e-3', message: '{"a":[1]}', title: '{"a":[1]}', metadata: { body: { a: [1] } } }),
    event({
      eventId: 'e-2',
      title: 'first',
      message: 'first\nsecond',
      level: 'critical',
      eventType: 'security_event',
      source: 'nginx',
    }),
  ];
  expect(await deliver(exporter, sent)).toMatchObject([{ kind: 'sent' }]);
  expect(sink.events).toHaveLength(3);
  sink.events.forEach((one, index) => {
    const { metadata, ...fields } = one;
    const { metadata: before, ...expected } = sent[index]!;
    expect(fields).toEqual(expected);
    expect(metadata).toMatchObject(before);
  });
});

const folder = new URL('../../../../shared/conformance/', import.meta.url);
const known = existsSync(folder);
const read = (name: string): Buffer => readFileSync(new URL(name, folder));

interface Case {
  readonly id: string;
  readonly name: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Record<string, string>;
    readonly body_base64?: string;
  };
  readonly expected: {
    readonly status: readonly number[];
    readonly records?: readonly Record<string, unknown>[];
    readonly generate?: string;
    readonly response_content_type?: string;
    readonly response_body_json?: object;
  };
}

describe.skipIf(!known)(`the conformance cases${known ? '' : ' (NOT RUN: ../shared/conformance is not here)'}`, () => {
  const cases = known ? (JSON.parse(read('otlp-cases-public.json').toString()) as Case[]) : [];

  test.each(cases.map((one) => [one.id, one.name, one] as const))('%s: %s', async (_, __, { request, expected }) => {
    const { url, sink } = await started({ max_body: 10 * 1_024 * 1_024, max_in_flight: 64 * 1_024 * 1_024 });
    const response = await fetch(url + request.path, {
      method: request.method,
      headers: request.headers,
      ...(request.method === 'POST' && { body: bodyOf(request, expected.generate) }),
    });
    expect(expected.status).toContain(response.status);
    const answer = await response.text();
    if (expected.response_content_type)
      expect(response.headers.get('content-type')).toBe(expected.response_content_type);
    if (expected.response_body_json) expect(JSON.parse(answer)).toEqual(expected.response_body_json);
    if (expected.records) expect(sink.events.map(asRecord)).toEqual(expected.records.map(comparable));
  });

  test.each(['otlp-logs', 'otlp-events'])('%s is the same in both encodings', async (name) => {
    const { url, sink } = await started();
    const send = async (body: Buffer, type: string): Promise<number> =>
      (await fetch(`${url}/v1/logs`, { method: 'POST', body, headers: { 'content-type': type } })).status;
    expect(await send(read(`${name}.pb`), PROTOBUF)).toBe(200);
    expect(await send(read(`${name}.json`), 'application/json')).toBe(200);
    const [first, second] = sink.events.map((one) => ({ ...one, eventId: '' }));
    expect(first).toEqual(second);
  });
});

function bodyOf({ body_base64: base64 = '', headers }: Case['request'], generate: string | undefined): Buffer {
  if (!generate) return Buffer.from(base64, 'base64');
  const mebibytes = Number(/(\d+) MiB (?:of )?spaces/.exec(generate)?.[1]);
  const text = Buffer.concat([
    Buffer.from('{"resourceLogs":['),
    Buffer.alloc(mebibytes * 2 ** 20, ' '),
    Buffer.from(']}'),
  ]);
  return headers['Content-Encoding'] === 'gzip' ? gzipSync(text) : text;
}

/** An event as the cases write records. */
function asRecord({ message, metadata }: Event): object {
  const { body, resource = {}, scope = {}, trace_id, span_id, severity_number, severity_text, ...rest } = metadata;
  const { time_unix_nano: _, observed_time_unix_nano: __, event_name: ___, trace_flags: ____, ...attributes } = rest;
  return {
    resource,
    scope: { name: '', version: '', attributes: {}, ...(scope as object) },
    attributes,
    body: body ?? (message === '' ? null : message),
    ...(trace_id !== undefined && { traceId: trace_id }),
    ...(span_id !== undefined && { spanId: span_id }),
    ...(severity_number !== undefined && { severityNumber: severity_number }),
    ...(severity_text !== undefined && { severityText: severity_text }),
  };
}

/** Times have tests of their own; integers are numbers here, and bytes base64. */
function comparable(expected: Record<string, unknown>): object {
  const { timeUnixNano: _, observedTimeUnixNano: __, ...rest } = expected;
  return JSON.parse(JSON.stringify(rest), (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    if ('$int' in value) return Number(value.$int);
    return '$bytes_base64' in value ? value.$bytes_base64 : value;
  }) as object;
}
