/** Posts numbered events without end, to whoever listens on the port, and remembers which were acknowledged. */
import { Agent, request } from 'node:http';

export class Poster {
  /** Answered with 202. */
  readonly acked = new Set<number>();
  /** How often each other status came. */
  readonly refusals = new Map<number, number>();
  /** Longest answer, in milliseconds. */
  slowestMs = 0;
  readonly #port: number;
  readonly #perRequest: number;
  readonly #pad: string;
  readonly #agent = new Agent({ keepAlive: true });
  #next: number;
  #stopping = false;
  #running: Promise<unknown> = Promise.resolve();

  constructor(port: number, { perRequest = 20, padding = 0, first = 0 } = {}) {
    this.#next = first;
    this.#port = port;
    this.#perRequest = perRequest;
    this.#pad = 'x'.repeat(padding);
  }

  /** Starts so many senders, each with one request at a time; `perSecond` requests at the most, of all together. */
  start(senders = 4, perSecond = Infinity): void {
    const pauseMs = Number.isFinite(perSecond) ? (senders * 1_000) / perSecond : 0;
    this.#running = Promise.all(
      Array.from({ length: senders }, async () => {
        while (!this.#stopping) {
          const status = await this.post();
          if (status !== 202 || pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, Math.max(pauseMs, 10)));
        }
      }),
    );
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
    this.#agent.destroy();
  }

  /** Posts so many events, and again what is refused, until all are acknowledged. */
  async all(events: number): Promise<void> {
    while (this.acked.size < events) {
      if ((await this.post()) !== 202) await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** One request. Its status; 0 if there was no answer. */
  async post(): Promise<number> {
    const seqs = Array.from({ length: this.#perRequest }, () => this.#next++);
    const body = seqs.map((seq) => `{"title":"event ${seq}${this.#pad}","metadata":{"seq":${seq}}}`).join('\n');
    const from = performance.now();
    const status = await this.#send(body);
    this.slowestMs = Math.max(this.slowestMs, performance.now() - from);
    if (status === 202) for (const seq of seqs) this.acked.add(seq);
    else this.refusals.set(status, (this.refusals.get(status) ?? 0) + 1);
    return status;
  }

  #send(body: string): Promise<number> {
    return new Promise((resolve) => {
      const sending = request(
        {
          port: this.#port,
          host: '127.0.0.1',
          path: '/v1/events',
          method: 'POST',
          agent: this.#agent,
          headers: { 'content-type': 'application/x-ndjson', 'content-length': Buffer.byteLength(body) },
        },
        (response) => {
          response.resume();
          response.on('end', () => resolve(response.statusCode ?? 0));
          response.on('close', () => resolve(0));
        },
      );
      sending.on('error', () => resolve(0));
      sending.end(body);
    });
  }
}
