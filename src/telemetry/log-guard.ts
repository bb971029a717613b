/**
 * Keeps a trouble that comes with every event from filling the log: of one message of one logger,
 * so many lines a minute are written, and the rest summed up in one line when the minute is over.
 */
import type { Clock } from '../component/component.ts';
import type { Line } from './log-format.ts';

const WINDOW_MS = 60_000;
const LINES_PER_WINDOW = 20;
/** Messages counted apart; past it, what is new is written uncounted for the rest of the minute. */
const MAX_MESSAGES = 1_000;

interface Repeats {
  written: number;
  heldBack: number;
  last: Line;
}

/** Hands the lines that may be written to `write`. */
export class RepeatGuard {
  readonly #clock: Clock;
  readonly #write: (line: Line) => void;
  #repeats = new Map<string, Repeats>();
  #windowEnd = -Infinity;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, write: (line: Line) => void) {
    this.#clock = clock;
    this.#write = write;
  }

  pass(line: Line): void {
    const now = this.#clock.monotonic();
    if (now >= this.#windowEnd) {
      this.flush();
      this.#windowEnd = now + WINDOW_MS;
    }
    const key = `${line.level} ${line.logger} ${line.message}`;
    const repeats = this.#repeats.get(key);
    if (!repeats) {
      if (this.#repeats.size < MAX_MESSAGES) this.#repeats.set(key, { written: 1, heldBack: 0, last: line });
    } else if (repeats.written >= LINES_PER_WINDOW) {
      repeats.heldBack += 1;
      repeats.last = line;
      this.#cancel ??= this.#clock.schedule(this.#windowEnd - now, () => this.flush());
      return;
    } else {
      repeats.written += 1;
    }
    this.#write(line);
  }

  /** Says what was held back, and counts anew. */
  flush(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#windowEnd = -Infinity;
    const repeats = this.#repeats;
    this.#repeats = new Map();
    for (const { heldBack, last } of repeats.values()) {
      if (heldBack > 0)
        this.#write({ ...last, time: this.#clock.now(), fields: { ...last.fields, repeated: heldBack } });
    }
  }
}
