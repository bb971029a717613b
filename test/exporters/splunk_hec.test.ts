import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/component/event.ts';
import splunkHec from '../../src/exporters/splunk_hec.ts';
import { deliver, exporterOf, withDefaults } from '../support/exporter.ts';
import { exporterContract } from '../support/exporter-contract.ts';
import { eventually } from '../support/eventually.ts';
import { event, fakeContext } from '../support/fakes.ts';
import { expectGolden, goldenEvents } from '../support/golden.ts';
import { serve, type SeenRequest, type TestAnswer } from '../support/http-server.ts';

exporterContract(splunkHec, {
  config: (url) => withDefaults(splunkHec, { url, token: 's3cret-token' }),
  success: { body: '{"text":"Success","code":0}' },
});

const numbered = (count: number): Event[] => Array.from({ length: count }, (_, n) => event({ eventId: `e${n}` }));
const envelopes = (body: string): Record<string, unknown>[] =>
  body
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('requests', () => {
  test('are the golden ones', () => {
    const exporter = exporterOf<string>(splunkHec, { url: 'http://127.0.0.1:1', token: 't', index: 'main' });
    expectGolden('splunk_hec.ndjson', exporter.encode(goldenEvents())[0]!.request);
  });

  test.for([
    ['', '/services/collector/event'],
    ['/', '/services/collector/event'],
    ['/services/collector', '/services/collector/event'],
    ['/services/collector/event', '/services/collector/event'],
    ['/splunk/', '/splunk/services/collector/event'],
  ])('to %s go to %s with the token', async ([path, sent]) => {
    const server = await serve({ body: '{"text":"Success","code":0}' });
    expect(await deliver(exporterOf(splunkHec, { url: server.origin + path, token: 'abc' }), numbered(2))).toEqual([
      { kind: 'sent' },
    ]);
    expect(server.seen[0]).toMatchObject({ path: sent, headers: { authorization: 'Splunk abc' } });
    expect(envelopes(server.seen[0]!.body)).toHaveLength(2);
  });

  test('the envelope has seconds, and the event’s own host and source unless the options say', () => {
    const one = event({ timestamp: 1_768_478_400_123, source: 'nginx', metadata: { hostname: 'web-1' } });
    const of = (options: object) => {
      const exporter = exporterOf<string>(splunkHec, { url: 'http://127.0.0.1:1', token: 't', ...options });
      return envelopes(exporter.encode([one])[0]!.request)[0];
    };
    expect(of({})).toMatchObject({
      time: 1_768_478_400.123,
      source: 'nginx',
      host: 'web-1',
      sourcetype: 'lnmt:event',
      event: { event_id: 'e1' },
    });
    expect(of({ source: 's', host: 'h', sourcetype: 'st', index: 'i' })).toMatchObject({
      source: 's',
      host: 'h',
      sourcetype: 'st',
      index: 'i',
    });
  });

  test('are as few as max_body allows', () => {
    const exporter = exporterOf<string>(splunkHec, { url: 'http://127.0.0.1:1', token: 't', max_body: 1_024 });
    const encoded = exporter.encode(numbered(20));
    expect(encoded.length).toBeGreaterThan(3);
    expect(
      encoded.every(
        ({ request, events }) => Buffer.byteLength(request) <= 1_024 && envelopes(request).length === events,
      ),
    ).toBe(true);
  });
});

describe('reply codes', () => {
  test.for([
    [403, 1, 'misconfigured'],
    [401, 2, 'misconfigured'],
    [401, 3, 'misconfigured'],
    [403, 4, 'misconfigured'],
    [400, 5, 'refused'],
    [400, 6, 'refused'],
    [400, 7, 'misconfigured'],
    [500, 8, 'later'],
    [503, 9, 'later'],
    [400, 10, 'misconfigured'],
    [400, 11, 'misconfigured'],
    [400, 12, 'refused'],
    [400, 13, 'refused'],
    [400, 14, 'misconfigured'],
    [400, 15, 'refused'],
    [503, 18, 'later'],
  ] as const)('%i with code %i is %s', async ([status, code, kind]) => {
    const server = await serve({ status, body: JSON.stringify({ text: 'why', code }) });
    expect(await deliver(exporterOf(splunkHec, { url: server.origin, token: 't' }), numbered(1))).toMatchObject([
      { kind, reason: expect.stringContaining('why') },
    ]);
  });

  test('the events before one it did not like were taken, those after it go again', async () => {
    const server = await serve({
      status: 400,
      body: '{"text":"Event field is required","code":12,"invalid-event-number":1}',
    });
    expect(await deliver(exporterOf(splunkHec, { url: server.origin, token: 't' }), numbered(4))).toMatchObject([
      { kind: 'mixed', refused: [{ index: 1 }], later: { events: [2, 3] } },
    ]);
  });

  test('busy from an event on: that and the rest go again', async () => {
    const server = await serve({
      status: 503,
      body: '{"text":"Server is busy","code":9,"invalid-event-number":2}',
      headers: { 'retry-after': '2' },
    });
    expect(await deliver(exporterOf(splunkHec, { url: server.origin, token: 't' }), numbered(4))).toMatchObject([
      { kind: 'mixed', refused: [], later: { events: [2, 3], notBeforeMs: 2_000 } },
    ]);
  });
});

describe('acknowledgement', () => {
  /** Indexes a request after so many polls. */
  const indexer = (polls: number) => {
    let asked = 0;
    return ({ path }: SeenRequest): TestAnswer =>
      path.endsWith('/ack')
        ? { body: JSON.stringify({ acks: { 7: ++asked > polls } }) }
        : { body: '{"text":"Success","code":0,"ackId":7}' };
  };

  test('an event is sent once it is indexed', async () => {
    const context = fakeContext();
    const server = await serve(indexer(2));
    const exporter = exporterOf(splunkHec, { url: server.origin, token: 't', ack: true }, context);
    let verdict: unknown;
    const delivered = deliver(exporter, numbered(1)).then((verdicts) => (verdict = verdicts[0]));
    for (let polls = 1; polls <= 3; polls += 1) {
      await eventually(() => context.clock.pending === 1, 'it waits to ask');
      expect(verdict).toBeUndefined();
      context.clock.advance(5_000);
      await eventually(() => server.seen.length === polls + 1, 'it asks');
    }
    await delivered;
    expect(verdict).toEqual({ kind: 'sent' });
    const [first, second] = server.seen;
    expect(second).toMatchObject({ path: '/services/collector/ack', body: '{"acks":[7]}' });
    expect(first!.headers['x-splunk-request-channel']).toMatch(/^[0-9a-f-]{36}$/);
    expect(second!.headers['x-splunk-request-channel']).toBe(first!.headers['x-splunk-request-channel']);
  });

  test('the signal ends the wait, and no timer outlives it', async () => {
    const context = fakeContext();
    const server = await serve(indexer(1_000));
    const exporter = exporterOf(splunkHec, { url: server.origin, token: 't', ack: true }, context);
    const stop = new AbortController();
    const delivered = deliver(exporter, numbered(1), stop.signal);
    await eventually(() => context.clock.pending === 1, 'it waits to ask');
    stop.abort(new Error('stopped'));
    await expect(delivered).rejects.toThrow('stopped');
    expect(context.clock.pending).toBe(0);
  });

  test('a token without it is said', async () => {
    const server = await serve({ body: '{"text":"Success","code":0}' });
    expect(
      await deliver(exporterOf(splunkHec, { url: server.origin, token: 't', ack: true }), numbered(1)),
    ).toMatchObject([{ kind: 'misconfigured' }]);
  });
});

test('hints at a token in clear text', () => {
  expect(
    splunkHec.check!(withDefaults(splunkHec, { url: 'http://splunk.example.com:8088', token: 't' })),
  ).toMatchObject([{ severity: 'hint', path: ['url'], message: expect.stringContaining('the token') }]);
});
