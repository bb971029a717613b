/** How an exporter fares with its destination: said once when it changes, and now and then while it lasts. */
import type { Clock, Logger } from '../component/component.ts';

export interface ExporterHealth {
  readonly state: 'ok' | 'retrying' | 'misconfigured';
  /** What the destination answered last, while it is not ok. */
  readonly reason?: string;
  /** Unix milliseconds. */
  readonly since?: number;
  readonly nextTryAt?: number;
}

/** How often a lasting failure is said again. */
const REMINDER_MS = 300_000;

export class DeliveryHealth {
  readonly #log: Logger;
  readonly #clock: Clock;
  #current: ExporterHealth = { state: 'ok' };
  #saidAt = 0;
  /** Told of each change of state. */
  onChange: (health: ExporterHealth) => void = () => {};

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  get current(): ExporterHealth {
    return this.#current;
  }

  delivered(): void {
    if (this.#current.state === 'ok') return;
    const lasted = this.#clock.now() - (this.#current.since ?? this.#clock.now());
    this.#log.info(`delivers again, after ${inWords(lasted)}`);
    this.#become({ state: 'ok' });
  }

  /** The exporter's options were edited: its next failure is news again. */
  edited(): void {
    if (this.#current.state !== 'ok') this.#current = { state: 'ok' };
  }

  failed(reason: string, waitMs: number, waiting: number): void {
    this.#trouble('retrying', reason, waitMs, () => {
      this.#log.warn(`cannot deliver now: ${reason}; ${held(waiting)}, next try in ${inWords(waitMs)}`);
    });
  }

  misconfigured(reason: string, waitMs: number, waiting: number): void {
    this.#trouble('misconfigured', reason, waitMs, () => {
      this.#log.error(
        `cannot deliver until its options are mended: ${reason}; ${held(waiting)}, probed every ${inWords(waitMs)}`,
      );
    });
  }

  #trouble(state: 'retrying' | 'misconfigured', reason: string, waitMs: number, say: () => void): void {
    const now = this.#clock.now();
    const before = this.#current;
    const news = before.state !== state || (state === 'misconfigured' && before.reason !== reason);
    const next = {
      state,
      reason,
      since: before.state === state ? (before.since ?? now) : now,
      nextTryAt: now + waitMs,
    };
    if (news || now - this.#saidAt >= REMINDER_MS) {
      this.#saidAt = now;
      say();
    }
    if (before.state === state) this.#current = next;
    else this.#become(next);
  }

  #become(health: ExporterHealth): void {
    this.#current = health;
    this.onChange(health);
  }
}

function held(waiting: number): string {
  return waiting === 1 ? '1 event waits' : `${waiting} events wait`;
}

/** `850 ms`, `4 s`, `3 min`, `2 h`. */
function inWords(ms: number): string {
  if (ms < 1_000) return `${Math.max(1, Math.round(ms))} ms`;
  if (ms < 90_000) return `${Math.round(ms / 1_000)} s`;
  if (ms < 5_400_000) return `${Math.round(ms / 60_000)} min`;
  return `${Math.round(ms / 3_600_000)} h`;
}
