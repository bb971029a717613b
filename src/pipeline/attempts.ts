/**
 * Requests under way: each is ended by its time-out, all of them by a stop, down to the socket.
 *
 * A signal serves one request after the other until it is aborted, and one timer watches all
 * deadlines: a controller and a timer for each request cost a third of what a core can send.
 */
import type { Clock, Exporter, Verdict } from '../component/component.ts';

interface Slot {
  readonly controller: AbortController;
  exporter: Exporter | undefined;
  /** Monotonic milliseconds. */
  deadline: number;
  timedOut: boolean;
}

export class Attempts {
  readonly #clock: Clock;
  readonly #underWay = new Set<Slot>();
  #free: Slot[] = [];
  #cancelTimer: (() => void) | undefined;
  /** When the timer looks next. */
  #looksAt = Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Makes one request. A time-out is a verdict; rejects when `stop` ended it, or with what the exporter threw. */
  async run(exporter: Exporter, request: unknown, timeoutMs: number): Promise<Verdict> {
    const slot = this.#free.pop() ?? { controller: new AbortController(), exporter, deadline: 0, timedOut: false };
    slot.exporter = exporter;
    slot.deadline = this.#clock.monotonic() + timeoutMs;
    this.#underWay.add(slot);
    if (slot.deadline < this.#looksAt) this.#lookAt(slot.deadline);
    const { signal } = slot.controller;
    try {
      return await exporter.send(request, signal);
    } catch (error) {
      if (slot.timedOut) return { kind: 'later', reason: `no answer within ${timeoutMs / 1_000} s` };
      throw error;
    } finally {
      this.#underWay.delete(slot);
      if (!signal.aborted) this.#free.push(slot);
    }
  }

  /** Whether this instance still has a request under way. */
  has(exporter: Exporter): boolean {
    for (const slot of this.#underWay) if (slot.exporter === exporter) return true;
    return false;
  }

  /** Signals that an exporter has seen are not handed to its successor: it may have left listeners there. */
  renew(): void {
    this.#free = [];
  }

  /** Ends all that are under way. */
  stop(reason: Error): void {
    this.#cancelTimer?.();
    this.#looksAt = Infinity;
    for (const { controller } of [...this.#underWay]) controller.abort(reason);
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
    for (const slot of [...this.#underWay]) {
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
