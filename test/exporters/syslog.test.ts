import { createSocket, type Socket as Datagrams } from 'node:dgram';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { generate } from 'selfsigned';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Event } from '../../src/component/event.ts';
import syslog from '../../src/exporters/syslog.ts';
import { eventually } from '../support/eventually.ts';
import { deliver, exporterOf, withDefaults } from '../support/exporter.ts';
import { event, fakeContext } from '../support/fakes.ts';
import { sharedDirectory } from '../support/temporary.ts';

interface Receiver {
  readonly port: number;
  readonly server: Server;
  readonly connections: Socket[];
  text(): string;
}

async function listen(server: Server, hearing: 'hears' | 'deaf' = 'hears'): Promise<Receiver> {
  const connections: Socket[] = [];
  const chunks: Buffer[] = [];
  const onConnection = (socket: Socket): void => {
    connections.push(socket);
    socket.on('error', () => {});
    if (hearing === 'hears') socket.on('data', (chunk) => chunks.push(chunk));
  };
  server.on(isTls(server) ? 'secureConnection' : 'connection', onConnection);
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of connections) socket.destroy();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    server,
    connections,
    text: () => Buffer.concat(chunks).toString(),
  };
}

const isTls = (server: Server): boolean => 'setSecureContext' in server;

async function bind(): Promise<{ port: number; socket: Datagrams; messages: string[] }> {
  const messages: string[] = [];
  const socket = createSocket('udp4').on('message', (message) => messages.push(message.toString()));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  let open = true;
  socket.once('close', () => (open = false));
  onTestFinished(() => void (open && socket.close()));
  return { port: socket.address().port, socket, messages };
}

const numbered = (count: number): Event[] =>
  Array.from({ length: count }, (_, n) => event({ title: '', message: `event ${n}` }));
const options = { host: '127.0.0.1', hostname: 'h', event_fields: false };

/** What octet counting frames a text has; throws where it has none. */
function frames(text: string): string[] {
  const found: string[] = [];
  for (let bytes = Buffer.from(text); bytes.length > 0;) {
    const blank = bytes.indexOf(' ');
    const length = Number(bytes.toString('latin1', 0, blank));
    if (!(length > 0)) throw new Error(`no frame: ${bytes.toString('utf8', 0, 40)}`);
    found.push(bytes.toString('utf8', blank + 1, blank + 1 + length));
    bytes = bytes.subarray(blank + 1 + length);
  }
  return found;
}

describe('over UDP', () => {
  test('sends one message a datagram, in order', async () => {
    const { port, messages } = await bind();
    const exporter = exporterOf(syslog, { ...options, port });
    expect(await deliver(exporter, numbered(50))).toEqual([{ kind: 'sent' }]);
    await eventually(() => messages.length === 50, 'all datagrams are there');
    expect(messages[0]).toBe('<134>1 2026-01-15T12:00:00.000Z h test - - - event 0');
    expect(messages.map((message) => message.split(' ').at(-1))).toEqual(
      Array.from({ length: 50 }, (_, n) => String(n)),
    );
  });

  test('a message of several lines is one line of one datagram', async () => {
    const { port, messages } = await bind();
    await deliver(exporterOf(syslog, { ...options, port }), [
      event({ title: 'a', message: 'a\n<0>1 - - - - - - forged' }),
    ]);
    await eventually(() => messages.length === 1, 'the datagram is there');
    expect(messages[0]).toMatch(/ a#012<0>1 - - - - - - forged$/);
  });

  test('a message longer than a datagram is cut to one', async () => {
    const { port, messages } = await bind();
    const exporter = exporterOf(syslog, { ...options, port, max_message_size: 1_000_000 });
    expect(await deliver(exporter, [event({ message: 'ä'.repeat(40_000) })])).toEqual([{ kind: 'sent' }]);
    await eventually(() => messages.length === 1, 'the datagram is there');
    expect(messages[0]).toMatch(/ä…$/);
  });

  test.for([1, 5])('a host where nothing listens makes all of %i events wait, every time', async (count) => {
    const { port, socket } = await bind();
    await new Promise<void>((resolve) => socket.close(() => resolve()));
    const exporter = exporterOf(syslog, { ...options, port });
    for (let attempt = 0; attempt < 3; attempt += 1) {
      expect(await deliver(exporter, numbered(count))).toEqual([
        { kind: 'later', reason: 'connection refused: nothing listens there (ECONNREFUSED)' },
      ]);
    }
  });

  test('says what the system says where a socket cannot be connected', async () => {
    const exporter = exporterOf(syslog, { ...options, host: '255.255.255.255', port: 9 });
    expect(await deliver(exporter, numbered(1))).toEqual([
      { kind: 'later', reason: expect.stringContaining('EACCES') as string },
    ]);
  });

  test('lets other sockets have their turn', async () => {
    const { port, messages } = await bind();
    const exporter = exporterOf(syslog, { ...options, port });
    for (let n = 0; n < 20; n += 1) await deliver(exporter, numbered(50));
    expect(messages.length).toBeGreaterThan(0);
  });

  test('comes back when the destination does', async () => {
    const { port, socket } = await bind();
    await new Promise<void>((resolve) => socket.close(() => resolve()));
    const exporter = exporterOf(syslog, { ...options, port });
    await deliver(exporter, numbered(3));
    const back = createSocket('udp4');
    onTestFinished(() => void back.close());
    const messages: string[] = [];
    back.on('message', (message) => messages.push(message.toString()));
    await new Promise<void>((resolve) => back.bind(port, '127.0.0.1', resolve));
    await eventually(async () => (await deliver(exporter, numbered(1)))[0]?.kind === 'sent', 'it is sent again');
    await eventually(() => messages.length > 0, 'it arrives');
  });

  test('looks a name up again after a minute', async () => {
    const { port, messages } = await bind();
    const context = fakeContext();
    const exporter = exporterOf(syslog, { ...options, host: 'localhost', port }, context);
    await deliver(exporter, numbered(1));
    context.clock.advance(61_000);
    expect(await deliver(exporter, numbered(1))).toEqual([{ kind: 'sent' }]);
    await eventually(() => messages.length === 2, 'both arrive');
  });

  test('an unknown host is a mistake in the options', async () => {
    const exporter = exporterOf(syslog, { ...options, host: 'no-such-host.invalid' });
    const [verdict] = await deliver(exporter, numbered(1));
    expect(['misconfigured', 'later']).toContain(verdict?.kind);
    expect(JSON.stringify(verdict)).not.toContain('no-such-host');
  });
});

describe('over TCP', () => {
  test('counts octets, and keeps line ends inside a message', async () => {
    const receiver = await listen(createServer());
    const exporter = exporterOf(syslog, { ...options, protocol: 'tcp', port: receiver.port });
    const message = 'one\ntwo 😀\n7 <0>1 - x';
    expect(await deliver(exporter, [event({ title: '', message }), event({ title: '', message: 'next' })])).toEqual([
      { kind: 'sent' },
    ]);
    const head = '<134>1 2026-01-15T12:00:00.000Z h test - - - ';
    await eventually(() => receiver.text().endsWith('next'), 'both are there');
    expect(frames(receiver.text())).toEqual([head + message, `${head}next`]);
  });

  test('newline framing makes one line of each event', async () => {
    const receiver = await listen(createServer());
    const exporter = exporterOf(syslog, { ...options, protocol: 'tcp', framing: 'newline', port: receiver.port });
    await deliver(exporter, [event({ title: 'x', message: 'x\n<0>1 - forged' }), event({ title: '', message: 'y' })]);
    await eventually(() => receiver.text().endsWith('y\n'), 'both are there');
    expect(receiver.text().split('\n')).toHaveLength(3);
    expect(receiver.text()).toContain('x#012<0>1 - forged\n<134>1 ');
  });

  test('keeps one connection for all its requests', async () => {
    const receiver = await listen(createServer());
    const exporter = exporterOf(syslog, { ...options, protocol: 'tcp', port: receiver.port });
    for (let n = 0; n < 5; n += 1) await deliver(exporter, numbered(10));
    await eventually(() => frames(receiver.text()).length === 50, 'all are there');
    expect(receiver.connections).toHaveLength(1);
  });

  test('requests under way at once share a connection, and no frame is torn', async () => {
    const receiver = await listen(createServer());
    const exporter = exporterOf(syslog, { ...options, protocol: 'tcp', port: receiver.port });
    const batches = Array.from({ length: 20 }, () => numbered(200));
    await Promise.all(batches.map((batch) => deliver(exporter, batch)));
    await eventually(() => frames(receiver.text()).length === 4_000, 'all are there');
    expect(receiver.connections).toHaveLength(1);
  });

  test('a connection that the server ended is noticed before anything is written to it', async () => {
    const context = fakeContext();
    const receiver = await listen(createServer());
    const exporter = exporterOf(syslog, { ...options, protocol: 'tcp', port: receiver.port }, context);
    await deliver(exporter, [event({ title: '', message: 'before' })]);
    await eventually(() => receiver.text().endsWith('before'), 'the first is there');
    receiver.connections[0]!.end();
    await eventually(() => context.counts['broken_connections'] === 1, 'the end is noticed');
    expect(await deliver(exporter, [event({ title: '', message: 'after' })])).toEqual([{ kind: 'sent' }]);
    await eventually(() => receiver.text().endsWith('after'), 'the next is there');
    expect(receiver.connections).toHaveLength(2);
  });

  test('nobody there: later', async () => {
    const receiver = await listen(createServer());
    await new Promise<void>((resolve) => receiver.server.close(() => resolve()));
    const exporter = exporterOf(syslog, { ...options, protocol: 'tcp', port: receiver.port });
    expect(await deliver(exporter, numbered(1))).toEqual([
      { kind: 'later', reason: 'connection refused: nothing listens there (ECONNREFUSED)' },
    ]);
  });

  test('a server that stops reading holds a request up until its signal ends it; the next one starts on a frame', async () => {
    let text = '';
    const { port, server } = await listen(createServer({ pauseOnConnect: true }), 'deaf');
    const exporter = exporterOf(syslog, { ...options, protocol: 'tcp', port, max_message_size: 1_048_576 });
    const big = Array.from({ length: 32 }, () => event({ message: 'x'.repeat(1_000_000) }));
    await expect(deliver(exporter, big, AbortSignal.timeout(300))).rejects.toThrow(/timeout/);
    server.on('connection', (socket: Socket) => void socket.on('data', (chunk) => (text += chunk.toString())).resume());
    expect(await deliver(exporter, numbered(2))).toEqual([{ kind: 'sent' }]);
    await eventually(() => text.endsWith('event 1'), 'the next is there');
    expect(frames(text)).toHaveLength(2);
  });

  test('stop ends the connection after what was written', async () => {
    const receiver = await listen(createServer());
    const exporter = exporterOf(syslog, { ...options, protocol: 'tcp', port: receiver.port });
    await deliver(exporter, numbered(1_000));
    await exporter.stop?.();
    await eventually(() => receiver.connections[0]!.readableEnded, 'the server sees the end');
    expect(frames(receiver.text())).toHaveLength(1_000);
    await exporter.stop?.();
  });
});

describe('over TLS', () => {
  const files = { good: '', other: '', expired: '', wrongHost: '' };
  const keys: Record<string, { cert: string; key: string }> = {};
  const directory = sharedDirectory();

  beforeAll(async () => {
    const extensions = [{ name: 'subjectAltName' as const, altNames: [{ type: 2 as const, value: 'localhost' }] }];
    const make = async (commonName: string, more: object = {}) => {
      const { cert, private: key } = await generate([{ name: 'commonName', value: commonName }], {
        keySize: 2048,
        extensions,
        ...more,
      });
      return { cert, key };
    };
    keys['good'] = await make('localhost');
    keys['other'] = await make('localhost');
    keys['expired'] = await make('localhost', {
      notBeforeDate: new Date(2020, 0, 1),
      notAfterDate: new Date(2021, 0, 1),
    });
    keys['wrongHost'] = await make('elsewhere.example', {
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'elsewhere.example' }] }],
    });
    for (const name of Object.keys(files) as (keyof typeof files)[]) {
      files[name] = join(directory, `${name}.pem`);
      writeFileSync(files[name], keys[name]!.cert);
      writeFileSync(`${files[name]}.key`, keys[name]!.key);
    }
  });

  const secure = (name: string, more: TlsOptions = {}): Promise<Receiver> =>
    listen(createTlsServer({ ...keys[name], ...more }));
  const tls = { ...options, host: 'localhost', protocol: 'tls' };

  test('delivers to a server whose authority is in ca_file', async () => {
    const receiver = await secure('good');
    const exporter = exporterOf(syslog, { ...tls, port: receiver.port, ca_file: files.good });
    expect(await deliver(exporter, numbered(3))).toEqual([{ kind: 'sent' }]);
    await eventually(() => frames(receiver.text()).length === 3, 'all are there');
  });

  test.for([
    ['self-signed', 'good', {}],
    ['another authority', 'good', { ca_file: 'other' }],
    ['expired', 'expired', { ca_file: 'expired' }],
    ['for another host', 'wrongHost', { ca_file: 'wrongHost' }],
  ] as const)('a certificate that is %s is misconfigured, and nothing is sent', async ([, name, more]) => {
    const receiver = await secure(name);
    const ca = 'ca_file' in more ? { ca_file: files[more.ca_file as keyof typeof files] } : {};
    const exporter = exporterOf(syslog, { ...tls, port: receiver.port, ...ca });
    expect(await deliver(exporter, numbered(1))).toMatchObject([{ kind: 'misconfigured' }]);
    expect(receiver.text()).toBe('');
  });

  test('verify_ssl: false takes any certificate', async () => {
    const receiver = await secure('wrongHost');
    const exporter = exporterOf(syslog, { ...tls, port: receiver.port, verify_ssl: false });
    expect(await deliver(exporter, numbered(1))).toEqual([{ kind: 'sent' }]);
    await eventually(() => frames(receiver.text()).length === 1, 'it is there');
  });

  test('never falls back to clear text', async () => {
    const receiver = await listen(createServer((socket) => void socket.write('220 hello\r\n')));
    const exporter = exporterOf(syslog, { ...tls, port: receiver.port, host: '127.0.0.1' });
    expect(await deliver(exporter, numbered(1))).toMatchObject([{ kind: 'misconfigured' }]);
    expect(receiver.text()).not.toContain('event');
  });

  test('shows its own certificate where the server asks for one', async () => {
    const receiver = await secure('good', { requestCert: true, rejectUnauthorized: true, ca: [keys['other']!.cert] });
    const exporter = exporterOf(syslog, {
      ...tls,
      port: receiver.port,
      ca_file: files.good,
      cert_file: files.other,
      key_file: `${files.other}.key`,
    });
    expect(await deliver(exporter, numbered(1))).toEqual([{ kind: 'sent' }]);
    await eventually(() => frames(receiver.text()).length === 1, 'it is there');
  });

  test('a server that refuses our certificate after the handshake loses nothing', async () => {
    const receiver = await secure('good', { requestCert: true, rejectUnauthorized: true, ca: [keys['other']!.cert] });
    const exporter = exporterOf(syslog, { ...tls, port: receiver.port, ca_file: files.good });
    const [verdict] = await deliver(exporter, numbered(1));
    expect(verdict?.kind).not.toBe('sent');
  });

  test('a certificate file that is not there is said', async () => {
    const receiver = await secure('good');
    const exporter = exporterOf(syslog, { ...tls, port: receiver.port, ca_file: '/nonexistent/ca.pem' });
    expect(await deliver(exporter, numbered(1))).toEqual([
      { kind: 'misconfigured', reason: 'cannot read ca_file: ENOENT' },
    ]);
  });

  test('connect and say nothing: the signal ends it', async () => {
    const receiver = await listen(createServer());
    const exporter = exporterOf(syslog, { ...tls, port: receiver.port });
    await expect(deliver(exporter, numbered(1), AbortSignal.timeout(100))).rejects.toThrow(/timeout/);
  });
});

describe('options', () => {
  const check = (more: object) => syslog.check!(withDefaults(syslog, { ...options, ...more }));

  test.for([16, 0, 'local7', '16'])('facility %s is one', (facility) => {
    expect(check({ facility })).toEqual([]);
    expect(() => exporterOf(syslog, { ...options, facility })).not.toThrow();
  });

  test.for([24, -1, 1.5, 'local8', true, null])('facility %s is none', (facility) => {
    expect(check({ facility })).toMatchObject([{ severity: 'error', path: ['facility'] }]);
  });

  test('hints at what is unsafe or has no effect', () => {
    expect(check({ protocol: 'tls', verify_ssl: false })).toMatchObject([{ severity: 'hint', path: ['verify_ssl'] }]);
    expect(check({ protocol: 'tls', cert_file: 'a.pem' })).toMatchObject([{ severity: 'error', path: ['cert_file'] }]);
    expect(check({ ca_file: 'a.pem' })).toMatchObject([{ severity: 'hint', path: ['ca_file'] }]);
  });

  test('a template makes the text', () => {
    const exporter = exporterOf<string[]>(syslog, { ...options, template: '{title} by {metadata.user}' });
    const [encoded] = exporter.encode([event({ title: 'login', metadata: { user: 'root\nx' } })]);
    expect(encoded?.request[0]).toMatch(/ - login by root#012x$/);
  });

  test('no events are no requests', () => {
    expect(exporterOf(syslog, options).encode([])).toEqual([]);
  });
});
