import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { StartError } from '../../../src/component/errors.ts';
import { Senders } from '../../../src/receivers/syslog/senders.ts';
import syslog from '../../../src/receivers/syslog/syslog.ts';
import { eventually } from '../../support/eventually.ts';
import { fakeContext, type FakeSink } from '../../support/fakes.ts';
import { built, connected, datagrams, options, started, turnsOf } from './support.ts';

const UDP = 'udp://127.0.0.1:0';
const TCP = 'tcp://127.0.0.1:0';

const messages = (sink: FakeSink): string[] => sink.events.map(({ message }) => message);

describe('senders', () => {
  test('are counted one by one, up to a hundred', async () => {
    const context = fakeContext('syslog');
    const senders = new Senders(context);
    for (let n = 0; n < 150; n += 1) senders.count(`10.0.0.${n}`, 2);
    senders.count('10.0.0.1', 1);
    senders.count(undefined, 1);
    expect(Object.keys(context.counts)).toHaveLength(101);
    expect(context.counts).toMatchObject({ 'sender_messages 10.0.0.1': 3, 'sender_messages other': 101 });
  });

  test('are known by datagrams and connections', async () => {
    const { sink, port, context } = await started(options([UDP, TCP]));
    await datagrams(port(0), ['<13>a', '<13>b']);
    (await connected(port(1))).end('<13>c\n');
    await eventually(() => sink.events.length === 3, 'all arrived');
    expect(context.counts['sender_messages 127.0.0.1']).toBe(3);
  });
});

describe('tcp', () => {
  test('reads lines byte by byte, and the last one that nothing ends', async () => {
    const { sink, port } = await started(options(TCP));
    const socket = await connected(port());
    for (const byte of Buffer.from('<13>one\r\n<13>two'))
      await new Promise((resolve) => socket.write(Buffer.of(byte), resolve));
    socket.end();
    await eventually(() => sink.events.length === 2, 'both arrived');
    expect(messages(sink)).toEqual(['one', 'two']);
  });

  test('reads counted messages', async () => {
    const { sink, port } = await started(options(TCP));
    (await connected(port())).write('7 <13>one12 <13>two\nmore');
    await eventually(() => sink.events.length === 2, 'both arrived');
    expect(messages(sink)).toEqual(['one', 'two\nmore']);
  });

  test('closes a connection whose count is bad, and counts it', async () => {
    const { sink, port, context } = await started(options(TCP));
    const socket = await connected(port());
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write('7 <13>onex');
    await closed;
    expect(messages(sink)).toEqual(['one']);
    expect(context.counts['framing_errors']).toBe(1);
  });

  test('delivers what was read before a reset', async () => {
    const { sink, port } = await started(options(TCP));
    const socket = await connected(port());
    socket.write('<13>one\n<13>unfin');
    await eventually(() => sink.events.length === 1, 'the first arrived');
    socket.resetAndDestroy();
    await eventually(() => sink.events.length === 2, 'the second arrived');
    expect(messages(sink)).toEqual(['one', 'unfin']);
  });

  test('a sender that closes its half gets everything taken', async () => {
    const { sink, port } = await started(options(TCP));
    const socket = await connected(port());
    socket.end(Array.from({ length: 5_000 }, (_, n) => `<13>${n}\n`).join(''));
    await eventually(() => sink.events.length === 5_000, 'all arrived');
    expect(messages(sink)[4_999]).toBe('4999');
  });

  test('refuses connections past max_connections, and takes one again when one is gone', async () => {
    const { sink, port, context } = await started(options(TCP, { max_connections: 1 }));
    const first = await connected(port());
    first.write('<13>one\n');
    await eventually(() => sink.events.length === 1, 'the first is in');
    const second = await connected(port());
    await eventually(() => context.counts['refused_connections'] === 1, 'the second is refused');
    second.destroy();
    const closed = new Promise((resolve) => first.once('close', resolve));
    first.end();
    await closed;
    (await connected(port())).write('<13>three\n');
    await eventually(() => sink.events.length === 2, 'the third is in');
    expect(context.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });

  test('refuses senders that allow does not name', async () => {
    const { port, context } = await started(options(TCP, { allow: ['192.0.2.0/24'] }));
    await connected(port());
    await eventually(() => context.counts['refused_connections'] === 1, 'it is refused');
    expect(context.lines.at(-1)!.message).toMatch(/127\.0\.0\.1 is not in allow/);
  });

  test('closes what is idle for longer than idle_timeout', async () => {
    const { sink, port, context } = await started(options(TCP, { idle_timeout: 60_000 }));
    const socket = await connected(port());
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write('<13>one\n');
    await eventually(() => sink.events.length === 1, 'it is in');
    context.clock.advance(59_000);
    socket.write('<13>two\n');
    await eventually(() => sink.events.length === 2, 'it is still open');
    context.clock.advance(61_000);
    await closed;
  });

  test('closes what sends one message a byte now and then for longer than message_timeout', async () => {
    const { sink, port, context } = await started(options(TCP, { message_timeout: 60_000 }));
    const [slow, quiet, usual] = [await connected(port()), await connected(port()), await connected(port())];
    quiet.write('<13>quiet\n');
    usual.write('<13>begin');
    slow.write('<13>slow');
    for (let n = 0; n < 5; n += 1) {
      slow.write('er');
      usual.write(` ${n}\n<13>next`);
      await eventually(() => messages(sink).some((it) => it.endsWith(` ${n}`)), 'it is in');
      context.clock.advance(20_000);
    }
    await eventually(() => slow.closed, 'it is closed');
    expect(messages(sink)).toContainEqual(expect.stringMatching(/^slow(er)+$/));
    usual.write(' last\n');
    quiet.write('<13>still here\n');
    await eventually(
      () => messages(sink).includes('next last') && messages(sink).includes('still here'),
      'others stay',
    );
    expect(context.counts['unfinished_messages']).toBe(1);
  });

  test('senders wait while the queues are full, and nothing is lost', async () => {
    const { sink, port } = await started(options(TCP));
    const sockets = await Promise.all([connected(port()), connected(port())]);
    sink.room = false;
    const padding = 'x'.repeat(400);
    const text = (name: string): string =>
      Array.from({ length: 20_000 }, (_, n) => `<13>${name} ${n} ${padding}\n`).join('');
    sockets[0].end(text('a'));
    sockets[1].end(text('b'));
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(sockets.every(({ writableLength }) => writableLength > 0)).toBe(true);
    expect(sink.events).toEqual([]);
    sink.makeRoom();
    await eventually(() => sink.events.length === 40_000, 'all arrived');
    expect(messages(sink).filter((it) => it.startsWith('a'))).toEqual(
      Array.from({ length: 20_000 }, (_, n) => `a ${n} ${padding}`),
    );
    expect(sink.refusals).toEqual({});
  });

  test('a sender is read a chunk a turn while many events wait, for deliveries to get theirs', async () => {
    const { sink, port } = await started(options(TCP));
    sink.isCrowded = true;
    const text = Array.from({ length: 50_000 }, (_, n) => `<13>${n}\n`).join('');
    const turns = await turnsOf(sink, 50_000, async () => (await connected(port())).end(text));
    // A chunk may be shorter than it could be, and is followed by another one then.
    for (const { bytes } of turns) expect(bytes).toBeLessThan(2 * 65_536);
    expect(turns.length).toBeGreaterThan(3);
  });

  test('stopped while senders wait delivers what was read, once and in order', async () => {
    const { sink, receiver, port } = await started(options(TCP));
    const socket = await connected(port());
    sink.room = false;
    socket.write(Array.from({ length: 50_000 }, (_, n) => `<13>${n}\n`).join(''));
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(sink.events).toEqual([]);
    sink.room = true;
    await receiver.stop();
    expect(sink.events.length).toBeGreaterThan(1_000);
    // The last one may be cut, as the stream was.
    expect(messages(sink).slice(0, -1)).toEqual(Array.from({ length: sink.events.length - 1 }, (_, n) => `${n}`));
  });

  test('delivers what was read when it is stopped', async () => {
    const { sink, receiver, port } = await started(options(TCP));
    const socket = await connected(port());
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write('<13>one\n<13>unfin');
    await eventually(() => sink.events.length === 1, 'the first arrived');
    await receiver.stop();
    expect(messages(sink)).toEqual(['one', 'unfin']);
    await closed;
  });
});

describe('start', () => {
  test('says what is wrong with a taken port and what to do, and releases what it had bound', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void taken.close());
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as AddressInfo;
    const { receiver } = built(options([UDP, TCP, `tcp://127.0.0.1:${port}`]));
    const failure = await receiver.start(AbortSignal.timeout(5_000)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StartError);
    const { message } = failure as StartError;
    expect(message).toContain(`cannot listen on tcp://127.0.0.1:${port}: port ${port} is taken`);
    expect(message).toContain('or listen on another port.');
    if (process.platform === 'linux') expect(message).toContain(`(process ${process.pid})`);
    expect((failure as StartError).place).toEqual({ path: ['listen', 2] });
    expect(receiver.addresses!()).toEqual([]);
  });

  test('says so where the address is another machine’s', async () => {
    const { receiver } = built(options('udp://192.0.2.1:0'));
    await expect(receiver.start(AbortSignal.timeout(5_000))).rejects.toThrow(/this machine has no such address/);
  });

  test('listens on IPv4 and IPv6 of one port side by side', async () => {
    const first = await started(options('tcp://127.0.0.1:0'));
    const port = first.port();
    await first.receiver.stop();
    const { receiver } = await started(options([`tcp://0.0.0.0:${port}`, `tcp://[::]:${port}`]));
    expect(receiver.addresses!()).toEqual([`tcp://0.0.0.0:${port}`, `tcp://[::]:${port}`]);
  });
});

test('a thousand connections that send a byte now and then keep nobody else waiting', async () => {
  const { sink, port, context } = await started(options(TCP, { max_connections: 4_096 }));
  const slow = await Promise.all(Array.from({ length: 1_000 }, () => connected(port())));
  for (const byte of '<13>s') {
    for (const socket of slow) socket.write(byte);
    const quick = await connected(port());
    quick.end(`<13>quick ${byte}\n`);
    await eventually(() => sink.events.at(-1)?.message === `quick ${byte}`, 'it arrived');
    context.clock.advance(10_000);
  }
  expect(sink.events).toHaveLength(5);
});

describe('check', () => {
  const check = (config: object): string[] =>
    syslog.check!({ ...options(UDP), ...config }).map(({ path, message }) => `${path.join('.')}: ${message}`);

  test('finds nothing wrong with the example', () => {
    expect(check(syslog.example)).toEqual([]);
  });

  test('names what is wrong', () => {
    expect(
      check({
        listen: [
          'tls://0.0.0.0:6514',
          'unix://run/x',
          `unixgram:///${'x'.repeat(107)}`,
          '0.0.0.0:514',
          'udp://h:99999',
          'udp://h:1',
          'udp://h:1',
        ],
        allow: ['10.0.0.0/33', 'web1', '::/0'],
        timezone: 'Mars/Olympus',
      }),
    ).toEqual([
      'listen.1: unix://run/x has no absolute path: write unix:///run/collector.sock, with three slashes',
      "listen.2: the path has 108 bytes, and a socket's has 107 at the most: choose a shorter one, such as /run/collector.sock",
      'listen.3: 0.0.0.0:514 is not an address to listen on: write udp://HOST:PORT, tcp://HOST:PORT, tls://HOST:PORT, unix:///PATH or unixgram:///PATH',
      'listen.4: 99999 is not a port: ports go up to 65535',
      'listen.6: udp://h:1 is already in the list',
      'allow.0: 10.0.0.0/33 is not an address range: write it as 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32',
      'allow.1: web1 is not an address range: write it as 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32',
      'listen.0: tls:// needs a certificate: add tls: {cert_file, key_file}',
      'timezone: Mars/Olympus is not a time zone: write its IANA name, such as Europe/Berlin or UTC',
    ]);
  });

  test('wants to know whom to trust, and what a certificate is for', () => {
    const files = { cert_file: 'c.pem', key_file: 'k.pem', client_auth: 'require' };
    expect(check({ listen: ['tls://0.0.0.0:6514'], tls: files })).toEqual([
      'tls.client_auth: client_auth: require needs ca_file: the authorities whose certificates are good',
    ]);
    expect(check({ tls: files })).toEqual(['tls: tls is not used: listen names no tls:// address']);
  });
});
