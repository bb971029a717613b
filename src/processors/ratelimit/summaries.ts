/**
 * Collects what is held back, and sends a summary of each key when its window opens again: by the
 * clock, so that it comes though nothing else does. One timer, set to the earliest.
 */
import type { Clock, ProcessorOutput } from '../../component/component.ts';
import type { Event } from '../../component/event.ts';
import { Held, type Label } from './held.ts';
import { summaryOf } from './summary.ts';
import type { Limits } from './window.ts';
import type { Keyed } from './windows.ts';

/** Node's timers know no delay above 24 days; the timer is set anew when it fires early. */
const MAX_DELAY_MS = 86_400_000;

export class Summaries {
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #labelOf: (event: Event, key: string | undefined) => Label;
  readonly #holding = new Set<Keyed<Held>>();
  #output: ProcessorOutput | undefined;
  #cancel: (() => void) | undefined;
  #armedFor = Infinity;

  constructor(clock: Clock, limits: Limits, labelOf: (event: Event, key: string | undefined) => Label) {
    this.#clock = clock;
    this.#limits = limits;
    this.#labelOf = labelOf;
  }

  /** `wallNow` is the wall-clock time of `now`. */
  hold(entry: Keyed<Held>, event: Event, now: number, wallNow: number): void {
    let { held } = entry;
    if (!held) {
      // Where the window opens event by event, a summary for each of them would be the flood again.
      const dueAt = Math.max(entry.window.reopensAt(this.#limits), entry.summarisedAt + this.#limits.windowMs);
      held = entry.held = new Held(this.#labelOf(event, entry.key), Math.max(dueAt, now), wallNow);
      this.#holding.add(entry);
      this.#armFor(held.dueAt);
    }
    held.add(event, wallNow);
  }

  restore(entry: Keyed<Held>, held: Held | undefined): void {
    if (!held) return;
    entry.held = held;
    this.#holding.add(entry);
  }

  /** Where summaries go from now on. What fell due while there was nowhere is sent with the timer. */
  sendTo(output: ProcessorOutput): void {
    if (this.#output === output) return;
    this.#output = output;
    this.arm();
  }

  /** Sets the timer for the earliest summary, if any is to come. */
  arm(): void {
    let earliest = Infinity;
    for (const { held } of this.#holding) if (held && held.dueAt < earliest) earliest = held.dueAt;
    this.#armFor(earliest);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#armedFor = Infinity;
  }

  #armFor(dueAt: number): void {
    // Without an output nothing could be sent: the first batch brings one.
    if (dueAt >= this.#armedFor || !this.#output) return;
    this.stop();
    this.#armedFor = dueAt;
    const delay = Math.min(Math.max(dueAt - this.#clock.monotonic(), 0), MAX_DELAY_MS);
    this.#cancel = this.#clock.schedule(delay, () => this.#fire());
  }

  #fire(): void {
    this.stop();
    const now = this.#clock.monotonic();
    const due = [...this.#holding].filter(({ held }) => held !== undefined && held.dueAt <= now);
    for (const entry of due) {
      const held = entry.held!;
      entry.held = undefined;
      entry.summarisedAt = now;
      this.#holding.delete(entry);
      this.#output?.emit(summaryOf(held, this.#limits, this.#clock.now()));
    }
    this.arm();
  }
}
