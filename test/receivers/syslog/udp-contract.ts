/** What receiving over UDP does, whichever way datagrams are read. */
import { createSocket } from 'node:dgram';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import type { FakeSink } from '../../support/fakes.ts';
import { built, datagrams, options, type Running, started } from './support.ts';

const UDP = 'udp://127.0.0.1:0';

const messages = (sink: FakeSink): string[] => sink.events.map(({ message }) => message);

export function udpContract(name: string, available = true): void {
  describe.skipIf(!available)(name, () => {
    test('makes an event of each datagram', async () => {
      const { sink, port, context } = await started(options(UDP));
      await datagrams(port(), ["<34>Oct 11 22:14:15 mymachine su[230]: 'su root' failed\nsecond line\n"]);
      await eventually(() => sink.events.length === 1, 'it arrived');
      const [event] = sink.events;
      expect(event).toMatchObject({
        level: 'critical',
        eventType: 'critical_error',
        source: 'su',
        title: "'su root' failed",
        message: "'su root' failed\nsecond line",
        tags: [],
      });
      expect({ ...event!.metadata }).toEqual({
        facility: 'auth',
        severity: 'crit',
        hostname: 'mymachine',
        appname: 'su',
        procid: '230',
        remote: '127.0.0.1',
        year_inferred: true,
      });
      expect(context.clock.now()).toBeGreaterThan(event!.timestamp);
    });

    test('takes the largest datagrams, and cuts those past max_message_size', async () => {
      const { sink, port, context } = await started(options(UDP, { max_message_size: 480, receive_buffer: 1 << 20 }));
      await datagrams(port(), [`<13>${'x'.repeat(65_000)}`, '<13>short']);
      await eventually(() => sink.events.length === 2, 'both arrived');
      expect(messages(sink)).toEqual(['x'.repeat(476), 'short']);
      expect(sink.events[0]!.metadata['truncated']).toBe(true);
      expect(context.counts['truncated_messages']).toBe(1);
    });

    test('delivers datagrams that are read together as one batch', async () => {
      const { sink, port } = await started(options(UDP));
      // A few at a time, so that the smallest kernel buffer holds them.
      for (let n = 0; n < 600; n += 60) {
        await datagrams(
          port(),
          Array.from({ length: 60 }, (_, more) => `<13>${n + more}`),
        );
        await eventually(() => sink.events.length === n + 60, 'they arrived');
      }
      expect(sink.batches.length).toBeLessThan(600);
      expect(messages(sink)).toEqual(Array.from({ length: 600 }, (_, n) => `${n}`));
    });

    test('flags what is empty or no syslog at all, and keeps it', async () => {
      const { sink, port, context } = await started(options(UDP));
      await datagrams(port(), ['', 'hello', Buffer.from('<13>Oct 11 22:14:15 h a: caf\xe9', 'latin1')]);
      await eventually(() => sink.events.length === 3, 'all arrived');
      expect(sink.events.map(({ metadata }) => [metadata['parse_error'], metadata['raw']])).toEqual([
        ['the message is empty', ''],
        ['no syslog header', 'hello'],
        ['the text is not UTF-8', '<13>Oct 11 22:14:15 h a: caf\xe9'],
      ]);
      expect(context.counts['parse_errors']).toBe(3);
    });

    test('turns away senders that allow does not name', async () => {
      const { sink, port } = await started(options(UDP, { allow: ['10.0.0.0/8', '::1'] }));
      await datagrams(port(), ['<13>no']);
      await eventually(() => sink.refusals['not_allowed'] === 1, 'it was counted');
      expect(sink.events).toEqual([]);
    });

    test('takes IPv4 and IPv6 on one dual-stack socket', async () => {
      const { sink, port } = await started(options('udp://[::]:0', { allow: ['127.0.0.0/8', '::1'] }));
      await datagrams(port(), ['<13>four']);
      await datagrams(port(), ['<13>six'], '::1');
      await eventually(() => sink.events.length === 2, 'both arrived');
      expect(sink.events.map(({ metadata }) => metadata['remote'])).toEqual(['127.0.0.1', '::1']);
    });

    test('warns once where the kernel grants a smaller buffer', async () => {
      const { context } = await started(options(UDP, { receive_buffer: 1 << 30 }));
      const warnings = context.lines.filter(({ level }) => level === 'warn');
      expect(warnings).toHaveLength(1);
      expect(warnings[0]!.message).toMatch(/sysctl -w net\.core\.rmem_max=1073741824/);
    });

    test('delivers what was read before it is stopped', async () => {
      const { sink, receiver, port } = await started(options(UDP));
      await datagrams(port(), ['<13>one']);
      await eventually(() => sink.events.length === 1, 'it arrived');
      await receiver.stop();
      await receiver.stop();
      expect(receiver.addresses!()).toEqual([]);
    });

    test.skipIf(process.platform !== 'linux')(
      'counts what the kernel drops, so that every datagram is accounted for',
      async () => {
        const { sink, port, context } = await started(options(UDP, { receive_buffer: 4_096 }));
        const socket = createSocket('udp4');
        onTestFinished(() => void socket.close());
        socket.bind(0, '127.0.0.1');
        await new Promise((resolve) => socket.once('listening', resolve));
        // All within one turn of the event loop, so that nothing is read in between.
        for (let n = 0; n < 500; n += 1) socket.send(`<13>${n}`, port(), '127.0.0.1');
        await eventually(() => {
          context.clock.advance(1_000);
          return sink.events.length + context.counts['kernel_dropped_messages']! === 500;
        }, 'all are accounted for');
        expect(context.counts['kernel_dropped_messages']).toBeGreaterThan(0);
      },
    );

    test('says what is wrong with an address that is taken, or not of this machine', async () => {
      const { port } = await started(options(UDP));
      const second = built(options(`udp://127.0.0.1:${port()}`));
      await expect(second.receiver.start(AbortSignal.timeout(5_000))).rejects.toThrow(
        `cannot listen on udp://127.0.0.1:${port()}: port ${port()} is taken`,
      );
      const elsewhere = built(options('udp://192.0.2.1:0'));
      await expect(elsewhere.receiver.start(AbortSignal.timeout(5_000))).rejects.toThrow(
        /this machine has no such address/,
      );
      const unnamed = built(options('udp://no.such.host.invalid:0'));
      await expect(unnamed.receiver.start(AbortSignal.timeout(5_000))).rejects.toThrow(/the name does not resolve/);
    });

    test('takes IPv4 and IPv6 of one port by two sockets', async () => {
      const first = await started(options('udp://127.0.0.1:0'));
      const port = first.port();
      await first.receiver.stop();
      const { sink } = await started(options([`udp://0.0.0.0:${port}`, `udp://[::]:${port}`]));
      await datagrams(port, ['<13>four']);
      await datagrams(port, ['<13>six'], '::1');
      await eventually(() => sink.events.length === 2, 'both arrived');
      expect(sink.events.map(({ metadata }) => String(metadata['remote'])).toSorted()).toEqual(['127.0.0.1', '::1']);
    });

    test('counts each sender, and lets in those that an edit of allow names', async () => {
      const old = await started(options('udp://0.0.0.0:0'));
      const sockets = ['127.0.0.1', '127.0.0.2'].map((address) => {
        const socket = createSocket('udp4');
        onTestFinished(() => void socket.close());
        socket.bind(0, address);
        return socket;
      });
      const send = async (): Promise<void> => {
        for (let n = 0; n < 6; n += 1) {
          await new Promise((sent) => sockets[n % 2]!.send(`<13>${n}`, old.port(), '127.0.0.1', sent));
        }
      };
      await send();
      await eventually(() => old.sink.events.length === 6, 'all arrived');
      expect(old.sink.events.map(({ metadata }) => metadata['remote'])).toEqual(
        Array.from({ length: 6 }, (_, n) => `127.0.0.${(n % 2) + 1}`),
      );
      expect(old.context.counts).toMatchObject({ 'sender_messages 127.0.0.1': 3, 'sender_messages 127.0.0.2': 3 });
      const port = old.port();
      await replaced(old, options('udp://0.0.0.0:0', { allow: ['127.0.0.2'] }));
      for (const socket of sockets) await new Promise((sent) => socket.send('<13>more', port, '127.0.0.1', sent));
      await eventually(() => old.sink.events.length === 7 && old.sink.refusals['not_allowed'] === 1, 'one was let in');
      expect(old.sink.events.at(-1)!.metadata['remote']).toBe('127.0.0.2');
    });

    test('loses nothing to reloads under load, and keeps the order', async () => {
      let running = await started(options(UDP, { receive_buffer: 1 << 20 }));
      const port = running.port();
      const socket = createSocket('udp4');
      onTestFinished(() => void socket.close());
      for (let round = 0; round < 20; round += 1) {
        const sending = Array.from(
          { length: 100 },
          (_, n) => new Promise((sent) => socket.send(`<13>${round * 100 + n}`, port, '127.0.0.1', sent)),
        );
        running = await replaced(running, options(UDP, { receive_buffer: 1 << 20, idle_timeout: 1_000_000 + round }));
        await Promise.all(sending);
      }
      await eventually(() => running.sink.events.length === 2_000, 'all arrived');
      expect(messages(running.sink)).toEqual(Array.from({ length: 2_000 }, (_, n) => `${n}`));
    });
  });
}

/** What a reload does with a receiver whose options changed. */
async function replaced(old: Running, config: Parameters<typeof built>[0]): Promise<Running> {
  const next = built(config, old.sink);
  next.receiver.adopt!(old.receiver);
  await next.receiver.start(AbortSignal.timeout(5_000));
  await old.receiver.stop();
  return next;
}
