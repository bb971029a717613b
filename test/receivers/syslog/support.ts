import { createSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Receiver } from '../../../src/component/component.ts';
import type { SyslogOptions } from '../../../src/receivers/syslog/receiver.ts';
import syslog from '../../../src/receivers/syslog/syslog.ts';
import { eventually } from '../../support/eventually.ts';
import { type FakeContext, fakeContext, FakeSink } from '../../support/fakes.ts';

export interface Running {
  readonly receiver: Receiver;
  readonly sink: FakeSink;
  readonly context: FakeContext;
  /** The port of the address at `index` in `listen`. */
  port(index?: number): number;
}

export function options(listen: string | string[], rest: Partial<SyslogOptions> = {}): SyslogOptions {
  return {
    listen: [listen].flat(),
    format: 'auto',
    framing: 'auto',
    max_message_size: 65_536,
    max_connections: 1_000,
    idle_timeout: 0,
    message_timeout: 0,
    receive_buffer: 65_536,
    socket_mode: '0666',
    ...rest,
  };
}

/** An instance that is not started; stopped when the test ends. */
export function built(config: SyslogOptions, sink = new FakeSink(), context = fakeContext('syslog')): Running {
  const receiver = syslog.create(config, context, sink);
  onTestFinished(() => receiver.stop());
  const port = (index = 0): number => Number(/:(\d+)$/.exec(receiver.addresses!()[index]!)![1]);
  return { receiver, sink, context, port };
}

export async function started(config: SyslogOptions, sink?: FakeSink): Promise<Running> {
  const running = built(config, sink);
  await running.receiver.start(AbortSignal.timeout(5_000));
  return running;
}

export async function connected(port: number, host = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port, host, noDelay: true });
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket;
}

/** Sends datagrams one after the other. */
export async function datagrams(port: number, texts: readonly (string | Buffer)[], host = '127.0.0.1'): Promise<void> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  for (const text of texts) await new Promise<void>((resolve) => socket.send(text, port, host, () => resolve()));
  socket.close();
}

/** How many batches, and bytes in them, came in each turn of the event loop that brought any, until so many events had come. */
export async function turnsOf(
  sink: FakeSink,
  events: number,
  send: () => Promise<unknown>,
): Promise<{ batches: number; bytes: number }[]> {
  let current = { batches: 0, bytes: 0 };
  const turns: (typeof current)[] = [];
  const begin = (): void => {
    current = { batches: 0, bytes: 0 };
    next = setImmediate(begin);
  };
  let next = setImmediate(begin);
  onTestFinished(() => clearImmediate(next));
  const push = sink.push.bind(sink);
  sink.push = (batch, settled) => {
    if (current.batches === 0) turns.push(current);
    current.batches += 1;
    for (const { received } of batch) current.bytes += received!.end - received!.start;
    return push(batch, settled);
  };
  await send();
  await eventually(() => sink.events.length === events, 'all arrived');
  return turns;
}
