import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly body: string;
}

export interface TestServer {
  /** Ends in `/hooks/s3cret-T0KEN`, which must appear nowhere. */
  readonly url: string;
  readonly origin: string;
  readonly seen: SeenRequest[];
  /** Connections that were opened so far. */
  connections(): number;
}

export interface TestAnswer {
  readonly status?: number | 'never' | 'hang up';
  readonly body?: string | Buffer;
  readonly headers?: Record<string, string>;
}

/** A real HTTP server on a free port for the time of a test. */
export async function serve(
  answer: TestAnswer | ((request: SeenRequest, count: number) => TestAnswer) = {},
): Promise<TestServer> {
  const seen: SeenRequest[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        const bytes = Buffer.concat(chunks);
        const { method = '', url: path = '', headers } = request;
        const one = { method, path, headers, bytes, body: bytes.toString() };
        seen.push(one);
        const {
          status = 200,
          body = '',
          headers: more = {},
        } = typeof answer === 'function' ? answer(one, seen.length) : answer;
        if (status === 'never') return;
        if (status === 'hang up') request.socket.destroy();
        else response.writeHead(status, more).end(body);
      });
  });
  server.on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url: `${origin}/hooks/s3cret-T0KEN`, origin, seen, connections: () => connections };
}
