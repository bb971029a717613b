/**
 * Decides when datagrams are left to gather in the socket's buffer before they are read together:
 * never while they are rare, a millisecond while there are thousands a second. A wake-up costs as
 * much as twenty datagrams.
 */
import type { Clock } from '../../component/component.ts';

/** How long datagrams gather. */
export const GATHER_MS = 1;

const WINDOW_MS = 8;

/** Begins at 4,000 wake-ups a second, and ends at fewer than 2,000 datagrams a second. */
const BUSY_WAKE_UPS = 32;
const QUIET_DATAGRAMS = 16;

export class Gathering {
  readonly #clock: () => Clock;
  #on = false;
  #since = 0;
  /** Within the window: wake-ups by datagrams, or by the timer while they gather. */
  #wakeUps = 0;
  #datagrams = 0;

  constructor(clock: () => Clock) {
    this.#clock = clock;
  }

  /** After each read of so many datagrams: whether the next ones are to gather. */
  read(datagrams: number): boolean {
    this.#wakeUps += 1;
    this.#datagrams += datagrams;
    if (this.#on) {
      if (this.#wakeUps * GATHER_MS < WINDOW_MS) return true;
      this.#turn(this.#datagrams >= QUIET_DATAGRAMS);
    } else if (this.#wakeUps >= BUSY_WAKE_UPS) {
      this.#turn(this.#clock().monotonic() - this.#since <= WINDOW_MS);
    }
    return this.#on;
  }

  #turn(on: boolean): void {
    this.#on = on;
    this.#wakeUps = 0;
    this.#datagrams = 0;
    if (!on) this.#since = this.#clock().monotonic();
  }
}
