import type { Clock } from '../component/component.ts';

/** The wall clock falls behind the monotonic one by less than this, in milliseconds, unless somebody sets it. */
const SAME_CLOCK_MS = 5;

/**
 * What makes monotonic times wall-clock ones, for snapshots: those of another process begin anew. It stays
 * the same while the clocks do, so that a snapshot of what did not change does not change either. In whole
 * milliseconds, and never less than it is: what passed is taken to have passed too late, never too early.
 */
export class WallOffset {
  readonly #clock: Clock;
  #ms = NaN;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get ms(): number {
    const ms = Math.ceil(this.#clock.now() - this.#clock.monotonic());
    if (!(ms <= this.#ms && this.#ms < ms + SAME_CLOCK_MS)) this.#ms = ms;
    return this.#ms;
  }
}
