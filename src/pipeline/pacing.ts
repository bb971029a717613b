/**
 * When the next request to a destination may go out: back-off with jitter, Retry-After, a known pace,
 * one probe at a time. Requests that were under way together fail together: that is one step of the
 * back-off, however many they are.
 */
import type { Clock } from '../component/component.ts';
import type { DeliveryOptions } from '../component/delivery-options.ts';

/** The permission for one request: the step of the back-off that it was given in. */
export type Permit = number;

export class Pacing {
  readonly #clock: Clock;
  readonly #random: () => number;
  #retry: DeliveryOptions['retry'];
  readonly #minIntervalMs: number;
  /** Monotonic milliseconds before which nothing is sent. */
  #notBefore = -Infinity;
  /** Failures in a row; while there are any, one request at a time probes the destination. */
  #failures = 0;
  #probing = false;
  /** Counts failures, and ends of them: what was permitted before is a straggler, which moves nothing. */
  #step: Permit = 0;
  readonly #waiting: (() => void)[] = [];
  #cancelTimer: (() => void) | undefined;

  constructor(
    retry: DeliveryOptions['retry'],
    minIntervalMs: number,
    clock: Clock,
    random: () => number = Math.random,
  ) {
    this.#retry = retry;
    this.#minIntervalMs = minIntervalMs;
    this.#clock = clock;
    this.#random = random;
  }

  get failures(): number {
    return this.#failures;
  }

  /** Milliseconds until the next request may go out; 0 if it may now. */
  get waitMs(): number {
    return Math.max(0, this.#notBefore - this.#clock.monotonic());
  }

  /** Takes the permission to send one request, if there is one now. `succeeded`, `failed`, `misconfigured` or `abandoned` gives it back. */
  tryEnter(): Permit | undefined {
    if (this.#clock.monotonic() < this.#notBefore) return undefined;
    if (this.#failures > 0) {
      if (this.#probing) return undefined;
      this.#probing = true;
    }
    if (this.#minIntervalMs > 0) this.#hold(this.#minIntervalMs);
    return this.#step;
  }

  /** Resolves once the permission is taken; rejects with the signal's reason. */
  async enter(signal: AbortSignal): Promise<Permit> {
    for (;;) {
      const permit = this.tryEnter();
      if (permit !== undefined) return permit;
      signal.throwIfAborted();
      await this.#changed(signal);
    }
  }

  succeeded(permit: Permit, notBeforeMs = 0): void {
    if (notBeforeMs > 0) this.#hold(notBeforeMs);
    if (permit === this.#step && this.#failures > 0) {
      this.#failures = 0;
      this.#next();
    }
    this.#wake();
  }

  /** Returns how long the destination is left alone, in milliseconds. */
  failed(permit: Permit, notBeforeMs = 0): number {
    if (permit !== this.#step) return this.#waitOut(notBeforeMs);
    this.#next();
    this.#failures += 1;
    const { initialIntervalMs, maxIntervalMs } = this.#retry;
    const ceiling = Math.min(maxIntervalMs, initialIntervalMs * 2 ** Math.min(this.#failures - 1, 30));
    return this.#waitOut(Math.max(notBeforeMs, ceiling * (0.5 + this.#random() / 2)));
  }

  /** The exporter's options are wrong: nothing helps but an edit, so the destination is asked as rarely as the options allow. */
  misconfigured(permit: Permit): number {
    if (permit === this.#step) {
      this.#next();
      this.#failures += 1;
    }
    return this.#waitOut(this.#retry.maxIntervalMs * (0.75 + this.#random() / 4));
  }

  /** Gives the permission back unused. */
  abandoned(permit: Permit): void {
    if (permit === this.#step) this.#probing = false;
    this.#wake();
  }

  /** An edit may have mended what was wrong: try at once. */
  reset(retry: DeliveryOptions['retry']): void {
    this.#retry = retry;
    this.#failures = 0;
    this.#notBefore = -Infinity;
    this.#next();
    this.#wake();
  }

  #next(): void {
    this.#step += 1;
    this.#probing = false;
  }

  #waitOut(delayMs: number): number {
    this.#hold(delayMs);
    this.#wake();
    return this.waitMs;
  }

  #hold(delayMs: number): void {
    this.#notBefore = Math.max(this.#notBefore, this.#clock.monotonic() + delayMs);
  }

  #wake(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    for (const resume of this.#waiting.splice(0)) resume();
  }

  /** Resolves when it is worth while to look again. */
  #changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const resume = (): void => {
        signal.removeEventListener('abort', abort);
        resolve();
      };
      const abort = (): void => {
        const index = this.#waiting.indexOf(resume);
        if (index >= 0) this.#waiting.splice(index, 1);
        reject(signal.reason as Error);
      };
      this.#waiting.push(resume);
      signal.addEventListener('abort', abort, { once: true });
      const { waitMs } = this;
      // Who probes wakes the others. Else it is only time, which may have gone by since it was looked at.
      if (waitMs > 0 || !this.#probing)
        this.#cancelTimer ??= this.#clock.schedule(Math.max(1, Math.ceil(waitMs)), () => this.#wake());
    });
  }
}
