/**
 * The TLS handshake of accepted connections, at most ten seconds each. Each identity has a TLS
 * server of its own that is bound to nothing: what is under way ends with the one it began with.
 */
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { codeOf } from '../../component/errors.ts';
import type { ServerIdentity } from '../../lib/tls-identity.ts';
import { plainAddress } from './address.ts';

const HANDSHAKE_MS = 10_000;

interface Candidate {
  readonly socket: Socket;
  readonly remote: string;
  readonly since: number;
}

export class TlsGate {
  readonly #passed: (socket: TLSSocket) => void;
  readonly #failed: (remote: string, why: string) => void;
  /** By both ends' addresses: Node does not say which connection a TLS socket was made for. */
  readonly #candidates = new Map<string, Candidate>();
  #identity: ServerIdentity | undefined;
  #server: Server | undefined;

  constructor(passed: (socket: TLSSocket) => void, failed: (remote: string, why: string) => void) {
    this.#passed = passed;
    this.#failed = failed;
  }

  /** New connections see this identity. Cheap where it is the one already in use. */
  use(identity: ServerIdentity): void {
    if (identity === this.#identity) return;
    this.#identity = identity;
    this.#server = createServer(identity);
    this.#server.on('secureConnection', (socket) => this.#finish(socket));
    // The socket's addresses may be gone with it; `close` of the accepted one comes next and is told why.
    this.#server.on('tlsClientError', (error, socket) => this.#fail(socket, reasonOf(error)));
  }

  admit(socket: Socket, now: number): void {
    const key = keyOf(socket);
    const candidate = { socket, remote: plainAddress(socket.remoteAddress ?? ''), since: now };
    this.#candidates.set(key, candidate);
    socket.on('close', () => {
      if (this.#candidates.get(key) !== candidate) return;
      this.#candidates.delete(key);
      this.#failed(candidate.remote, 'the connection was closed before its end');
    });
    this.#server?.emit('connection', socket);
  }

  /** Once a second. */
  closeOverdue(now: number): void {
    for (const [key, { socket, remote, since }] of this.#candidates) {
      // In order of time: those that follow are younger.
      if (now - since < HANDSHAKE_MS) return;
      this.#candidates.delete(key);
      this.#failed(remote, `it took more than ${HANDSHAKE_MS / 1_000} s`);
      socket.destroy();
    }
  }

  /** Drops those that have not come through yet. */
  close(): void {
    const candidates = [...this.#candidates.values()];
    this.#candidates.clear();
    for (const { socket } of candidates) socket.destroy();
  }

  #finish(socket: TLSSocket): void {
    const { remoteAddress } = socket;
    this.#candidates.delete(keyOf(socket));
    const reason = this.#objection(socket);
    if (reason !== undefined) {
      this.#failed(plainAddress(remoteAddress ?? ''), reason);
      socket.on('error', () => {});
      socket.destroy();
    } else this.#passed(socket);
  }

  /** With `client_auth: request`, no certificate will do, a bad one will not. */
  #objection(socket: TLSSocket): string | undefined {
    if (!this.#identity?.requestCert || socket.authorized) return undefined;
    const hasCertificate = Object.keys(socket.getPeerCertificate()).length > 0;
    return hasCertificate ? `its certificate is refused (${String(socket.authorizationError)})` : undefined;
  }

  #fail(socket: TLSSocket, why: string): void {
    const key = keyOf(socket);
    const candidate = this.#candidates.get(key);
    socket.destroy();
    if (!candidate) return;
    this.#candidates.delete(key);
    this.#failed(candidate.remote, why);
    candidate.socket.destroy();
  }
}

function keyOf({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}

/** What OpenSSL calls it, in words where senders commonly get it wrong. */
function reasonOf(error: unknown): string {
  const code = codeOf(error);
  switch (code) {
    case 'ERR_SSL_HTTP_REQUEST':
      return 'the sender speaks HTTP';
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return 'the sender does not speak TLS';
    case 'ERR_SSL_UNSUPPORTED_PROTOCOL':
      return 'the sender knows no TLS newer than 1.1';
    case 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE':
      return 'the sender has no certificate, and client_auth asks for one';
    case 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA':
    case 'ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN':
    case 'ERR_SSL_SSL/TLS_ALERT_UNKNOWN_CA':
    case 'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_UNKNOWN':
      return "the sender does not trust this collector's certificate";
    default:
      return code;
  }
}
