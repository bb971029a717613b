/** One exporter inside a thread: made of its options, it decodes, encodes and sends what it is handed. */
import type { Encoded, Exporter, Verdict } from '../component/component.ts';
import { codeOf } from '../component/errors.ts';
import type { FromThread } from './messages.ts';
import { unpackEvents } from './packed-events.ts';

export class HostedExporter {
  readonly #exporter: Exporter;
  readonly #answer: (message: FromThread) => void;
  readonly #underWay = new Map<number, AbortController>();
  /** A signal serves one request after the other until it is aborted. */
  readonly #free: AbortController[] = [];

  constructor(exporter: Exporter, answer: (message: FromThread) => void) {
    this.#exporter = exporter;
    this.#answer = answer;
  }

  async send(request: number, packed: Uint8Array<ArrayBuffer>): Promise<void> {
    const controller = this.#free.pop() ?? new AbortController();
    this.#underWay.set(request, controller);
    try {
      const encoded = this.#encode(packed);
      if ('kind' in encoded) this.#answer({ kind: 'ended', request, verdict: encoded, carried: Infinity });
      else {
        const verdict = await this.#exporter.send(encoded.request, controller.signal);
        this.#answer({ kind: 'ended', request, verdict, carried: encoded.events });
      }
    } catch (error) {
      const message = error instanceof Error ? error.message : codeOf(error);
      this.#answer({ kind: 'failed', request, message, code: codeOf(error) });
    } finally {
      this.#underWay.delete(request);
      if (!controller.signal.aborted) this.#free.push(controller);
    }
  }

  abort(request: number): void {
    this.#underWay.get(request)?.abort(new Error('given up'));
  }

  async stop(): Promise<void> {
    for (const request of this.#underWay.keys()) this.abort(request);
    await this.#exporter.stop?.();
  }

  /** The first request that these events make, or why none can be made. */
  #encode(packed: Uint8Array<ArrayBuffer>): Encoded<unknown> | Verdict {
    const events = unpackEvents(packed);
    try {
      return this.#exporter.encode(events)[0] ?? { kind: 'refused', reason: 'the exporter made no request of it' };
    } catch (error) {
      return { kind: 'refused', reason: `cannot be encoded: ${codeOf(error)}` };
    }
  }
}
