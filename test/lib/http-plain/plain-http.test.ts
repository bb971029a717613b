import { setTimeout as sleep } from 'node:timers/promises';
import { setMaxListeners } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { HttpClient, type HttpClientOptions } from '../../../src/lib/http-client.ts';
import { byteServer } from '../../support/byte-server.ts';
import { eventually } from '../../support/eventually.ts';

const never = new AbortController().signal;
setMaxListeners(0, never);

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

function client(options: HttpClientOptions): HttpClient {
  const made = new HttpClient(options);
  onTestFinished(() => made.close());
  return made;
}

test.for([
  ['text', 'böd', 'b\u00c3\u00b6d', 4],
  ['short bytes', Buffer.from('böd'), 'b\u00c3\u00b6d', 4],
  ['long text', 'x'.repeat(100_000), 'x'.repeat(100_000), 100_000],
  ['long bytes', Buffer.alloc(100_000, 'y'), 'y'.repeat(100_000), 100_000],
] as const)('a request with %s as its body is one message on the wire', async ([, body, written, length]) => {
  const server = await byteServer((socket, _text, index) => {
    if (server.received[index]!.endsWith(written)) socket.write(OK);
  });
  const headers = { 'x-one': 'two' };
  expect(await client({ url: server.url }).post(body, headers, never)).toMatchObject({ status: 200, text: 'ok' });
  expect(server.received).toEqual([
    `POST /in HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\nconnection: keep-alive\r\nx-one: two\r\ncontent-length: ${length}\r\n\r\n${written}`,
  ]);
});

test('requests one after the other go over one connection; at once, over one each', async () => {
  const server = await byteServer((socket) => socket.write(OK));
  const http = client({ url: server.url });
  for (let count = 0; count < 5; count += 1) await http.post('x', {}, never);
  expect(server.sockets).toHaveLength(1);
  await Promise.all(Array.from({ length: 4 }, () => http.post('x', {}, never)));
  expect(server.sockets).toHaveLength(4);
});

test('with one connection, requests wait for it, and are sent in their order', async () => {
  const server = await byteServer((socket) => setTimeout(() => socket.write(OK), 5));
  const http = client({ url: server.url, connections: 1 });
  await Promise.all(['a', 'b', 'c'].map((body) => http.post(body, {}, never)));
  expect(server.sockets).toHaveLength(1);
  expect(server.received[0]!.replaceAll(/POST[^]*?\r\n\r\n/g, '')).toBe('abc');
});

test('a connection that breaks costs the request on it, not those that wait for it', async () => {
  const server = await byteServer((socket, _text, connection) => {
    if (connection === 0) socket.destroy();
    else socket.write(OK);
  });
  const http = client({ url: server.url, connections: 1 });
  const [first, second] = await Promise.all([http.post('a', {}, never), http.post('b', {}, never)]);
  expect(first).toMatchObject({ kind: 'later', reason: expect.stringMatching(/closed|reset/) as string });
  expect(second).toMatchObject({ status: 200 });
});

test('an answer before the request was taken counts, and the connection is not used again', async () => {
  const refusal = 'HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n';
  const server = await byteServer((socket, _text, connection) => {
    socket.pause();
    socket.write(connection === 0 ? refusal : OK);
  });
  const http = client({ url: server.url });
  expect(await http.post(Buffer.alloc(20_000_000), {}, never)).toMatchObject({ status: 413 });
  expect(await http.post('x', {}, never)).toMatchObject({ status: 200 });
  expect(server.sockets).toHaveLength(2);
});

test('a connection is given up before the server says that it will be', async () => {
  const server = await byteServer((socket) =>
    socket.write('HTTP/1.1 200 OK\r\nkeep-alive: timeout=1\r\ncontent-length: 0\r\n\r\n'),
  );
  const http = client({ url: server.url });
  await http.post('x', {}, never);
  await http.post('x', {}, never);
  expect(server.sockets).toHaveLength(2);
});

test('a connection keeps the process from ending only while a request is under way', async () => {
  const server = await byteServer((socket) => socket.write(OK));
  const http = client({ url: server.url });
  await http.post('x', {}, never);
  const sockets = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
  const atRest = sockets();
  const again = http.post('x', {}, never);
  expect(sockets()).toBe(atRest + 1);
  await again;
  expect(server.sockets).toHaveLength(1);
});

test('a connection that the server closes while it is idle costs no request', async () => {
  const server = await byteServer((socket) => socket.write(OK));
  const http = client({ url: server.url });
  await http.post('x', {}, never);
  server.sockets[0]!.end();
  await eventually(() => server.sockets[0]!.destroyed, 'it is closed on both sides');
  expect(await http.post('x', {}, never)).toMatchObject({ status: 200 });
});

test('what comes unasked ends the connection, and is nobody’s answer', async () => {
  const server = await byteServer((socket, _text, connection) => {
    socket.write(OK);
    if (connection === 0) setTimeout(() => socket.write('HTTP/1.1 500 Late\r\ncontent-length: 0\r\n\r\n'), 20);
  });
  const http = client({ url: server.url });
  await http.post('x', {}, never);
  await sleep(60);
  expect(await http.post('x', {}, never)).toMatchObject({ status: 200 });
  expect(server.sockets).toHaveLength(2);
});

test('a signal ends its request down to the socket, and no other', async () => {
  const server = await byteServer((socket, _text, connection) => {
    if (connection === 1) setTimeout(() => socket.write(OK), 50);
  });
  const http = client({ url: server.url });
  const stop = new AbortController();
  const stopped = http.post('a', {}, stop.signal);
  const other = http.post('b', {}, never);
  await eventually(() => server.received.length === 2, 'both are sent');
  stop.abort(new Error('stopped'));
  await expect(stopped).rejects.toThrow('stopped');
  await eventually(() => server.sockets[0]!.destroyed, 'its connection is closed');
  expect(await other).toMatchObject({ status: 200 });
});

test('closing ends what is under way, what waits, and what comes after', async () => {
  const server = await byteServer(() => {});
  const http = client({ url: server.url, connections: 1 });
  const both = [http.post('a', {}, never), http.post('b', {}, never)];
  await eventually(() => server.sockets.length === 1, 'the first is sent');
  await http.close();
  for (const one of [...both, http.post('c', {}, never)]) expect(await one).toMatchObject({ kind: 'later' });
});

test.for([
  [{ Expect: '100-continue' }, /expect/],
  [{ 'Transfer-Encoding': 'chunked' }, /transfer-encoding/],
  [{ 'x-a': 'b\r\nx-c: d' }, /character/],
  [{ 'x a': 'b' }, /character/],
] as const)('headers %j are not sent', async ([headers, reason]) => {
  const server = await byteServer((socket) => socket.write(OK));
  const verdict = await client({ url: server.url }).post('x', headers, never);
  expect(verdict).toMatchObject({ kind: 'misconfigured', reason: expect.stringMatching(reason) as string });
  expect(server.sockets).toHaveLength(0);
});

test('headers on the connection and the length are minded, and make no second ones', async () => {
  const server = await byteServer((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
  const headers = { Connection: 'close', 'content-length': '9', te: 'trailers' };
  expect(await client({ url: server.url }).post('x', headers, never)).toMatchObject({ status: 200 });
  expect(server.received[0]).toBe(
    `POST /in HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\nconnection: close\r\nte: trailers\r\ncontent-length: 1\r\n\r\nx`,
  );
});

test('a client that was closed before its first request sends none', async () => {
  const server = await byteServer((socket) => socket.write(OK));
  const http = client({ url: server.url });
  await http.close();
  expect(await http.post('x', {}, never)).toMatchObject({ kind: 'later' });
  expect(server.sockets).toHaveLength(0);
});

test('a Host header of the options takes the place of the URL’s', async () => {
  const server = await byteServer((socket) => socket.write(OK));
  await client({ url: server.url }).post('x', { Host: 'logs.example.com' }, never);
  expect(server.received[0]).toMatch(/^POST \/in HTTP\/1\.1\r\nhost: logs\.example\.com\r\n/);
  expect(server.received[0]!.match(/host:/gi)).toHaveLength(1);
});

test('an answer that never ends is ended by its size, however it is framed', async () => {
  const server = await byteServer((socket) => {
    socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
    const more = setInterval(() => socket.write(`400\r\n${'z'.repeat(1_024)}\r\n`), 1);
    socket.on('close', () => clearInterval(more));
  });
  const answer = await client({ url: server.url, maxAnswerBytes: 5_000 }).post('x', {}, never);
  expect(answer).toMatchObject({ status: 200, text: 'z'.repeat(5_000) });
  await eventually(() => server.sockets[0]!.destroyed, 'its connection is closed');
});
