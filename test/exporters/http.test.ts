import { gunzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Event } from '../../src/component/event.ts';
import http from '../../src/exporters/http.ts';
import { exporterContract } from '../support/exporter-contract.ts';
import { event, fakeContext } from '../support/fakes.ts';
import { serve } from '../support/http-server.ts';

const DEFAULTS = { method: 'POST', headers: {}, format: 'json', compression: 'none', verify_ssl: true } as const;
type Options = Parameters<typeof http.create>[0];
const never = new AbortController().signal;

exporterContract(http, {
  config: (url) => ({
    ...DEFAULTS,
    url,
    headers: { 'X-Key': 's3cret-header' },
    auth: { type: 'basic', username: 'u', password: 's3cret-password' },
  }),
  success: { status: 202 },
});

async function sent(options: Partial<Options>, events: Event[], batched = false) {
  const server = await serve();
  const exporter = http.create({ ...DEFAULTS, url: server.url, ...options }, { ...fakeContext(), batched });
  onTestFinished(() => exporter.stop?.());
  for (const { request } of exporter.encode(events))
    expect(await exporter.send(request, never)).toEqual({ kind: 'sent' });
  return server.seen;
}

const two = [event({ eventId: 'a' }), event({ eventId: 'b', metadata: { nested: { deep: [1] } } })];

describe('bodies', () => {
  test('an event is an object, one a request', async () => {
    const seen = await sent({}, two);
    expect(seen.map(({ body }) => (JSON.parse(body) as { event_id: string }).event_id)).toEqual(['a', 'b']);
    expect(JSON.parse(seen[1]!.body)).toEqual({
      event_id: 'b',
      timestamp: '2026-01-15T12:00:00.000Z',
      event_type: 'custom',
      level: 'info',
      source: 'test',
      title: 'title',
      message: 'message',
      metadata: { nested: { deep: [1] } },
      tags: [],
    });
    expect(seen[0]).toMatchObject({ method: 'POST', headers: { 'content-type': 'application/json' } });
  });

  test('with batch, a request is an array, also of one', async () => {
    const [request] = await sent({}, two, true);
    expect(JSON.parse(request!.body)).toMatchObject([{ event_id: 'a' }, { event_id: 'b' }]);
    const [single] = await sent({}, [event()], true);
    expect(JSON.parse(single!.body)).toHaveLength(1);
  });

  test('ndjson has an object a line, and its own content type', async () => {
    const [request] = await sent({ format: 'ndjson' }, two, true);
    expect(request!.body).toMatch(/^\{.*\}\n\{.*\}\n$/);
    expect(request!.headers['content-type']).toBe('application/x-ndjson');
    expect(await sent({ format: 'ndjson' }, two)).toHaveLength(2);
  });

  test('text has a readable line', async () => {
    const [request] = await sent({ format: 'text' }, [event({ level: 'error', message: 'a\nb' })]);
    expect(request!.body).toBe('2026-01-15T12:00:00.000Z ERROR    test: title | a\\nb\n');
  });

  test('a template writes for other webhooks, values escaped for JSON', async () => {
    const template = '{"summary": "{level}: {title}", "host": "{metadata.host}"}';
    const hostile = event({ title: 'say "hi"\n", "admin": "true', metadata: { host: 'web-1' } });
    const [request] = await sent({ template }, [hostile]);
    expect(JSON.parse(request!.body)).toEqual({ summary: 'info: say "hi"\n", "admin": "true', host: 'web-1' });
    const [batch] = await sent({ template }, [hostile, hostile], true);
    expect(JSON.parse(batch!.body)).toHaveLength(2);
    const [lines] = await sent({ template: '{\n  "t": "{title}"\n}', format: 'ndjson' }, [hostile, hostile], true);
    expect(
      lines!.body
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { t: string }).t),
    ).toEqual([hostile.title, hostile.title]);
    const [text] = await sent({ template: '{title}!', format: 'text' }, [event()]);
    expect(text!.body).toBe('title!\n');
  });

  test('gzip compresses', async () => {
    const [request] = await sent({ compression: 'gzip' }, two, true);
    expect(request!.headers['content-encoding']).toBe('gzip');
    expect(JSON.parse(gunzipSync(request!.bytes).toString())).toHaveLength(2);
  });
});

describe('requests', () => {
  test('carry the method and the headers that were asked for, once each', async () => {
    const [request] = await sent(
      { method: 'PUT', headers: { 'Content-Type': 'application/vnd.x+json', 'X-Source': 'LNMT' } },
      [event()],
    );
    expect(request).toMatchObject({
      method: 'PUT',
      headers: { 'content-type': 'application/vnd.x+json', 'x-source': 'LNMT' },
    });
  });

  test('auth wins over an Authorization header, and over credentials in the URL', async () => {
    const headers = { AUTHORIZATION: 'Bearer old' };
    const [basic] = await sent({ headers, auth: { type: 'basic', username: 'us', password: 'pä' } }, [event()]);
    expect(basic!.headers.authorization).toBe(`Basic ${Buffer.from('us:pä').toString('base64')}`);
    const [bearer] = await sent({ headers, auth: { type: 'bearer', token: 'new' } }, [event()]);
    expect(bearer!.headers.authorization).toBe('Bearer new');
    const [header] = await sent({ headers }, [event()]);
    expect(header!.headers.authorization).toBe('Bearer old');
  });
});

test('a verdict says what the destination said', async () => {
  const server = await serve({ status: 422, body: '{"error":"title is too long"}' });
  const exporter = http.create({ ...DEFAULTS, url: server.url }, fakeContext());
  onTestFinished(() => exporter.stop?.());
  expect(await exporter.send('{}', never)).toEqual({
    kind: 'refused',
    reason: 'answered 422: {"error":"title is too long"}',
  });
});

describe('check', () => {
  const check = (options: Partial<Options>) => http.check?.({ ...DEFAULTS, url: 'https://example.com/', ...options });

  test('a header that frames the message is an error, others of the connection are not', () => {
    expect(check({ headers: { 'Transfer-Encoding': 'chunked', Connection: 'close', TE: 'trailers' } })).toMatchObject([
      {
        severity: 'error',
        message: expect.stringContaining('transfer-encoding') as string,
        path: ['headers', 'Transfer-Encoding'],
      },
    ]);
  });

  test('half an auth is an error, a half too many a hint', () => {
    expect(check({ auth: { type: 'basic', username: 'u' } })).toMatchObject([
      { severity: 'error', message: expect.stringMatching(/needs password/) as string, path: ['auth'] },
    ]);
    expect(check({ auth: { type: 'bearer', token: 't', username: 'u' } })).toMatchObject([
      { severity: 'hint', path: ['auth', 'username'] },
    ]);
    expect(check({ auth: { type: 'bearer' } })).toMatchObject([
      { severity: 'error', message: expect.stringMatching(/needs token/) as string },
    ]);
  });

  test('a body under GET is a hint; usual options are none', () => {
    expect(check({ method: 'GET' })).toMatchObject([{ severity: 'hint', path: ['method'] }]);
    expect(check({})).toEqual([]);
  });
});
