/** The connections to one server: as many as requests are under way, or as many as are allowed. */
import { Connection, type Address, type PlainRequest } from './connection.ts';

/** An idle connection is closed after so long: servers close theirs after five seconds and more, and a request must not meet that. */
const IDLE_MS = 4_000;
/** Before the time that a server says it closes idle connections. */
const MARGIN_MS = 1_000;

export class Connections {
  readonly #address: Address;
  readonly #limit: number;
  readonly #open = new Map<Connection, PlainRequest | undefined>();
  /** The one used last comes first, so that those not needed grow old. */
  readonly #idle: Connection[] = [];
  readonly #waiting: PlainRequest[] = [];
  #sweep: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(address: Address, limit: number) {
    this.#address = address;
    this.#limit = limit;
  }

  request(request: PlainRequest): void {
    if (this.#closed) return request.failed(new Error('closed'));
    const connection = this.#take();
    if (connection) this.#send(connection, request);
    else this.#waiting.push(request);
  }

  /** Ends a request: with its connection, or before it had one. */
  abort(request: PlainRequest, error: Error): void {
    const at = this.#waiting.indexOf(request);
    if (at >= 0) {
      this.#waiting.splice(at, 1);
      request.failed(error);
      return;
    }
    for (const [connection, underWay] of this.#open) {
      if (underWay === request) return connection.end(error);
    }
  }

  /** Ends all connections; requests under way or waiting fail with `error`. */
  close(error: Error): void {
    this.#closed = true;
    clearTimeout(this.#sweep);
    for (const request of this.#waiting.splice(0)) request.failed(error);
    for (const connection of [...this.#open.keys()]) connection.end(error);
  }

  #send(connection: Connection, request: PlainRequest): void {
    this.#open.set(connection, request);
    connection.send(request);
  }

  #take(): Connection | undefined {
    const now = performance.now();
    for (let connection = this.#idle.pop(); connection; connection = this.#idle.pop()) {
      if (!isOld(connection, now)) return connection;
      connection.end(new Error('idle'));
    }
    if (this.#open.size >= this.#limit) return undefined;
    return new Connection(
      this.#address,
      (free) => this.#freed(free),
      (ended, wasIdle) => this.#ended(ended, wasIdle),
    );
  }

  #freed(connection: Connection): void {
    const next = this.#waiting.shift();
    if (next) return this.#send(connection, next);
    this.#open.set(connection, undefined);
    connection.rest();
    this.#idle.push(connection);
    this.#sweep ??= setTimeout(() => this.#endOld(), IDLE_MS).unref();
  }

  #ended(connection: Connection, wasIdle: boolean): void {
    this.#open.delete(connection);
    const at = wasIdle ? this.#idle.indexOf(connection) : -1;
    if (at >= 0) this.#idle.splice(at, 1);
    const next = this.#closed ? undefined : this.#waiting.shift();
    if (next) this.request(next);
  }

  #endOld(): void {
    this.#sweep = undefined;
    const now = performance.now();
    for (const connection of [...this.#idle]) if (isOld(connection, now)) connection.end(new Error('idle'));
    if (this.#idle.length > 0) this.#sweep = setTimeout(() => this.#endOld(), IDLE_MS).unref();
  }
}

function isOld({ idleMs, idleSince }: Connection, now: number): boolean {
  return now - idleSince >= Math.min(IDLE_MS, idleMs === undefined ? IDLE_MS : idleMs - MARGIN_MS);
}
