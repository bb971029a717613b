/**
 * One connection kept alive, and one request at a time on it. Bytes are read into memory that all
 * connections share, and requests are written at once, without a stream between.
 */
import { connect, type Socket } from 'node:net';
import type { Answer } from '../http-exchange.ts';
import { AnswerReader, type Wanted } from './answer-reader.ts';

export interface PlainRequest extends Wanted {
  /** All lines of the head but `content-length`. */
  readonly head: string;
  readonly body: string | Uint8Array | undefined;
  /** One of the two is called, once. */
  readonly answered: (answer: Answer) => void;
  readonly failed: (error: Error) => void;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

const CONNECT_MS = 10_000;
const KEEP_ALIVE_MS = 60_000;
/** Larger bodies are handed over beside their head rather than copied behind it. */
const MAX_COPIED = 4_096;

/** What is read is taken out of it before the next read, of whichever connection. */
const INBOX = Buffer.allocUnsafeSlow(65_536);

class Closed extends Error {
  override readonly name = 'Closed';
  readonly code: string;

  constructor(code: 'CLOSED' | 'ETIMEDOUT') {
    super('the connection is closed');
    this.code = code;
  }
}

export class Connection {
  readonly #socket: Socket;
  readonly #reader = new AnswerReader();
  readonly #ended: (connection: Connection, wasIdle: boolean) => void;
  readonly #free: (connection: Connection) => void;
  #request: PlainRequest | undefined;
  readonly #connecting: NodeJS.Timeout;
  #isOpen = true;
  #rests = false;
  /** How long the server keeps it when idle, where it says. */
  idleMs: number | undefined;
  /** Monotonic milliseconds: when it came to rest last. */
  idleSince = 0;

  /** `free`: it takes another request; `ended`: it never will. */
  constructor(
    address: Address,
    free: (connection: Connection) => void,
    ended: (connection: Connection, wasIdle: boolean) => void,
  ) {
    this.#free = free;
    this.#ended = ended;
    this.#socket = connect({
      ...address,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
      onread: { buffer: INBOX, callback: (length) => this.#read(length) },
    });
    this.#socket.once('connect', () => clearTimeout(this.#connecting));
    this.#socket.on('error', (error) => this.end(error));
    this.#socket.on('end', () => this.#atEnd());
    this.#socket.on('close', () => this.end(new Closed('CLOSED')));
    this.#connecting = setTimeout(() => this.end(new Closed('ETIMEDOUT')), CONNECT_MS);
  }

  /** Nothing is under way on it: it does not keep the process from ending. */
  rest(): void {
    this.idleSince = performance.now();
    this.#rests = true;
    this.#socket.unref();
  }

  /** Writes the request. The connection is idle, and open. */
  send(request: PlainRequest): void {
    if (this.#rests) this.#socket.ref();
    this.#rests = false;
    this.#request = request;
    this.#reader.expect(request);
    const { head, body } = request;
    if (body === undefined) {
      this.#socket.write(`${head}content-length: 0\r\n\r\n`, 'latin1');
      return;
    }
    const length = Buffer.byteLength(body);
    const whole = `${head}content-length: ${length}\r\n\r\n`;
    if (typeof body === 'string' && length === body.length) {
      this.#socket.write(whole + body, 'latin1');
    } else if (typeof body !== 'string' && length <= MAX_COPIED) {
      const bytes = Buffer.allocUnsafe(whole.length + length);
      bytes.write(whole, 'latin1');
      bytes.set(body, whole.length);
      this.#socket.write(bytes);
    } else {
      this.#socket.cork();
      this.#socket.write(whole, 'latin1');
      if (typeof body === 'string') this.#socket.write(body, 'utf8');
      else this.#socket.write(body);
      this.#socket.uncork();
    }
  }

  /** Closes it for good; a request that is under way fails with `error`. */
  end(error: Error): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    clearTimeout(this.#connecting);
    this.#socket.destroy();
    const request = this.#request;
    this.#request = undefined;
    this.#ended(this, request === undefined);
    request?.failed(error);
  }

  /** Returns true: go on reading. */
  #read(length: number): boolean {
    if (!this.#isOpen) return true;
    try {
      if (this.#reader.read(INBOX.subarray(0, length))) this.#answered(true);
    } catch (error) {
      this.end(error as Error);
    }
    return true;
  }

  #atEnd(): void {
    if (this.#isOpen && this.#reader.end()) this.#answered(false);
    this.end(new Closed('CLOSED'));
  }

  #answered(open: boolean): void {
    const request = this.#request!;
    const { answer, reusable, idleMs } = this.#reader;
    this.#request = undefined;
    this.idleMs = idleMs;
    // An answer before the whole request was sent: what is left of that would be taken for the next one.
    if (open && reusable && this.#socket.writableLength === 0) this.#free(this);
    else this.end(new Closed('CLOSED'));
    request.answered(answer);
  }
}
