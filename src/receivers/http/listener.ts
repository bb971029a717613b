/**
 * One bound address with its connections, in the clear or over TLS. It outlives the receiver's
 * instance: a reload gives it a new `handler`, and the connections never notice.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { codeOf, StartError } from '../../component/errors.ts';
import { takesConnection } from '../../lib/connection-room.ts';
import type { ServerIdentity } from '../../lib/tls-identity.ts';

/** A request that no headers end within this time is a slow attack or a dead sender. */
const HEADERS_TIMEOUT_MS = 10_000;

const KEEP_ALIVE_MS = 65_000;

const HANDSHAKE_MS = 10_000;

export interface Limits {
  readonly maxConnections: number;
  readonly requestTimeoutMs: number;
}

export interface Handler {
  /** `awaitsGoAhead`: the sender holds the body back until it is asked for (`Expect: 100-continue`). */
  request(request: IncomingMessage, response: ServerResponse, awaitsGoAhead: boolean): void;
  /** A connection was closed: past `max_connections`, or past what the process has descriptors for. */
  connectionRefused(): void;
  /** A TLS handshake failed; `why` in a word. */
  handshakeFailed(why: string): void;
}

export class Listener {
  handler: Handler;
  readonly #server: Server;
  readonly #listen: string;

  constructor(listen: string, handler: Handler) {
    this.#listen = listen;
    this.handler = handler;
    const options = {
      headersTimeout: HEADERS_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: 2_000,
      maxHeaderSize: 16_384,
    };
    this.#server = listen.startsWith('https:')
      ? this.#guarded(createTlsServer({ ...options, handshakeTimeout: HANDSHAKE_MS }))
      : createServer(options);
    this.#server.on('request', (request, response) => this.handler.request(request, response, false));
    this.#server.on('checkContinue', (request, response) => this.handler.request(request, response, true));
    this.#server.on('drop', () => this.handler.connectionRefused());
    this.#server.on('connection', (socket: Socket) => {
      if (takesConnection(socket)) return;
      socket.destroy();
      this.handler.connectionRefused();
    });
    this.#server.on('clientError', answerGarbage);
  }

  /** Acts on connections and requests from now on. */
  limit({ maxConnections, requestTimeoutMs }: Limits): void {
    this.#server.maxConnections = maxConnections;
    this.#server.requestTimeout = requestTimeoutMs;
    this.#server.headersTimeout = Math.min(HEADERS_TIMEOUT_MS, requestTimeoutMs);
  }

  /** Who it is from the next connection on; needed before `open` where it is an https address. */
  identify(identity: ServerIdentity): void {
    if (!(this.#server instanceof TlsServer)) return;
    this.#server.setSecureContext(identity);
    // The server reads these two at each connection; setSecureContext leaves them as they were.
    const { requestCert, rejectUnauthorized } = identity;
    Object.assign(this.#server, { requestCert, rejectUnauthorized });
  }

  #guarded(server: TlsServer): TlsServer {
    server.on('tlsClientError', (error) => this.handler.handshakeFailed(codeOf(error)));
    server.prependListener('secureConnection', (socket: TLSSocket) => {
      // Where a certificate is only asked for, a bad one is still refused.
      if (socket.authorized || Object.keys(socket.getPeerCertificate()).length === 0) return;
      this.handler.handshakeFailed('the certificate is not of an authority in ca_file');
      socket.destroy();
    });
    return server;
  }

  /** Resolves once bound. Throws a StartError that says what to do. */
  async open(): Promise<void> {
    const { host, port } = hostAndPort(this.#listen)!;
    await new Promise<void>((resolve, reject) => {
      const failed = (error: Error): void => reject(new StartError(bindTrouble(error, this.#listen, port)));
      this.#server.once('error', failed);
      this.#server.listen(port, host, () => {
        this.#server.off('error', failed);
        // Accepting can fail later (EMFILE): Node goes on by itself once there are descriptors again.
        this.#server.on('error', () => {});
        resolve();
      });
    });
  }

  /** Stops accepting and closes idle connections; resolves when the last busy one is closed. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
    });
  }

  /** Cuts the connections that `close` still waits for. */
  cut(): void {
    this.#server.closeAllConnections();
  }

  /** `http://127.0.0.1:8686`; undefined while not bound. */
  get address(): string | undefined {
    const address = this.#server.address() as AddressInfo | null;
    if (!address) return undefined;
    return `${this.#server instanceof TlsServer ? 'https' : 'http'}://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
  }
}

/** Undefined unless `listen` is `http://host:port` or `https://host:port`. */
export function hostAndPort(listen: string): { readonly host: string; readonly port: number } | undefined {
  const match = /^https?:\/\/(?:\[([0-9a-fA-F:.%]+)\]|([^:/[\]]+)):(\d{1,5})\/?$/.exec(listen);
  const port = Number(match?.[3]);
  return match && port <= 65_535 ? { host: match[1] ?? match[2]!, port } : undefined;
}

function bindTrouble(error: Error, listen: string, port: number): string {
  const code = codeOf(error);
  switch (code) {
    case 'EADDRINUSE':
      return `cannot listen on ${listen}: port ${port} is taken. See by what with \`ss -ltnp 'sport = :${port}'\`, and stop that or listen on another port.`;
    case 'EACCES':
      return `cannot listen on ${listen}: ports below 1024 need CAP_NET_BIND_SERVICE. Grant it, or listen on a higher port.`;
    case 'EADDRNOTAVAIL':
      return `cannot listen on ${listen}: this machine has no such address. \`ip addr\` lists those it has; 0.0.0.0 is all of them.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `cannot listen on ${listen}: the name does not resolve. Write an address, such as 127.0.0.1 or 0.0.0.0.`;
    default:
      return `cannot listen on ${listen}: ${code}.`;
  }
}

/** What Node could not read as HTTP, or did not get in time, is answered in JSON too. */
function answerGarbage(error: Error, socket: Socket): void {
  if (!socket.writable || codeOf(error) === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const [status, reason] =
    codeOf(error) === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? ['408 Request Timeout', 'the request did not arrive in time']
      : codeOf(error) === 'HPE_HEADER_OVERFLOW'
        ? ['431 Request Header Fields Too Large', 'the headers are too large']
        : ['400 Bad Request', 'this is no valid HTTP request'];
  const body = `${JSON.stringify({ error: reason })}\n`;
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}
