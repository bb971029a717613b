/**
 * Receives syslog as streams: over TCP (RFC 6587), TLS (RFC 5425) and Unix sockets. Senders wait
 * while the queues are full: their sockets are not read, and nothing is lost.
 *
 * An operator asks: why is a sender refused? Because of `allow`, `max_connections`, a lack of
 * descriptors, or a TLS handshake that failed; each is counted, and the first of a minute is logged.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { takesConnection } from '../../lib/connection-room.ts';
import { formatAddress, type NetworkAddress, type PathAddress, plainAddress } from './address.ts';
import { Connection } from './connection.ts';
import type { Intake } from './intake.ts';
import type { Listener } from './listener.ts';
import { claimPath, resetMode, setMode, streamOwner } from './socket-path.ts';
import { TlsGate } from './tls-gate.ts';

/** After a minute of silence the kernel asks whether a sender is still there. */
const KEEP_ALIVE_MS = 60_000;

const LOG_EVERY_MS = 60_000;

export class StreamListener implements Listener {
  intake: Intake;
  readonly #wanted: NetworkAddress | PathAddress;
  readonly #server: Server;
  /** All that were accepted, those in their TLS handshake too. */
  readonly #sockets = new Set<Socket>();
  readonly #connections = new Set<Connection>();
  readonly #gate: TlsGate | undefined;
  #quietUntil = -Infinity;

  constructor(wanted: NetworkAddress | PathAddress, intake: Intake) {
    this.#wanted = wanted;
    this.intake = intake;
    this.#server = createServer({ keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS }, (socket) =>
      this.#accept(socket),
    );
    if (wanted.scheme !== 'tls') return;
    this.#gate = new TlsGate(
      (socket) => this.#begin(socket),
      (remote, why) => {
        this.intake.failedHandshakes.add(1);
        this.#complain(`a TLS handshake with ${remote} failed: ${why}.`);
      },
    );
  }

  async open(): Promise<void> {
    const wanted = this.#wanted;
    const { options, tls } = this.intake;
    if ('path' in wanted) await claimPath(wanted.path, streamOwner);
    if (tls?.current) this.#gate?.use(tls.current);
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      const where =
        'path' in wanted ? { path: wanted.path } : { host: wanted.host, port: wanted.port, ipv6Only: wanted.ipv6Only };
      this.#server.listen(where, () => {
        this.#server.off('error', reject);
        // Accepting can fail later (EMFILE): Node goes on by itself once there are descriptors again.
        this.#server.on('error', () => {});
        resolve();
      });
    });
    if ('path' in wanted) await setMode(wanted.path, options.socket_mode);
  }

  attach(intake: Intake): void {
    this.intake = intake;
    if (intake.tls?.current) this.#gate?.use(intake.tls.current);
    if (intake.flow.paused) this.pause();
    else this.resume();
  }

  async enforce(): Promise<void> {
    const { allow, log, options, tls } = this.intake;
    if (tls?.current) this.#gate?.use(tls.current);
    if ('path' in this.#wanted) {
      await resetMode(this.#wanted.path, options.socket_mode, log);
      return;
    }
    let closed = 0;
    for (const connection of this.#connections) {
      if (allow.allows(connection.remote)) continue;
      connection.close();
      closed += 1;
    }
    if (closed === 0) return;
    this.intake.refusedConnections.add(closed);
    log.warn(`closed ${closed} open connections of ${this.address()} that allow no longer lets in`);
  }

  tick(): void {
    const { clock, options, tls } = this.intake;
    const now = clock.monotonic();
    if (this.#gate) {
      if (tls?.current) this.#gate.use(tls.current);
      this.#gate.closeOverdue(now);
    }
    if (options.idle_timeout === 0 && options.message_timeout === 0) return;
    for (const connection of this.#connections) connection.closeOverdue(now);
  }

  pause(): void {
    for (const connection of this.#connections) connection.pause();
  }

  resume(): void {
    for (const connection of this.#connections) connection.resume();
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of this.#connections) connection.close();
    this.#gate?.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  address(): string | undefined {
    const bound = this.#server.address();
    if (bound === null) return undefined;
    const { scheme } = this.#wanted;
    return typeof bound === 'string' ? `${scheme}://${bound}` : formatAddress(scheme, bound.address, bound.port);
  }

  #accept(socket: Socket): void {
    const { options } = this.intake;
    socket.on('error', () => {});
    if (!('path' in this.#wanted) && !this.#mayConnect(socket)) return;
    if (this.#sockets.size >= options.max_connections) {
      return this.#refuse(
        socket,
        `there are ${options.max_connections} already: raise max_connections, or find out why senders open so many`,
      );
    }
    if (!takesConnection(socket))
      return this.#refuse(
        socket,
        'the process may open too few files for more connections: raise LimitNOFILE or `ulimit -n`',
      );
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    if (this.#gate) this.#gate.admit(socket, this.intake.clock.monotonic());
    else this.#begin(socket);
  }

  #mayConnect(socket: Socket): boolean {
    const { remoteAddress } = socket;
    // Gone before it was accepted.
    if (remoteAddress === undefined) {
      socket.destroy();
      return false;
    }
    const remote = plainAddress(remoteAddress);
    const allowed = this.intake.allow.allows(remote);
    if (!allowed) this.#refuse(socket, `${remote} is not in allow`);
    return allowed;
  }

  #begin(socket: Socket): void {
    const connection = new Connection(socket, this);
    this.#connections.add(connection);
    socket.on('close', () => this.#connections.delete(connection));
    if (this.intake.flow.paused) connection.pause();
  }

  #refuse(socket: Socket, why: string): void {
    socket.destroy();
    this.intake.refusedConnections.add(1);
    this.#complain(`refused a connection to ${this.address()}: ${why}.`);
  }

  /** Once a minute at the most. */
  #complain(what: string): void {
    const { clock, log } = this.intake;
    const now = clock.monotonic();
    if (now < this.#quietUntil) return;
    this.#quietUntil = now + LOG_EVERY_MS;
    log.warn(`${what} More of these within a minute are only counted.`);
  }
}
