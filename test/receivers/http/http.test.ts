import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync, brotliCompressSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import http from '../../../src/receivers/http/http.ts';
import type { HttpReceiver } from '../../../src/receivers/http/http-receiver.ts';
import { eventually } from '../../support/eventually.ts';
import { FakeSink, fakeContext } from '../../support/fakes.ts';
import { DEFAULTS, SIGNATURE, started } from './support.ts';

/** Sends bytes over a bare socket and gives what comes back until the connection closes or `until` shows up. */
async function raw(url: string, text: string | Buffer, until = '\r\n\r\n'): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  socket.write(text);
  await Promise.race([once(socket, 'close'), eventually(() => answer.includes(until), 'an answer')]);
  socket.destroy();
  return answer;
}

describe('a request', () => {
  test('with one event is accepted', async () => {
    const { post, sink } = await started();
    const { status, body } = await post('{"level":"warn","title":"Disk","message":"89 %","disk":"sda"}');
    expect([status, body]).toEqual([202, { accepted: 1 }]);
    expect(sink.events).toMatchObject([
      { level: 'warning', title: 'Disk', message: '89 %', source: 'http', metadata: { disk: 'sda' } },
    ]);
  });

  test('with an array is one batch', async () => {
    const { post, sink } = await started();
    const { body } = await post(' [ {"title":"a,]}\\""} , {"title":"b","metadata":{"list":[1,{"x":[]}]}} ] \n');
    expect(body).toEqual({ accepted: 2 });
    expect(sink.batches).toEqual([2]);
    expect(sink.events[1]?.metadata).toMatchObject({ list: [1, { x: [] }] });
  });

  test('with lines is NDJSON, with the type or without', async () => {
    const { post, url, sink } = await started();
    const lines = '{"title":"a"}\r\n\n{"title":"b"}\n';
    expect((await post(lines, { 'content-type': 'application/x-ndjson' })).body).toEqual({ accepted: 2 });
    expect((await post(lines, { 'content-type': 'application/json; charset=UTF-8' })).body).toEqual({ accepted: 2 });
    const untyped = await fetch(`${url}/v1/events`, { method: 'POST', body: Buffer.from(lines) });
    expect(await untyped.json()).toEqual({ accepted: 2 });
    expect(sink.batches).toEqual([2, 2, 2]);
  });

  test('with an empty array is accepted', async () => {
    const { post, sink } = await started();
    expect(await post('[]')).toMatchObject({ status: 202, body: { accepted: 0 } });
    expect(sink.batches).toEqual([]);
  });

  test('may be gzipped', async () => {
    const { post, sink } = await started();
    const body = JSON.stringify(Array.from({ length: 1_000 }, (_, index) => ({ title: `event ${index}` })));
    expect((await post(gzipSync(body), { 'content-encoding': 'gzip' })).body).toEqual({ accepted: 1_000 });
    const halves = Buffer.concat([gzipSync(body.slice(0, 9_000)), gzipSync(body.slice(9_000))]);
    expect((await post(halves, { 'content-encoding': 'gzip' })).body).toEqual({ accepted: 1_000 });
    expect(sink.events.at(-1)?.title).toBe('event 999');
  });

  test('is answered only once its events are safe', async () => {
    const sink = new FakeSink();
    sink.settlement = undefined;
    const { post } = await started({}, sink);
    let answered = false;
    const answer = post('{"title":"t"}').finally(() => (answered = true));
    await eventually(() => sink.unsettled.length === 1, 'the batch');
    expect(answered).toBe(false);
    sink.unsettled[0]?.('safe');
    expect((await answer).status).toBe(202);
  });
});

describe('a refused request', () => {
  test.each([
    ['nonsense', { error: expect.stringContaining('this is no JSON'), index: 0 }],
    ['', { error: expect.stringContaining('the body is empty') }],
    ['  \n ', { error: expect.stringContaining('the body is empty') }],
    ['"text"', { error: 'an event is a JSON object, not a string', index: 0 }],
    ['{}', { error: 'a title or a message is needed', index: 0 }],
    ['[{"title":"ok"},{"title":"ok"},{"title":7}]', { error: 'title must be a string, not a number', index: 2 }],
    ['{"title":"ok"}\n{"title":"ok","level":"loud"}', { error: expect.stringContaining('level must be'), index: 1 }],
    ['[{"title":"ok"}', { error: 'the array is not closed: is the body cut short?', index: 0 }],
    ['[{"title":"ok"},]', { error: expect.stringContaining('this is no JSON'), index: 1 }],
    ['[{"title":"ok"}]x', { error: 'something follows the end of the array', index: 0 }],
    ['[{"title":"ok"}}', { error: 'the array is not closed: is the body cut short?', index: 0 }],
    ['[{"title":"ok"]', { error: expect.any(String), index: 0 }],
  ])('says what is wrong with %j, and nothing of it is taken', async (text, expected) => {
    const { post, sink } = await started();
    expect(await post(text)).toMatchObject({ status: 400, body: expected });
    expect(sink.events).toEqual([]);
  });

  test('for invalid UTF-8', async () => {
    const { post } = await started();
    expect(await post(Buffer.from('{"title":"caf\xe9"}', 'latin1'))).toMatchObject({
      status: 400,
      body: { error: 'the body is not valid UTF-8' },
    });
  });

  test.each([
    ['full', 429],
    ['failed', 503],
  ] as const)('when the batch settles as %s is answered %i and may be sent again', async (settlement, status) => {
    const sink = new FakeSink();
    sink.settlement = settlement;
    const { post } = await started({}, sink);
    const answer = await post('{"title":"t"}');
    expect(answer.status).toBe(status);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  test('while a queue is full, before its body is read', async () => {
    const { url, sink } = await started();
    sink.room = false;
    const answer = await raw(url, 'POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n');
    expect(answer).toContain('429 Too Many Requests');
    expect(answer.toLowerCase()).toContain('retry-after: 1');
    expect(sink.refusals).toEqual({ queue_full: 1 });
  });

  test('without the right authorization', async () => {
    const basic = await started({ auth: { ...SIGNATURE, type: 'basic', username: 'me', password: 'secret:1' } });
    const refused = await basic.post('{"title":"t"}');
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toBe('Basic realm="lnmt-collector"');
    expect(JSON.stringify(refused.body)).not.toContain('secret');
    const header = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
    expect((await basic.post('{"title":"t"}', header('me:secret:2'))).status).toBe(401);
    expect((await basic.post('{"title":"t"}', header('me:secret:1'))).status).toBe(202);

    const bearer = await started({ auth: { ...SIGNATURE, type: 'bearer', token: 'tok' } });
    expect((await bearer.post('{"title":"t"}', { authorization: 'Bearer nope' })).status).toBe(401);
    expect((await bearer.post('{"title":"t"}', { authorization: 'Basic tok' })).status).toBe(401);
    expect((await bearer.post('{"title":"t"}', { authorization: 'bearer tok' })).status).toBe(202);
  });

  test('at the wrong door is shown the right one', async () => {
    const { url } = await started();
    const get = async (path: string, method = 'GET') => {
      const response = await fetch(url + path, { method });
      return {
        status: response.status,
        allow: response.headers.get('allow'),
        body: JSON.stringify(await response.json()),
      };
    };
    expect(await get('/')).toMatchObject({ status: 200, body: expect.stringContaining('/v1/events') });
    expect(await get('/events', 'POST')).toMatchObject({ status: 404, body: expect.stringContaining('/v1/events') });
    expect(await get('/v1/events')).toMatchObject({ status: 405, allow: 'POST' });
    expect((await fetch(`${url}/v1/events/?x=1`, { method: 'POST', body: Buffer.from('{"title":"t"}') })).status).toBe(
      202,
    );
  });

  test.each([
    [{ 'content-type': 'text/xml' }],
    [{ 'content-type': 'multipart/form-data; boundary=x' }],
    [{ 'content-type': 'application/json; charset=utf-16' }],
    [{ 'content-encoding': 'br' }],
    [{ 'content-encoding': 'zstd' }],
    [{ 'content-encoding': 'gzip, gzip' }],
  ])('of a kind it does not take: %j', async (headers) => {
    const { post } = await started();
    expect((await post('{"title":"t"}', headers)).status).toBe(415);
    expect((await post(brotliCompressSync('{"title":"t"}'), headers)).status).toBe(415);
  });

  test.each([
    ['POST /v1/events HTTP/1.1\r\nHost: x\r\n\r\n', '411'],
    ['POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n', '400'],
    ['POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n', '400'],
    ['POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n', '400'],
    ['POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n', '400'],
    [`POST /v1/events HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, '431'],
    ['garbage\r\n\r\n', '400'],
  ])('with odd lengths or garbage is answered and harms nobody: %#', async (text, status) => {
    const { url, post } = await started();
    expect(await raw(url, text)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect((await post('{"title":"t"}')).status).toBe(202);
  });
});

describe('a request that is vague about its type', () => {
  const vague = ['application/x-www-form-urlencoded', 'text/plain;charset=UTF-8', 'application/octet-stream'];

  test.each(vague)('is JSON, as curl -d sends it: %s', async (type) => {
    const { post, sink } = await started();
    expect((await post('{"title":"x"}', { 'content-type': type })).status).toBe(202);
    expect((await post('{"title":"a"}\n{"title":"b"}', { 'content-type': type })).body).toEqual({ accepted: 2 });
    expect((await post('title=x', { 'content-type': type })).status).toBe(400);
    expect(sink.batches).toEqual([1, 2]);
  });

  test.each([
    ...vague.flatMap((type) => [
      `Origin: http://evil.example\r\nContent-Type: ${type}`,
      `Origin: null\r\nContent-Type: ${type}`,
    ]),
    'Origin: http://evil.example',
    'Sec-Fetch-Site: cross-site',
    'Sec-Fetch-Site: same-site\r\nContent-Type: text/plain',
  ])('is not taken from a page in a browser, which may send that to anybody: %j', async (headers) => {
    const { url, sink } = await started();
    const answer = await raw(
      url,
      `POST /v1/events HTTP/1.1\r\nHost: x\r\n${headers}\r\nContent-Length: 13\r\n\r\n{"title":"x"}`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 415 /);
    expect(sink.events).toEqual([]);
  });

  test('no page is ever allowed to read or to ask', async () => {
    const { url } = await started();
    const preflight = await fetch(`${url}/v1/events`, { method: 'OPTIONS', headers: { origin: 'http://a.example' } });
    expect(preflight.status).toBe(405);
    expect([...preflight.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});

describe('bounds', () => {
  test('a body past max_body is answered 413, announced or not, compressed or not', async () => {
    const { post, url, sink } = await started({ max_body: 10_000 });
    const large = JSON.stringify({ title: 'x'.repeat(20_000) });
    expect(await post(large)).toMatchObject({ status: 413, body: { max_body: 10_000 } });
    expect((await post(gzipSync(large), { 'content-encoding': 'gzip' })).status).toBe(413);
    const bomb = Buffer.concat([gzipSync(Buffer.alloc(50_000_000)), gzipSync('x')]);
    expect((await post(bomb.subarray(0, 9_000), { 'content-encoding': 'gzip' })).status).toBe(413);
    const chunked = `POST /v1/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4e20\r\n${'x'.repeat(20_000)}\r\n`;
    expect(await raw(url, chunked)).toContain('413');
    expect(sink.events).toEqual([]);
  });

  test('a length that a gzip stream lies about does no harm', async () => {
    const { post } = await started({ max_body: 10_000 });
    const lie = gzipSync(JSON.stringify({ title: 'x'.repeat(20_000) }));
    lie.writeUInt32LE(3, lie.length - 4);
    expect([400, 413]).toContain((await post(lie, { 'content-encoding': 'gzip' })).status);
    expect((await post(Buffer.alloc(100, 7), { 'content-encoding': 'gzip' })).status).not.toBe(202);
    expect((await post(gzipSync('{"title":"t"}').subarray(0, 25), { 'content-encoding': 'gzip' })).status).toBe(400);
  });

  test('bodies under way share max_in_flight', async () => {
    const sink = new FakeSink();
    sink.settlement = undefined;
    const { post } = await started({ max_body: 10_000, max_in_flight: 12_000 }, sink);
    const large = JSON.stringify({ title: 'x'.repeat(9_000) });
    const first = post(large);
    await eventually(() => sink.unsettled.length === 1, 'the first');
    expect((await post(large)).status).toBe(429);
    sink.unsettled[0]?.('safe');
    expect((await first).status).toBe(202);
    sink.settlement = 'safe';
    expect((await post(large)).status).toBe(202);
  });

  test.each([
    ['100,000 nested arrays', '['.repeat(100_000)],
    ['100,000 nested arrays in an event', `{"title":"t","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['nested objects', `[${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}]`],
    ['a million keys', `{"title":"t",${Array.from({ length: 100_000 }, (_, index) => `"k${index}":1`).join(',')}}`],
  ])('%s are refused', async (_, body) => {
    const { post } = await started({ max_body: 10_000_000, max_in_flight: 10_000_000 });
    expect((await post(body)).status).toBe(400);
  });

  test('connections past max_connections are closed and counted', async () => {
    const { url, context } = await started({ max_connections: 1 });
    const { hostname, port } = new URL(url);
    const first = connect(Number(port), hostname);
    await once(first, 'connect');
    const second = connect(Number(port), hostname).on('error', () => {});
    await once(second, 'close');
    first.destroy();
    expect(context.counts['http_connections_refused']).toBe(1);
  });
});

test('keys of the prototype are data', async () => {
  const { post, sink } = await started();
  await post(
    '{"title":"t","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"hasOwnProperty":1,"metadata":{"__proto__":{"polluted":1}}}',
  );
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  expect(Object.keys(sink.events[0]?.metadata ?? {})).toEqual(['__proto__', 'constructor', 'hasOwnProperty']);
});

test('a body is asked for only once its headers are fine', async () => {
  const { url } = await started();
  const head = (length: number) =>
    `POST /v1/events HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`;
  expect(await raw(url, head(99_000_000))).toContain('413');
  expect(await raw(url, head(13))).toContain('100 Continue');
});

describe('a reload', () => {
  test('hands the address and its connections to the successor', async () => {
    const { receiver, context, url } = await started();
    const agent = connect(Number(new URL(url).port), '127.0.0.1');
    onTestFinished(() => void agent.destroy());
    let answers = '';
    agent.on('data', (chunk: Buffer) => (answers += chunk.toString()));
    const request = 'POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 13\r\n\r\n{"title":"t"}';
    agent.write(request);
    await eventually(() => answers.includes('202'), 'the first answer');

    const sink = new FakeSink();
    const successor = http.create(
      { ...DEFAULTS, auth: { ...SIGNATURE, type: 'bearer', token: 'new' } },
      context,
      sink,
    ) as HttpReceiver;
    successor.adopt(receiver);
    await successor.start(new AbortController().signal);
    onTestFinished(() => successor.stop());
    await receiver.stop();
    expect(successor.addresses()).toEqual([url]);
    agent.write(request);
    await eventually(() => answers.includes('401'), 'the second answer, by the new options');
    agent.write(request.replace('Host: x', 'Host: x\r\nAuthorization: Bearer new'));
    await eventually(() => sink.events.length === 1, 'the third request, on the same connection');
  });

  test('that fails is put back', async () => {
    const { receiver, context, url, post } = await started();
    const successor = http.create(
      { ...DEFAULTS, listen: ['http://127.0.0.1:0', `http://127.0.0.2:0`, url] },
      context,
      new FakeSink(),
    ) as HttpReceiver;
    successor.adopt(receiver);
    await expect(successor.start(new AbortController().signal)).rejects.toThrow('is taken');
    receiver.adopt(successor);
    await successor.stop();
    expect((await post('{"title":"t"}')).status).toBe(202);
  });
});

describe('stop', () => {
  test('finishes requests under way and closes the connections', async () => {
    const sink = new FakeSink();
    sink.settlement = undefined;
    const { receiver, post, url } = await started({}, sink);
    const answer = post('{"title":"t"}');
    await eventually(() => sink.unsettled.length === 1, 'the batch');
    const stopped = receiver.stop();
    sink.unsettled[0]?.('safe');
    expect((await answer).status).toBe(202);
    await stopped;
    await expect(fetch(url)).rejects.toThrow();
  });

  test('does not wait for ever', async () => {
    const sink = new FakeSink();
    sink.settlement = undefined;
    const { receiver, context, post } = await started({}, sink);
    const answer = post('{"title":"t"}').catch(() => 'cut');
    await eventually(() => sink.unsettled.length === 1, 'the batch');
    const stopped = receiver.stop();
    context.clock.advance(5_000);
    await stopped;
    expect(await answer).toBe('cut');
  });

  test('is safe twice and without start', async () => {
    const receiver = http.create(DEFAULTS, fakeContext(), new FakeSink());
    await receiver.stop();
    await receiver.stop();
  });
});

describe('options', () => {
  test('a taken port is said with what to do', async () => {
    const { url } = await started();
    const second = http.create({ ...DEFAULTS, listen: [url] }, fakeContext(), new FakeSink());
    await expect(second.start(new AbortController().signal)).rejects.toMatchObject({
      name: 'StartError',
      message: expect.stringMatching(/port \d+ is taken.*ss -ltnp.*another port/),
      place: { path: ['listen', 0] },
    });
  });

  test('are checked together', () => {
    const problems = http.check?.({
      ...DEFAULTS,
      listen: ['tcp://x:1', 'http://0.0.0.0:1'],
      auth: { ...SIGNATURE, type: 'basic', username: 'u' },
      max_in_flight: 2_000,
    });
    expect(problems?.map(({ severity, path }) => [severity, path])).toEqual([
      ['error', ['listen', 0]],
      ['error', ['auth', 'type']],
      ['error', ['max_in_flight']],
    ]);
    expect(http.check?.({ ...DEFAULTS, listen: ['http://0.0.0.0:1'] })).toMatchObject([{ severity: 'hint' }]);
  });
});
