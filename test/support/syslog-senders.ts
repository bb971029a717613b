/** Who sends syslog, over real sockets of the loopback. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { onTestFinished } from 'vitest';

export interface SyslogSender {
  /** Resolves once the kernel has it; over TCP also once there is room for more. */
  send(message: string): Promise<void>;
  /** Over TCP, whether the connection was ended or reset by the other side. */
  readonly dropped: boolean;
  close(): Promise<void>;
}

export function udpSender(port: number): SyslogSender {
  const socket = createSocket('udp4');
  let closed = false;
  const close = (): Promise<void> => {
    if (closed) return Promise.resolve();
    closed = true;
    return new Promise((resolve) => socket.close(() => resolve()));
  };
  onTestFinished(close);
  return {
    send: (message) =>
      new Promise((resolve, reject) => {
        socket.send(message, port, '127.0.0.1', (error) => (error ? reject(error) : resolve()));
      }),
    dropped: false,
    close,
  };
}

/** One connection, messages ended by LF. */
export async function tcpSender(port: number): Promise<SyslogSender> {
  const socket = connect(port, '127.0.0.1');
  let ours = false;
  let dropped = false;
  socket.on('error', () => (dropped = true)).on('close', () => (dropped ||= !ours));
  socket.on('end', () => (dropped ||= !ours)).resume();
  await once(socket, 'connect');
  onTestFinished(() => {
    ours = true;
    socket.destroy();
  });
  return {
    async send(message) {
      if (!socket.write(`${message}\n`)) await once(socket, 'drain');
    },
    get dropped() {
      return dropped;
    },
    async close() {
      ours = true;
      socket.end();
      if (!socket.closed) await once(socket, 'close');
    },
  };
}
