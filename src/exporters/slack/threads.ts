/** Which message of a channel further events of one key belong under. Bounded: the thread that is longest without a reply is forgotten. */
import type { Clock } from '../../component/component.ts';

/** Threads remembered at once. */
const MAX_THREADS = 1_000;

interface Thread {
  /** Slack's id of a message: `ts` of the first one of the key. */
  readonly ts: string;
  /** Slack's id of the channel, which may have been given by its name. */
  readonly channel: string;
  /** Unix milliseconds of the last message in it. */
  readonly at: number;
}

export class Threads {
  readonly #idleMs: number;
  readonly #clock: Clock;
  /** In the order of their last message. */
  readonly #byKey = new Map<string, Thread>();

  /** A key that was silent for `idleMs` begins a new thread. */
  constructor(idleMs: number, clock: Clock) {
    this.#idleMs = idleMs;
    this.#clock = clock;
  }

  /** The thread that a message of the key goes to; undefined if it begins one. */
  of(key: string): Thread | undefined {
    const thread = this.#byKey.get(key);
    return thread && this.#clock.now() - thread.at < this.#idleMs ? thread : undefined;
  }

  /** A message of the key was posted: `ts` is its own id. */
  posted(key: string, channel: string, ts: string): void {
    const thread = this.of(key);
    this.#byKey.delete(key);
    this.#byKey.set(key, { ts: thread?.ts ?? ts, channel, at: this.#clock.now() });
    const [oldest] = this.#byKey.keys();
    if (this.#byKey.size > MAX_THREADS && oldest !== undefined) this.#byKey.delete(oldest);
  }

  /** The first message of the key is gone: the next one begins a thread. */
  forget(key: string): void {
    this.#byKey.delete(key);
  }

  snapshot(): unknown {
    return [...this.#byKey];
  }

  restore(snapshot: unknown): void {
    if (!Array.isArray(snapshot)) return;
    for (const entry of snapshot as unknown[]) {
      const [key, thread] = entry as [string, Thread];
      if (typeof key === 'string' && typeof thread?.ts === 'string') this.#byKey.set(key, thread);
    }
  }
}
