import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { jsonOf } from '../../src/telemetry/admin-http.ts';
import { startAdmin, type AdminOptions, type Route } from '../../src/telemetry/admin.ts';
import { eventually } from '../support/eventually.ts';
import { fakeContext } from '../support/fakes.ts';

const routes: Route[] = [
  { method: 'GET', path: '/healthz', open: true, handle: () => ({ status: 200, body: 'alive\n' }) },
  { method: 'GET', path: '/status', handle: ({ query }) => ({ status: 200, body: { asked: query.get('q') } }) },
  { method: 'POST', path: '/v1/events', handle: ({ body }) => ({ status: 202, body: { got: jsonOf(body) } }) },
  {
    method: 'GET',
    path: '/broken',
    handle: () => {
      throw new Error('the secret is hunter2');
    },
  },
];

async function start(options: Partial<AdminOptions> = {}) {
  const { log, lines } = fakeContext();
  const admin = await startAdmin({ listen: '127.0.0.1:0', chosen: true, routes, log, ...options });
  onTestFinished(() => admin.stop());
  return { admin, lines, address: admin.address };
}

interface Answer {
  status: number;
  text: string;
  headers: IncomingMessage['headers'];
}

/** By hand, since `fetch` sends a Host header of its own. */
async function ask(address: string, path: string, { method = 'GET', headers = {}, body = '' } = {}): Promise<Answer> {
  const [host, port] = address.split(/:(?=\d+$)/);
  const sent = httpRequest({ host: host!.replace(/[[\]]/g, ''), port, path, method, headers });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode ?? 0, text, headers: response.headers };
}

async function occupy(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test('answers text, JSON, and a POST with a body', async () => {
  const { address } = await start();
  expect(await ask(address, '/healthz')).toMatchObject({ status: 200, text: 'alive\n' });
  const status = await ask(address, '/status?q=a%20b');
  expect(status.headers['content-type']).toBe('application/json');
  expect(JSON.parse(status.text)).toEqual({ asked: 'a b' });
  expect(await ask(address, '/v1/events', { method: 'POST', body: '[1]' })).toMatchObject({
    status: 202,
    text: '{"got":[1]}\n',
  });
});

test('HEAD is GET without the body', async () => {
  const { address } = await start();
  expect(await ask(address, '/healthz', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
});

test('another path is told what there is, another method what is taken', async () => {
  const { address } = await start();
  expect(await ask(address, '/nope')).toMatchObject({
    status: 404,
    text: 'nothing here; there are /broken, /healthz, /status, /v1/events\n',
  });
  const wrong = await ask(address, '/v1/events', { method: 'DELETE' });
  expect(wrong).toMatchObject({ status: 405, text: '/v1/events takes POST\n' });
  expect(wrong.headers.allow).toBe('POST');
});

test('a body that is no JSON is 400, and not repeated', async () => {
  const { address } = await start();
  const { status, text } = await ask(address, '/v1/events', { method: 'POST', body: '{"password": hunter2}' });
  expect(status).toBe(400);
  expect(text).toMatch(/^the body is not JSON/);
  expect(text).not.toContain('hunter2');
});

test('a body past the limit is 413', async () => {
  const { address } = await start();
  const body = ' '.repeat(8 * 1024 * 1024 + 1);
  expect((await ask(address, '/v1/events', { method: 'POST', body })).status).toBe(413);
});

test('a compressed body is 415', async () => {
  const { address } = await start();
  expect((await ask(address, '/v1/events', { method: 'POST', headers: { 'content-encoding': 'gzip' } })).status).toBe(
    415,
  );
});

test('an error of our own is logged, and its words stay here', async () => {
  const { address, lines } = await start();
  const { status, text } = await ask(address, '/broken');
  expect(status).toBe(500);
  expect(text).not.toContain('hunter2');
  expect(lines).toMatchObject([{ level: 'error', fields: { path: '/broken' } }]);
});

test('with a token, all but the probes need it', async () => {
  const { address } = await start({ token: 'letmein' });
  expect((await ask(address, '/healthz')).status).toBe(200);
  expect((await ask(address, '/status')).status).toBe(401);
  expect((await ask(address, '/nope')).status).toBe(401);
  expect((await ask(address, '/status', { headers: { authorization: 'Bearer letmeiN' } })).status).toBe(401);
  expect((await ask(address, '/status', { headers: { authorization: 'Bearer letmein' } })).status).toBe(200);
});

test('an address that other machines reach needs a token', async () => {
  await expect(start({ listen: '0.0.0.0:0' })).rejects.toThrow(
    'the admin address 0.0.0.0:0 can be reached from other machines, and has no token',
  );
  await expect(start({ listen: ':0' })).rejects.toThrow('has no token');
  const { address } = await start({ listen: '0.0.0.0:0', token: 't' });
  const port = address.split(':').at(-1);
  expect((await ask(`127.0.0.1:${port}`, '/healthz', { headers: { host: 'collector.example' } })).status).toBe(200);
});

test.for([
  [{ host: 'evil.example' }, 403],
  [{ host: 'evil.example:13133' }, 403],
  [{ host: '127.0.0.1.evil.example' }, 403],
  [{ host: 'localhost:13133' }, 200],
  [{ host: '[::1]:1' }, 200],
  [{ origin: 'https://evil.example' }, 403],
  [{ 'sec-fetch-site': 'cross-site' }, 403],
] as const)('a page in a browser cannot ask: %o is %i', async ([headers, status]) => {
  const { address } = await start();
  expect((await ask(address, '/healthz', { headers: { ...headers } })).status).toBe(status);
});

test('a taken port that was asked for is an error; one that was not makes room for the next', async () => {
  const port = await occupy();
  await expect(start({ listen: `127.0.0.1:${port}` })).rejects.toThrow(
    `the admin address 127.0.0.1:${port} is taken by another program`,
  );
  const { address } = await start({ listen: `127.0.0.1:${port}`, chosen: false });
  expect(address).toMatch(/^127\.0\.0\.1:\d+$/);
  expect((await ask(address, '/healthz')).status).toBe(200);
});

test.for(['13133', 'a:b', '127.0.0.1:99999', ''])('%o is no address', async (listen) => {
  await expect(start({ listen })).rejects.toThrow('is not host:port');
});

test('an address this machine does not have is said so', async () => {
  await expect(start({ listen: '203.0.113.1:0', token: 't' })).rejects.toThrow('cannot be listened on: EADDRNOTAVAIL');
});

test('a stream goes no faster than it is read, and ends when the asker goes', async () => {
  let made = 0;
  let ended = false;
  const tap: Route = {
    method: 'GET',
    path: '/tap',
    handle: ({ signal }) => ({
      status: 200,
      type: 'application/x-ndjson',
      body: (async function* () {
        try {
          while (!signal.aborted) {
            made += 1;
            yield `${'x'.repeat(64 * 1024)}\n`;
            await turn();
          }
        } finally {
          ended = true;
        }
      })(),
    }),
  };
  const { address } = await start({ routes: [tap] });
  const [host, port] = address.split(':');
  const sent = httpRequest({ host, port, path: '/tap' }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let before = -1;
  await eventually(async () => {
    if (made === before) return true;
    before = made;
    await new Promise((resolve) => setTimeout(resolve, 50));
    return false;
  }, 'the stream pauses');
  expect(made).toBeLessThan(1_000);
  response.destroy();
  await eventually(() => ended, 'the stream ends');
});

test('stopping ends streams, and is safe twice', async () => {
  const waiting: Route = {
    method: 'GET',
    path: '/wait',
    handle: ({ signal }) => ({
      status: 200,
      body: (async function* () {
        yield 'first\n';
        await once(signal, 'abort');
      })(),
    }),
  };
  const { admin, address } = await start({ routes: [waiting] });
  const answer = ask(address, '/wait');
  await turn();
  await new Promise((resolve) => setTimeout(resolve, 20));
  await Promise.all([admin.stop(), admin.stop()]);
  expect(await answer).toMatchObject({ status: 200, text: 'first\n' });
  await expect(ask(address, '/wait')).rejects.toThrow();
});
