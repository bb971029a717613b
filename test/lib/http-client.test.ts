import { setMaxListeners } from 'node:events';
import { createServer as createTlsServer } from 'node:https';
import { writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Verdict } from '../../src/component/component.ts';
import { HttpClient, retryAfterMs, verdictOf, type Answer, type HttpClientOptions } from '../../src/lib/http-client.ts';
import { serve } from '../support/http-server.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const never = new AbortController().signal;
// Of every client here.
setMaxListeners(0, never);

function client(options: HttpClientOptions): HttpClient {
  const made = new HttpClient(options);
  onTestFinished(() => made.close());
  return made;
}

describe('requests', () => {
  test('carry method, path, headers and body, and bring the answer back', async () => {
    const server = await serve({ status: 201, body: 'made', headers: { 'x-left': '3' } });
    const http = client({ url: `${server.url}?a=1` });
    const answer = await http.request({
      method: 'PUT',
      headers: { 'x-one': 'two' },
      body: Buffer.from('böd'),
      signal: never,
    });
    expect(answer).toMatchObject({ status: 201, text: 'made', headers: { 'x-left': '3' } });
    expect(server.seen[0]).toMatchObject({
      method: 'PUT',
      path: '/hooks/s3cret-T0KEN?a=1',
      body: 'böd',
      headers: { 'x-one': 'two' },
    });
    await http.request({ path: '/other', body: '', signal: never });
    expect(server.seen[1]).toMatchObject({ method: 'POST', path: '/other' });
  });

  test('share connections when made one after the other', async () => {
    const server = await serve({ body: 'ok' });
    const http = client({ url: server.url });
    for (let count = 0; count < 20; count += 1) await http.post('x', {}, never);
    expect(server.connections()).toBe(1);
  });

  test('do not follow redirects', async () => {
    const target = await serve();
    const server = await serve({ status: 302, headers: { location: target.url } });
    expect(await client({ url: server.url }).post('', {}, never)).toMatchObject({ status: 302 });
    expect(target.seen).toHaveLength(0);
  });

  test('keep only so much of an answer', async () => {
    const server = await serve({ status: 400, body: 'y'.repeat(1_000_000) });
    const answer = (await client({ url: server.url, maxAnswerBytes: 100 }).post('', {}, never)) as Answer;
    expect(answer.status).toBe(400);
    expect(answer.text).toHaveLength(100);
  });

  test('use credentials in the URL, as one header', async () => {
    const server = await serve();
    await client({ url: server.url.replace('//', '//us%40er:p%C3%A4ss@') }).post('', {}, never);
    expect(server.seen[0]?.headers.authorization).toBe(`Basic ${Buffer.from('us@er:päss').toString('base64')}`);
  });

  test('end with the signal, before, while waiting for an answer, and while others wait for the connection', async () => {
    const server = await serve({ status: 'never' });
    const http = client({ url: server.url, connections: 1 });
    await expect(http.post('', {}, AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
    const controller = new AbortController();
    const both = [http.post('', {}, controller.signal), http.post('', {}, controller.signal)];
    setTimeout(() => controller.abort(new Error('stopped')), 30);
    for (const one of both) await expect(one).rejects.toThrow('stopped');
    expect(server.seen.length).toBeLessThanOrEqual(1);
  });
});

describe('failures are verdicts', () => {
  test.for([
    ['http://127.0.0.1:1/s3cret', 'later', /refused/],
    ['http://no-such-host.invalid/s3cret', /later|misconfigured/, /host|name resolution/],
  ] as const)('%s', async ([url, kind, reason]) => {
    const verdict = (await client({ url }).post('', {}, never)) as Verdict & { reason: string };
    expect(verdict.kind).toMatch(kind);
    expect(verdict.reason).toMatch(reason);
    expect(verdict.reason).not.toMatch(/s3cret|127\.0|no-such/);
  });

  test('a connection that is hung up', async () => {
    const server = await serve({ status: 'hang up' });
    expect(await client({ url: server.url }).post('', {}, never)).toMatchObject({
      kind: 'later',
      reason: expect.stringMatching(/closed|reset/) as string,
    });
  });

  test('a header that cannot be sent', async () => {
    const server = await serve();
    const verdict = await client({ url: server.url }).post('', { 'x-bad': 's3cret\r\nx: y' }, never);
    expect(verdict).toMatchObject({ kind: 'misconfigured' });
    expect(JSON.stringify(verdict)).not.toContain('s3cret');
  });

  test('a certificate that nobody vouches for, until ca_file or verify_ssl says so', async () => {
    const pems = await generate([{ name: 'commonName', value: 'localhost' }], {
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
    });
    const server = createTlsServer({ key: pems.private, cert: pems.cert }, (_, response) => response.end('ok'));
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    onTestFinished(() => void server.close());
    const url = `https://localhost:${(server.address() as AddressInfo).port}/s3cret`;
    const caFile = join(await temporaryDirectory(), 'ca.pem');
    await writeFile(caFile, pems.cert);

    expect(await client({ url }).post('', {}, never)).toMatchObject({
      kind: 'misconfigured',
      reason: expect.stringMatching(/certificate not trusted.*ca_file/) as string,
    });
    expect(await client({ url, caFile }).post('', {}, never)).toMatchObject({ status: 200 });
    expect(await client({ url, verifySsl: false }).post('', {}, never)).toMatchObject({ status: 200 });
    expect(await client({ url, caFile: '/no/such/file' }).post('', {}, never)).toMatchObject({
      kind: 'misconfigured',
      reason: expect.stringMatching(/ca_file: ENOENT/) as string,
    });
    expect(await client({ url: url.replace('https', 'http') }).post('', {}, never)).toMatchObject({ kind: 'later' });
  });

  test('plain HTTP where TLS was expected', async () => {
    const server = await serve();
    expect(await client({ url: server.url.replace('http:', 'https:') }).post('', {}, never)).toMatchObject({
      kind: 'misconfigured',
      reason: expect.stringMatching(/TLS/) as string,
    });
  });
});

describe('verdictOf', () => {
  const answer = (status: number, text = '', headers = {}): Answer => ({ status, text, headers });

  test.for([
    [200, 'sent'],
    [202, 'sent'],
    [204, 'sent'],
    [301, 'misconfigured'],
    [302, 'refused'],
    [307, 'refused'],
    [308, 'misconfigured'],
    [400, 'refused'],
    [413, 'refused'],
    [422, 'refused'],
    [409, 'refused'],
    [401, 'misconfigured'],
    [403, 'misconfigured'],
    [404, 'misconfigured'],
    [405, 'misconfigured'],
    [410, 'misconfigured'],
    [408, 'later'],
    [425, 'later'],
    [429, 'later'],
    [500, 'later'],
    [502, 'later'],
    [503, 'later'],
    [504, 'later'],
  ] as const)('%i is %s', ([status, kind]) => {
    expect(verdictOf(answer(status), 0)).toMatchObject({ kind });
  });

  test('says what the destination said, without secrets', () => {
    expect(verdictOf(answer(400, 'invalid_payload\n'), 0)).toEqual({
      kind: 'refused',
      reason: 'answered 400: invalid_payload',
    });
    expect(verdictOf(answer(400, 'no /hooks/abc here'), 0, ['/hooks/abc'])).toMatchObject({
      reason: 'answered 400: no [hidden] here',
    });
  });

  test('passes Retry-After on', () => {
    expect(verdictOf(answer(429, '', { 'retry-after': '7' }), 0)).toMatchObject({ notBeforeMs: 7_000 });
  });
});

test.for([
  ['7', 7_000],
  ['0', 0],
  ['0.25', 250],
  ['1e9', undefined],
  ['-5', undefined],
  ['', undefined],
  ['soon', undefined],
  ['99999999999', 86_400_000],
  ['Thu, 15 Jan 2026 12:00:30 GMT', 30_000],
  ['Thursday, 15-Jan-26 12:00:30 GMT', 30_000],
  ['Thu Jan 15 12:00:30 2026', 30_000],
  ['Thu, 15 Jan 2026 11:00:00 GMT', 0],
  ['2026-01-15', undefined],
] as const)('Retry-After %s is %s', ([header, expected]) => {
  expect(retryAfterMs(header, Date.UTC(2026, 0, 15, 12))).toBe(expected);
});
