/**
 * The real clock. Everything that runs is handed one of these; the tests and `check` hand out a
 * clock that they advance by hand.
 */
import type { Clock } from '../component/component.ts';

/** Node fires a longer time-out at once, with a warning. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * Its timers keep the process alive: one that is still waiting is work that was promised, such as a
 * retry while the queues drain. Whoever schedules cancels on stop.
 */
export const systemClock: Clock = clockOf(true);

/** Its timers do not keep the process alive: for a library, whose program decides when it ends. */
export const guestClock: Clock = clockOf(false);

function clockOf(keepsAlive: boolean): Clock {
  return {
    now: Date.now,
    monotonic: () => performance.now(),
    schedule(delayMs, callback) {
      let timer: NodeJS.Timeout;
      const wait = (leftMs: number): void => {
        const stepMs = Math.min(leftMs, LONGEST_TIMEOUT_MS);
        timer = setTimeout(() => (leftMs > stepMs ? wait(leftMs - stepMs) : callback()), stepMs);
        if (!keepsAlive) timer.unref();
      };
      // Rounded up, since a timer that fires before its time makes its owner look, and wait again.
      wait(Math.max(0, Math.ceil(delayMs)));
      return () => clearTimeout(timer);
    },
  };
}
