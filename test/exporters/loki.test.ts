import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/component/event.ts';
import loki from '../../src/exporters/loki.ts';
import { deliver, exporterOf, withDefaults } from '../support/exporter.ts';
import { exporterContract } from '../support/exporter-contract.ts';
import { event } from '../support/fakes.ts';
import { expectGolden, goldenEvents, pretty } from '../support/golden.ts';
import { serve } from '../support/http-server.ts';

exporterContract(loki, {
  config: (url) => withDefaults(loki, { url, auth: { type: 'bearer', token: 's3cret-token' } }),
  success: { status: 204 },
});

interface Push {
  streams: { stream: Record<string, string>; values: [string, string, Record<string, string>?][] }[];
}

function pushed(options: object, events: Event[]): Push[] {
  const exporter = exporterOf<string>(loki, { url: 'http://127.0.0.1:1', ...options });
  return exporter.encode(events).map(({ request }) => JSON.parse(request) as Push);
}

test('requests are the golden ones', () => {
  const exporter = exporterOf<string>(loki, { url: 'http://127.0.0.1:1' });
  expectGolden('loki.json', pretty(exporter.encode(goldenEvents())[0]!.request));
});

test('requests go to the push address, for the tenant', async () => {
  const server = await serve({ status: 204 });
  const exporter = exporterOf(loki, {
    url: `${server.origin}/`,
    tenant: 'ops',
    auth: { type: 'basic', username: 'u', password: 'p' },
  });
  expect(await deliver(exporter, [event()])).toEqual([{ kind: 'sent' }]);
  expect(server.seen[0]).toMatchObject({
    path: '/loki/api/v1/push',
    headers: { 'x-scope-orgid': 'ops', authorization: 'Basic dTpw', 'content-type': 'application/json' },
  });
});

describe('streams', () => {
  test('events with the same labels share one, in order', () => {
    const events = ['info', 'error', 'info'].map((level, n) =>
      event({ level: level as Event['level'], message: `${n}`, title: '' }),
    );
    const [push] = pushed({}, events);
    expect(push!.streams.map(({ stream, values }) => [stream['level'], values.map(([, line]) => line)])).toEqual([
      ['info', ['0', '2']],
      ['error', ['1']],
    ]);
  });

  test('labels come from the options; an empty one is left out, and one is always there', () => {
    const labels = { host: '{metadata.hostname}', site: '{metadata.site}' };
    expect(pushed({ labels }, [event({ metadata: { hostname: 'web-1' } })])[0]!.streams[0]!.stream).toEqual({
      host: 'web-1',
    });
    expect(pushed({ labels }, [event()])[0]!.streams[0]!.stream).toEqual({ job: 'lnmt' });
  });

  test('the time is in nanoseconds, the line the message or what the options say', () => {
    const one = event({ title: 'High CPU', message: '92 %' });
    const lineOf = (options: object) => pushed(options, [one])[0]!.streams[0]!.values[0]![1];
    expect(pushed({}, [one])[0]!.streams[0]!.values[0]![0]).toBe('1768478400000000000');
    expect(lineOf({})).toBe('High CPU: 92 %');
    expect(JSON.parse(lineOf({ line: 'json' }))).toMatchObject({ title: 'High CPU' });
    expect(lineOf({ template: '{level} {title}' })).toBe('info High CPU');
  });

  test('metadata goes along under names that Loki takes', () => {
    const one = event({
      tags: ['a', 'b'],
      metadata: { 'http.status': 503, '9lives': true, event_id: 'forged', nested: { x: [1, 2] } },
    });
    expect(pushed({}, [one])[0]!.streams[0]!.values[0]![2]).toEqual({
      http_status: '503',
      _lives: 'true',
      nested_x: '1, 2',
      event_id: 'e1',
      event_type: 'custom',
      tags: 'a,b',
    });
    expect(pushed({ structured_metadata: false }, [one])[0]!.streams[0]!.values[0]).toHaveLength(2);
  });
});

describe('limits', () => {
  test('requests are as few as max_body allows, in order', () => {
    const exporter = exporterOf<string>(loki, { url: 'http://127.0.0.1:1', max_body: 1_024 });
    const encoded = exporter.encode(Array.from({ length: 30 }, (_, n) => event({ title: '', message: `m${n}` })));
    expect(encoded.length).toBeGreaterThan(3);
    expect(encoded.every(({ request }) => Buffer.byteLength(request) <= 1_024)).toBe(true);
    const lines = encoded.flatMap(({ request }) =>
      (JSON.parse(request) as Push).streams.flatMap(({ values }) => values.map(([, line]) => line)),
    );
    expect(lines).toEqual(Array.from({ length: 30 }, (_, n) => `m${n}`));
  });

  test('lines, labels and metadata are cut without halving a character', () => {
    const long = '😀'.repeat(60_000);
    const metadata = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`k${n}`, long]));
    const [push] = pushed({}, [event({ source: long, title: '', message: long, metadata })]);
    const { stream, values } = push!.streams[0]!;
    const [, line, structured] = values[0]!;
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(256_000);
    expect(Buffer.byteLength(stream['source']!)).toBeLessThanOrEqual(2_048 + 3);
    expect(Object.keys(structured!).length).toBeLessThanOrEqual(128);
    expect(`${line}${stream['source']}${structured!['k0']}`).not.toMatch(/\p{Cs}/u);
  });

  test('an event’s text makes no stream and no entry of its own', () => {
    const evil = '"]]},{"stream":{"job":"forged"},"values":[["0","x"]]}';
    const [push] = pushed({}, [
      event({ source: evil, title: evil, message: evil, eventId: evil, metadata: { [evil]: evil } }),
    ]);
    expect(push!.streams).toHaveLength(1);
    expect(push!.streams[0]!.values).toHaveLength(1);
  });
});

test('bad and busy labels are said', () => {
  const check = (labels: object) => loki.check!(withDefaults(loki, { url: 'https://loki', labels }));
  expect(check({})).toMatchObject([{ severity: 'error', path: ['labels'] }]);
  expect(check({ 'a-b': 'x' })).toMatchObject([{ severity: 'error', path: ['labels', 'a-b'] }]);
  expect(check({ id: '{event_id}' })).toMatchObject([{ severity: 'hint', path: ['labels', 'id'] }]);
  expect(check({ job: 'lnmt' })).toEqual([]);
});

test('hints at credentials in the URL', () => {
  expect(loki.check!(withDefaults(loki, { url: 'https://u:p@loki' }))).toMatchObject([
    { severity: 'hint', path: ['url'] },
  ]);
});
