import { createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface ByteServer {
  readonly port: number;
  readonly url: string;
  /** Every connection so far, in order. */
  readonly sockets: Socket[];
  /** What each of them sent, as Latin-1. */
  readonly received: string[];
}

/** A TCP server of a test that is told each chunk which comes, and answers what it likes. */
export async function byteServer(
  onData: (socket: Socket, text: string, connection: number) => void,
): Promise<ByteServer> {
  const sockets: Socket[] = [];
  const received: string[] = [];
  const server = createServer((socket) => {
    const index = sockets.push(socket) - 1;
    received.push('');
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1');
      received[index] += text;
      onData(socket, text, index);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}/in`, sockets, received };
}
