/**
 * Requests under way: each is ended by its time-out, all of them by a stop, down to the socket.
 *
 * A signal serves one request after the other until it is aborted, and one timer watches all
 * deadlines: a controller and a timer for each request cost a third of what a core can send.
 */
import type { Clock, Exporter, Verdict } from '../component/component.ts';

interface Slot {
  readonly controller: AbortController;
  /** Whose request is under way in it. */
  exporter: Exporter | undefined;
  /** Monotonic milliseconds. */
  deadline: number;
  timedOut: boolean;
  /** No further request is to have its signal. */
  isWorn: boolean;
}

export class Attempts {
  readonly #clock: Clock;
  /** No more than were ever under way at once. */
  #slots: Slot[] = [];
  #cancelTimer: (() => void) | undefined;
  /** When the timer looks next. */
  #looksAt = Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Makes one request. A time-out is a verdict; rejects when `stop` ended it, or with what the exporter threw. */
  async run(exporter: Exporter, request: unknown, timeoutMs: number): Promise<Verdict> {
    const slot = this.#freeSlot();
    slot.exporter = exporter;
    slot.deadline = this.#clock.monotonic() + timeoutMs;
    if (slot.deadline < this.#looksAt) this.#lookAt(slot.deadline);
    const { signal } = slot.controller;
    try {
      return await exporter.send(request, signal);
    } catch (error) {
      if (slot.timedOut) return { kind: 'later', reason: `no answer within ${timeoutMs / 1_000} s` };
      throw error;
    } finally {
      slot.exporter = undefined;
      if (signal.aborted || slot.isWorn) this.#slots = this.#slots.filter((other) => other !== slot);
    }
  }

  #freeSlot(): Slot {
    for (let index = 0; index < this.#slots.length; index += 1)
      if (this.#slots[index]!.exporter === undefined) return this.#slots[index]!;
    const controller = new AbortController();
    const slot: Slot = { controller, exporter: undefined, deadline: 0, timedOut: false, isWorn: false };
    this.#slots.push(slot);
    return slot;
  }

  /** Whether this instance still has a request under way. */
  has(exporter: Exporter): boolean {
    return this.#slots.some((slot) => slot.exporter === exporter);
  }

  /** Signals that an exporter has seen are not handed to its successor: it may have left listeners there. */
  renew(): void {
    this.#slots = this.#slots.filter((slot) => slot.exporter !== undefined);
    for (const slot of this.#slots) slot.isWorn = true;
  }

  /** Ends all that are under way. */
  stop(reason: Error): void {
    this.#cancelTimer?.();
    this.#looksAt = Infinity;
    for (const { controller, exporter } of [...this.#slots]) if (exporter !== undefined) controller.abort(reason);
  }

  #lookAt(time: number): void {
    this.#cancelTimer?.();
    this.#looksAt = time;
    this.#cancelTimer = this.#clock.schedule(time - this.#clock.monotonic(), () => this.#look());
  }

  #look(): void {
    this.#looksAt = Infinity;
    const now = this.#clock.monotonic();
    let next = Infinity;
    for (const slot of [...this.#slots]) {
      if (slot.exporter === undefined) continue;
      if (slot.deadline > now) {
        next = Math.min(next, slot.deadline);
        continue;
      }
      slot.deadline = Infinity;
      slot.timedOut = true;
      slot.controller.abort(new Error('timed out'));
    }
    if (next < Infinity) this.#lookAt(next);
  }
}
