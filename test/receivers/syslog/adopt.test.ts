import { describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { built, connected, datagrams, options, type Running, started } from './support.ts';

const TCP = 'tcp://127.0.0.1:0';
const UDP = 'udp://127.0.0.1:0';

/** What a reload does with a receiver whose options changed. */
async function replace(old: Running, config: Parameters<typeof built>[0]): Promise<Running> {
  const next = built(config, old.sink);
  next.receiver.adopt!(old.receiver);
  await next.receiver.start(AbortSignal.timeout(5_000));
  await old.receiver.stop();
  return next;
}

describe('a reload', () => {
  test('keeps sockets, connections and half-read frames of addresses that stay', async () => {
    const old = await started(options([UDP, TCP]));
    const addresses = old.receiver.addresses!();
    const socket = await connected(old.port(1));
    socket.write('<13>one\n<13>tw');
    await eventually(() => old.sink.events.length === 1, 'the first arrived');
    const next = await replace(old, options([UDP, TCP], { timezone: 'Asia/Tokyo' }));
    expect(next.receiver.addresses!()).toEqual(addresses);
    socket.write('o\n<13>Jan  5 09:00:00 h a: three\n');
    await datagrams(next.port(0), ['<13>four']);
    await eventually(() => next.sink.events.length === 4, 'all arrived');
    expect(next.sink.events.map(({ message }) => message).sort()).toEqual(['four', 'one', 'three', 'two']);
    const three = next.sink.events.find(({ message }) => message === 'three')!;
    expect(new Date(three.timestamp).toISOString()).toBe('2026-01-05T00:00:00.000Z');
  });

  test('under load loses no message and drops no connection', async () => {
    let running = await started(options(TCP));
    const sockets = await Promise.all([1, 2, 3].map(() => connected(running.port())));
    let closed = 0;
    for (const socket of sockets) socket.on('close', () => (closed += 1));
    let sent = 0;
    for (let round = 0; round < 20; round += 1) {
      for (const [index, socket] of sockets.entries()) {
        const text = Array.from(
          { length: 200 },
          (_, n) => `<13>Oct 11 22:14:15 h s${index}: ${round * 200 + n}\n`,
        ).join('');
        // Frames are cut across reloads.
        socket.write(text.slice(0, 1_001));
        await new Promise((resolve) => setImmediate(resolve));
        socket.write(text.slice(1_001));
        sent += 200;
      }
      running = await replace(running, options(TCP, { idle_timeout: 1_000_000 + round }));
    }
    await eventually(() => running.sink.events.length === sent, 'all arrived');
    for (const [index] of sockets.entries()) {
      const mine = running.sink.events.filter(({ source }) => source === `s${index}`);
      expect(mine.map(({ message }) => message)).toEqual(Array.from({ length: 4_000 }, (_, n) => `${n}`));
    }
    expect(closed).toBe(0);
  });

  test('lets go of addresses that left, and binds new ones', async () => {
    const old = await started(options([TCP, UDP]));
    const [tcp, udp] = old.receiver.addresses!();
    const gone = await connected(old.port(0));
    const closed = new Promise((resolve) => gone.once('close', resolve));
    const next = await replace(old, options([UDP, 'tcp://127.0.0.2:0']));
    await closed;
    expect(next.receiver.addresses!()[0]).toBe(udp);
    expect(next.receiver.addresses!()).not.toContain(tcp);
    expect(next.receiver.addresses!()).toHaveLength(2);
  });

  test('that fails gives the sockets back', async () => {
    const old = await started(options(TCP));
    const socket = await connected(old.port());
    socket.write('<13>one\n<13>tw');
    await eventually(() => old.sink.events.length === 1, 'the first arrived');
    const next = built(options([TCP, 'tcp://192.0.2.1:0']), old.sink);
    next.receiver.adopt!(old.receiver);
    await expect(next.receiver.start(AbortSignal.timeout(5_000))).rejects.toThrow(/no such address/);
    old.receiver.adopt!(next.receiver);
    await next.receiver.stop();
    socket.write('o\n');
    await eventually(() => old.sink.events.length === 2, 'the second arrived');
    expect(old.sink.events[1]!.message).toBe('two');
  });

  test('applies framing to new connections only', async () => {
    const old = await started(options(TCP, { framing: 'newline' }));
    const before = await connected(old.port());
    before.write('<13>a\n');
    await eventually(() => old.sink.events.length === 1, 'it is in');
    const next = await replace(old, options(TCP, { framing: 'octet_counting' }));
    before.write('<13>b\n');
    (await connected(next.port())).write('5 <13>c');
    await eventually(() => next.sink.events.length === 3, 'all arrived');
    expect(next.sink.events.map(({ message }) => message).sort()).toEqual(['a', 'b', 'c']);
  });

  test('closes connections that allow no longer names, after what they sent', async () => {
    const old = await started(options(TCP));
    const socket = await connected(old.port());
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write('<13>one\n<13>two');
    await eventually(() => old.sink.events.length === 1, 'the first arrived');
    const next = await replace(old, options(TCP, { allow: ['192.0.2.0/24'] }));
    await closed;
    expect(next.sink.events.map(({ message }) => message)).toEqual(['one', 'two']);
    expect(next.context.lines.map(({ message }) => message).join()).toMatch(
      /closed 1 open connections? .* allow no longer/,
    );
  });

  test('while the queues are full keeps senders waiting, and what was read', async () => {
    const old = await started(options(TCP));
    const socket = await connected(old.port());
    old.sink.room = false;
    socket.end(Array.from({ length: 50_000 }, (_, n) => `<13>${n}\n`).join(''));
    await eventually(() => socket.bytesWritten > 0, 'it was sent');
    await new Promise((resolve) => setImmediate(resolve));
    const next = await replace(old, options(TCP, { idle_timeout: 9_000_000 }));
    expect(next.sink.events).toEqual([]);
    next.sink.makeRoom();
    await eventually(() => next.sink.events.length === 50_000, 'all arrived');
    expect(next.sink.events.map(({ message }) => message)).toEqual(Array.from({ length: 50_000 }, (_, n) => `${n}`));
    expect(next.sink.refusals).toEqual({});
  });
});
