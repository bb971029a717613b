import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { generate } from 'selfsigned';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { built, connected, options, type Running, started, turnsOf } from './support.ts';

const TLS = 'tls://127.0.0.1:0';

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

interface Files {
  readonly cert_file: string;
  readonly key_file: string;
  readonly ca_file: string;
}

let writes = 0;

function write(file: string, text: string): void {
  writeFileSync(file, text);
  // Two writes within one tick of the file system's clock would look like one.
  writes += 1;
  utimesSync(file, writes, writes);
}

function files(pair = first): Files {
  const directory = mkdtempSync(join(tmpdir(), 'syslog-tls-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const paths = {
    cert_file: join(directory, 'cert.pem'),
    key_file: join(directory, 'key.pem'),
    ca_file: join(directory, 'ca.pem'),
  };
  write(paths.cert_file, pair.cert);
  write(paths.key_file, pair.private);
  write(paths.ca_file, client.cert);
  return paths;
}

const listening = ({ cert_file, key_file }: Files, rest: Parameters<typeof options>[1] = {}) =>
  options(TLS, { tls: { cert_file, key_file, client_auth: 'none' }, ...rest });

async function secured(port: number, more: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...more });
  onTestFinished(() => void socket.destroy());
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => {});
  return socket;
}

const nameOf = (socket: TLSSocket): unknown => socket.getPeerCertificate().subject.CN;
const failed = ({ context }: Running): number => context.counts['failed_handshakes']!;

describe('tls', () => {
  test('takes counted messages, and names the sender', async () => {
    const running = await started(listening(files()));
    expect(running.receiver.addresses!()[0]).toMatch(/^tls:\/\/127\.0\.0\.1:\d+$/);
    const socket = await secured(running.port());
    socket.end('7 <11>one9 <13>two\nx');
    await eventually(() => running.sink.events.length === 2, 'both arrived');
    expect(running.sink.events.map(({ message }) => message)).toEqual(['one', 'two\nx']);
    expect(running.sink.events[0]!.metadata['remote']).toBe('127.0.0.1');
  });

  test('refuses what is older than TLS 1.2', async () => {
    const running = await started(listening(files()));
    const old = secured(running.port(), { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' });
    await expect(old).rejects.toThrow();
    await eventually(() => failed(running) === 1, 'it was counted');
    expect((await secured(running.port(), { maxVersion: 'TLSv1.2' })).getProtocol()).toBe('TLSv1.2');
  });

  test('hangs up on what is no TLS, and says once what it was', async () => {
    const running = await started(listening(files()));
    for (const text of ['GET / HTTP/1.0\r\n\r\n', '<13>plain\n', '\x16\x03\x01\xff\xff']) {
      const socket = await connected(running.port());
      socket.write(text, 'latin1');
      if (text.startsWith('\x16')) socket.end();
      socket.resume();
      await eventually(() => socket.destroyed, 'it was closed');
    }
    await eventually(() => failed(running) === 3, 'each was counted');
    expect(running.context.lines.filter(({ level }) => level === 'warn').map(({ message }) => message)).toEqual([
      'a TLS handshake with 127.0.0.1 failed: the sender speaks HTTP. More of these within a minute are only counted.',
    ]);
    expect(running.sink.events).toEqual([]);
  });

  test('hangs up on who says nothing for ten seconds, and on nobody else', async () => {
    const running = await started(listening(files(), { max_connections: 2 }));
    const good = await secured(running.port());
    const silent = await connected(running.port());
    silent.resume();
    const third = await connected(running.port());
    third.resume();
    await eventually(() => third.destroyed, 'a handshake counts as a connection');
    running.context.clock.advance(9_000);
    expect(failed(running)).toBe(0);
    running.context.clock.advance(2_000);
    await eventually(() => silent.destroyed, 'it was closed');
    expect(failed(running)).toBe(1);
    good.write('<13>still here\n');
    await eventually(() => running.sink.events.length === 1, 'it arrived');
  });

  test('refuses senders that allow does not name before their handshake', async () => {
    const running = await started(listening(files(), { allow: ['10.0.0.0/8'] }));
    await expect(secured(running.port())).rejects.toThrow();
    expect(running.context.counts).toMatchObject({ refused_connections: 1, failed_handshakes: 0 });
  });

  test('uses a renewed certificate for new connections, and keeps the old ones', async () => {
    const paths = files();
    const running = await started(listening(paths));
    const before = await secured(running.port());
    write(paths.cert_file, second.cert);
    write(paths.key_file, second.private);
    running.context.clock.advance(1_000);
    const changed = (): boolean => running.context.lines.some(({ message }) => message.includes('have changed'));
    await eventually(changed, 'it was noticed');
    const after = await secured(running.port());
    expect([nameOf(before), nameOf(after)]).toEqual(['first', 'second']);
    before.write('<13>old\n');
    await eventually(() => running.sink.events.length === 1, 'it arrived');
  });

  test('keeps the old certificate while the new one cannot be used, and says so', async () => {
    const paths = files();
    const running = await started(listening(paths));
    write(paths.cert_file, second.cert);
    const warnings = (): string[] =>
      running.context.lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
    await eventually(() => {
      running.context.clock.advance(5_000);
      return warnings().length > 0;
    }, 'it was noticed');
    expect(warnings()).toEqual([
      `the TLS files have changed, but cannot be used: ${paths.key_file} is not the key of the certificate in ${paths.cert_file}. Until then the old ones stay in use.`,
    ]);
    expect(nameOf(await secured(running.port()))).toBe('first');
  });

  test.each([
    ['request', true, false],
    ['require', false, false],
  ] as const)('client_auth: %s', async (client_auth, takesNone, takesBad) => {
    const paths = files();
    const running = await started(options(TLS, { tls: { ...paths, client_auth } }));
    const delivers = async (more: ConnectionOptions): Promise<boolean> => {
      const seen = running.sink.events.length + failed(running);
      // TLS 1.3 clients are told that they were refused after they have finished.
      const socket = await secured(running.port(), more);
      socket.resume().write('<13>hello\n');
      const before = failed(running);
      await eventually(() => running.sink.events.length + failed(running) > seen, 'it was judged');
      return failed(running) === before && running.sink.events.length > 0;
    };
    expect(await delivers({ cert: client.cert, key: client.private })).toBe(true);
    running.sink.events.length = 0;
    expect(await delivers({})).toBe(takesNone);
    running.sink.events.length = 0;
    expect(await delivers({ cert: second.cert, key: second.private })).toBe(takesBad);
  });

  test.each([
    ['a missing file', 'cert_file', undefined, /cannot read .*cert\.pem: ENOENT\. Check the path\./],
    ['a file that is no PEM', 'key_file', 'secret', /key\.pem holds no private key in PEM form/],
    ['a key of another certificate', 'key_file', 'other', /key\.pem is not the key of the certificate in .*cert\.pem/],
  ] as const)('does not start with %s, and says which', async (_, option, text, message) => {
    const paths = files();
    if (text === undefined) rmSync(paths[option]);
    else write(paths[option], text === 'other' ? second.private : text);
    const error = await started(listening(paths)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name: 'StartError',
      message: expect.stringMatching(message) as string,
      place: { path: ['tls', option] },
    });
  });
});

describe('a reload with tls', () => {
  test('keeps connections and half-read messages, and new ones see the new certificate', async () => {
    const old = await started(listening(files(first)));
    const socket = await secured(old.port());
    socket.write('8 <13>ha');
    const next = built(listening(files(second)), old.sink);
    next.receiver.adopt!(old.receiver);
    await next.receiver.start(AbortSignal.timeout(5_000));
    await old.receiver.stop();
    expect(nameOf(await secured(next.port()))).toBe('second');
    socket.write('lf');
    await eventually(() => next.sink.events.length === 1, 'it arrived');
    expect(next.sink.events[0]!.message).toBe('half');
  });

  test('that cannot read its files leaves the running listener as it was', async () => {
    const paths = files(first);
    const old = await started(listening(paths));
    const broken = files(second);
    rmSync(broken.key_file);
    const next = built(listening(broken), old.sink);
    next.receiver.adopt!(old.receiver);
    await expect(next.receiver.start(AbortSignal.timeout(5_000))).rejects.toThrow(/cannot read/);
    old.receiver.adopt!(next.receiver);
    await next.receiver.stop();
    const socket = await secured(old.port());
    expect(nameOf(socket)).toBe('first');
    socket.write('<13>still\n');
    await eventually(() => old.sink.events.length === 1, 'it arrived');
  });
});

/** Has a sender wait for room with so many messages written, one a record. */
async function waiting(messages: number): Promise<Running & { readonly socket: TLSSocket; readonly under: Socket }> {
  const running = await started(listening(files()));
  const { sink, port } = running;
  const under = await connected(port());
  const socket = await secured(port(), { socket: under });
  sink.room = false;
  for (let n = 0; n < messages; n += 1) {
    socket.write(`<13>${n}\n`);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await turnsPass();
  return { ...running, socket, under };
}

async function turnsPass(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test('records that wait are read many a turn, also while many events wait', async () => {
  const { sink, socket } = await waiting(200);
  sink.isCrowded = true;
  const turns = await turnsOf(sink, 200, async () => {
    sink.makeRoom();
    socket.end();
  });
  expect(Math.max(...turns.map(({ batches }) => batches))).toBeGreaterThan(20);
});

test('what was read of a sender that resets while the queues are full is delivered once there is room', async () => {
  const { sink, under } = await waiting(200);
  under.resetAndDestroy();
  await turnsPass();
  sink.makeRoom();
  await eventually(() => sink.events.length > 20, 'what was read arrived');
  expect(sink.events.map(({ message }) => message)).toEqual(sink.events.map((_, n) => `${n}`));
});
