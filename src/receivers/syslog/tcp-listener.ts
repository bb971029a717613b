/**
 * Receives syslog over TCP (RFC 6587). Senders wait while the queues are full: their sockets are
 * not read, and nothing is lost.
 *
 * An operator asks: why is a sender refused? Because of `allow` or `max_connections`; both are
 * counted as `refused_connections`, and the first of a minute is logged.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { formatAddress, type ListenAddress, plainAddress } from './address.ts';
import { Connection } from './connection.ts';
import type { Intake } from './intake.ts';
import type { Listener } from './listener.ts';

/** After a minute of silence the kernel asks whether a sender is still there. */
const KEEP_ALIVE_MS = 60_000;

const LOG_EVERY_MS = 60_000;

export class TcpListener implements Listener {
  intake: Intake;
  readonly #wanted: ListenAddress;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  #quietUntil = -Infinity;

  constructor(wanted: ListenAddress, intake: Intake) {
    this.#wanted = wanted;
    this.intake = intake;
    this.#server = createServer({ keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS }, (socket) =>
      this.#accept(socket),
    );
  }

  async open(): Promise<void> {
    const { host, port, ipv6Only } = this.#wanted;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port, ipv6Only }, () => {
        this.#server.off('error', reject);
        // Accepting can fail later (EMFILE): Node goes on by itself once there are descriptors again.
        this.#server.on('error', () => {});
        resolve();
      });
    });
  }

  attach(intake: Intake): void {
    this.intake = intake;
    if (intake.flow.paused) this.pause();
    else this.resume();
  }

  enforce(): void {
    const { allow, log } = this.intake;
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
    const { clock, options } = this.intake;
    if (options.idle_timeout === 0) return;
    const now = clock.monotonic();
    for (const connection of this.#connections) connection.closeIfIdle(now, options.idle_timeout);
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
    await closed;
  }

  address(): string | undefined {
    const bound = this.#server.address();
    return bound !== null && typeof bound === 'object' ? formatAddress('tcp', bound.address, bound.port) : undefined;
  }

  #accept(socket: Socket): void {
    const { allow, flow, options } = this.intake;
    const { remoteAddress } = socket;
    // Gone before it was accepted.
    if (remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    const remote = plainAddress(remoteAddress);
    if (!allow.allows(remote)) return this.#refuse(socket, `${remote} is not in allow`);
    if (this.#connections.size >= options.max_connections) {
      return this.#refuse(
        socket,
        `there are ${options.max_connections} already: raise max_connections, or find out why senders open so many`,
      );
    }
    const connection = new Connection(socket, this);
    this.#connections.add(connection);
    socket.on('close', () => this.#connections.delete(connection));
    if (flow.paused) connection.pause();
  }

  #refuse(socket: Socket, why: string): void {
    const { clock, log, refusedConnections } = this.intake;
    socket.on('error', () => {});
    socket.destroy();
    refusedConnections.add(1);
    const now = clock.monotonic();
    if (now < this.#quietUntil) return;
    this.#quietUntil = now + LOG_EVERY_MS;
    log.warn(`refused a connection to ${this.address()}: ${why}. More of these within a minute are only counted.`);
  }
}
