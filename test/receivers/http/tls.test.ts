import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { generate } from 'selfsigned';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import http from '../../../src/receivers/http/http.ts';
import type { HttpReceiver } from '../../../src/receivers/http/http-receiver.ts';
import { eventually } from '../../support/eventually.ts';
import { FakeSink, fakeContext } from '../../support/fakes.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { DEFAULTS, started } from './support.ts';

interface Pair {
  readonly cert: string;
  readonly private: string;
}

let first: Pair;
let second: Pair;
let client: Pair;

beforeAll(async () => {
  const made = (name: string): Promise<Pair> =>
    generate([{ name: 'commonName', value: name }], { keySize: 2_048, algorithm: 'sha256' });
  [first, second, client] = await Promise.all([made('first'), made('second'), made('client')]);
});

async function files() {
  const folder = await temporaryDirectory();
  const write = (pair: Pair): void => {
    writeFileSync(join(folder, 'cert.pem'), pair.cert);
    writeFileSync(join(folder, 'key.pem'), pair.private);
  };
  write(first);
  writeFileSync(join(folder, 'ca.pem'), client.cert);
  const paths = { cert_file: join(folder, 'cert.pem'), key_file: join(folder, 'key.pem') };
  return { write, tls: { ...paths, client_auth: 'none' as const }, ca_file: join(folder, 'ca.pem') };
}

const listen = ['https://127.0.0.1:0'];

/** The status of one request on a new connection, and whose certificate was seen; a word where there was none. */
function send(url: string, certificate?: Pair): Promise<{ status: number; from: string } | string> {
  const agent = new Agent({ maxCachedSessions: 0 });
  return new Promise((resolve) => {
    const sent = request(`${url}/v1/events`, {
      agent,
      method: 'POST',
      rejectUnauthorized: false,
      headers: { 'content-type': 'application/json' },
      ...(certificate && { cert: certificate.cert, key: certificate.private }),
    });
    sent.on('response', (response) => {
      const from = (response.socket as TLSSocket).getPeerCertificate().subject.CN;
      response.resume();
      response.on('end', () => resolve({ status: response.statusCode ?? 0, from: String(from) }));
      response.on('close', () => agent.destroy());
    });
    sent.on('error', () => resolve('refused'));
    sent.end('{"title":"t"}');
  });
}

test('events come in over TLS', async () => {
  const { url, sink } = await started({ listen, tls: (await files()).tls });
  expect(url).toMatch(/^https:/);
  expect(await send(url)).toEqual({ status: 202, from: 'first' });
  expect(sink.events).toHaveLength(1);
});

test('a renewed certificate is used without a restart, and a broken renewal is not', async () => {
  const { tls, write } = await files();
  const { url, context } = await started({ listen, tls });
  write(second);
  context.clock.advance(5_000);
  await eventually(async () => JSON.stringify(await send(url)).includes('second'), 'the new certificate');
  write({ cert: 'nonsense', private: 'nonsense' });
  context.clock.advance(5_000);
  expect(await send(url)).toEqual({ status: 202, from: 'second' });
});

describe('client_auth', () => {
  test.each([
    ['none', 202, 202, 202],
    ['request', 202, 'refused', 202],
    ['require', 'refused', 'refused', 202],
  ] as const)(
    '%s: without a certificate %s, with a strange one %s, with a good one %s',
    async (clientAuth, ...expected) => {
      const { tls, ca_file } = await files();
      const { url, context } = await started({ listen, tls: { ...tls, ca_file, client_auth: clientAuth } });
      const answers = [await send(url), await send(url, second), await send(url, client)];
      expect(answers.map((answer) => (typeof answer === 'string' ? answer : answer.status))).toEqual(expected);
      const refused = expected.filter((one) => one === 'refused').length;
      await eventually(() => context.counts['http_handshakes_failed'] === refused, 'the count');
    },
  );

  test('acts on new connections after an edit, on the same port', async () => {
    const { tls, ca_file } = await files();
    const { url, receiver } = await started({ listen, tls });
    const successor = http.create(
      { ...DEFAULTS, listen, tls: { ...tls, ca_file, client_auth: 'require' } },
      fakeContext(),
      new FakeSink(),
    ) as HttpReceiver;
    successor.adopt(receiver);
    await successor.start(new AbortController().signal);
    onTestFinished(() => successor.stop());
    expect(successor.addresses()).toEqual([url]);
    expect(await send(url)).toBe('refused');
    expect(await send(url, client)).toMatchObject({ status: 202 });
  });
});

test('plain text on a TLS port harms nobody', async () => {
  const { url, context } = await started({ listen, tls: (await files()).tls });
  const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {});
  socket.write('POST /v1/events HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(socket, 'close');
  expect(context.counts['http_handshakes_failed']).toBe(1);
  expect(await send(url)).toMatchObject({ status: 202 });
});

test('what is wrong with the files is said with where', async () => {
  const { tls } = await files();
  const receiver = http.create(
    { ...DEFAULTS, listen, tls: { ...tls, key_file: '/none.pem' } },
    fakeContext(),
    new FakeSink(),
  );
  await expect(receiver.start(new AbortController().signal)).rejects.toMatchObject({
    name: 'StartError',
    message: expect.stringContaining('cannot read /none.pem'),
    place: { path: ['tls', 'key_file'] },
  });
  await receiver.stop?.();
});

test('https needs a certificate, and client_auth authorities', async () => {
  const problems = (options: object): unknown => http.check?.({ ...DEFAULTS, ...options })?.map(({ path }) => path);
  expect(problems({ listen: ['https://127.0.0.1:1'] })).toEqual([['listen', 0]]);
  expect(problems({ tls: (await files()).tls })).toEqual([['tls']]);
  const { tls } = await files();
  expect(problems({ listen: ['https://127.0.0.1:1'], tls: { ...tls, client_auth: 'require' } })).toEqual([
    ['tls', 'client_auth'],
  ]);
});
