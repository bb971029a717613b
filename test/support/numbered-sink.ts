/** A destination that counts what it takes: what was lost on the way, and what came twice. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface SinkAnswer {
  readonly status?: number | 'never' | 'hang up';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Whether the events count as taken; by default those of a 2xx. */
  readonly taken?: boolean;
  readonly delayMs?: number;
}

export class NumberedSink {
  /** How often each number was taken. */
  readonly taken = new Map<number, number>();
  /** When each request came, in `performance.now()`. */
  readonly times: number[] = [];
  /** Requests that wait for an answer, and the most there ever were. */
  open = 0;
  mostOpen = 0;
  connections = 0;
  answer: (seqs: readonly number[], request: number) => SinkAnswer = () => ({});
  #server: Server | undefined;
  #port = 0;

  static async start(): Promise<NumberedSink> {
    const sink = new NumberedSink();
    await sink.up();
    onTestFinished(() => sink.down());
    return sink;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/sink`;
  }

  get port(): number {
    return this.#port;
  }

  /** Deliveries of numbers that had been delivered before. */
  get repeats(): number {
    let repeats = 0;
    for (const times of this.taken.values()) repeats += times - 1;
    return repeats;
  }

  missing(acked: Iterable<number>): number[] {
    return [...acked].filter((seq) => !this.taken.has(seq));
  }

  /** Listens, on the same port as before. */
  async up(): Promise<void> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      this.open += 1;
      this.mostOpen = Math.max(this.mostOpen, this.open);
      response.once('close', () => (this.open -= 1));
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const seqs = Array.from(text.matchAll(/"seq":(\d+)/g), ([, seq]) => Number(seq));
        const {
          status = 200,
          headers = {},
          body = '',
          taken,
          delayMs = 0,
        } = this.answer(seqs, this.times.push(performance.now()) - 1);
        if (taken ?? (typeof status === 'number' && status < 300)) {
          for (const seq of seqs) this.taken.set(seq, (this.taken.get(seq) ?? 0) + 1);
        }
        if (status === 'never') return;
        if (status === 'hang up') request.socket.destroy();
        else setTimeout(() => response.writeHead(status, headers).end(body), delayMs);
      });
    });
    server.on('connection', () => (this.connections += 1));
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Closes the port and every connection. */
  async down(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = new Promise((resolve) => server.close(resolve));
    // What is being answered is answered; only what hangs is cut.
    const idle = setInterval(() => server.closeIdleConnections(), 5);
    const patience = setTimeout(() => server.closeAllConnections(), 500);
    await closed;
    clearInterval(idle);
    clearTimeout(patience);
  }
}
