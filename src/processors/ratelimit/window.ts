/**
 * When events of one key passed, as far back as the window reaches.
 *
 * A ring of times with how many passed at each. It grows with what passes, never with the limit
 * alone: above 1,000 passes, those less than a thousandth of the window apart are kept as one, at
 * the later time. That holds events back a thousandth too long at the most, never too short.
 */
export interface Limits {
  readonly limit: number;
  readonly windowMs: number;
  /** Passes this close together may share an entry. */
  readonly grainMs: number;
}

/** Entries that a ring has at the most, but for one that was restored with more. */
const MAX_ENTRIES = 1_000;
const FIRST_CAPACITY = 8;
/** The two clocks drift apart by less than this, unless one is set. */
const SAME_CLOCK_MS = 5;

export function limitsOf(limit: number, windowMs: number): Limits {
  return { limit, windowMs, grainMs: limit > MAX_ENTRIES ? windowMs / (MAX_ENTRIES - 1) : 0 };
}

export class Window {
  #times = new Float64Array(FIRST_CAPACITY);
  #counts = new Uint32Array(FIRST_CAPACITY);
  /** Index of the oldest entry. */
  #head = 0;
  #entries = 0;
  /** Sum of the counts. */
  #passed = 0;
  /** When the newest entry was begun: its time moves on with what is added to it. */
  #begun = 0;
  #exported: readonly number[] | undefined;
  #exportedOffset = 0;

  /** Whether an event may pass at `now`, a monotonic time; if so, it is counted as passed. */
  admit(now: number, limits: Limits): boolean {
    if (this.#passed >= limits.limit && this.isFull(now, limits)) return false;
    this.#record(now, 1, limits);
    return true;
  }

  /** Whether no event may pass at `now`. */
  isFull(now: number, limits: Limits): boolean {
    this.#forget(now, limits.windowMs);
    return this.#passed >= limits.limit;
  }

  /** Whether it is as good as new. */
  isIdle(now: number, windowMs: number): boolean {
    return this.#entries === 0 || now - this.#times[this.#last]! >= windowMs;
  }

  /** When the next event may pass, if none does before. */
  reopensAt({ limit, windowMs }: Limits): number {
    let left = this.#passed;
    for (let index = 0; index < this.#entries; index += 1) {
      const at = (this.#head + index) & (this.#times.length - 1);
      left -= this.#counts[at]!;
      if (left < limit) return this.#times[at]! + windowMs;
    }
    return 0;
  }

  /** One that has seen the same pass. */
  copy(): Window {
    const copy = new Window();
    copy.#times = this.#times.slice();
    copy.#counts = this.#counts.slice();
    copy.#head = this.#head;
    copy.#entries = this.#entries;
    copy.#passed = this.#passed;
    copy.#begun = this.#begun;
    return copy;
  }

  /**
   * Times and counts by turns, oldest first. `offset` makes monotonic times wall-clock ones. The
   * same array until something passes or the clock is set: it is asked for every second.
   */
  export(offset: number): readonly number[] {
    if (this.#exported && Math.abs(offset - this.#exportedOffset) < SAME_CLOCK_MS) return this.#exported;
    this.#exportedOffset = offset;
    const passes: number[] = [];
    for (let index = 0; index < this.#entries; index += 1) {
      const at = (this.#head + index) & (this.#times.length - 1);
      passes.push(Math.ceil(this.#times[at]! + offset), this.#counts[at]!);
    }
    return (this.#exported = passes);
  }

  /** Takes what `export` gave. What would lie in the future, after the clock was set back, counts as just passed. */
  import(passes: readonly unknown[], offset: number, now: number, limits: Limits): void {
    let latest = -Infinity;
    for (let index = 0; index + 1 < passes.length; index += 2) {
      const time = passes[index];
      const count = passes[index + 1];
      if (typeof time !== 'number' || typeof count !== 'number' || !(count >= 1)) continue;
      latest = Math.max(latest, Math.min(time - offset, now));
      if (now - latest < limits.windowMs) this.#record(latest, Math.floor(count), limits);
    }
  }

  get #last(): number {
    return (this.#head + this.#entries - 1) & (this.#times.length - 1);
  }

  #record(now: number, count: number, { windowMs, grainMs }: Limits): void {
    this.#exported = undefined;
    this.#passed += count;
    if (this.#entries > 0 && now - this.#begun <= grainMs) {
      const last = this.#last;
      this.#times[last] = now;
      this.#counts[last]! += count;
      return;
    }
    if (this.#entries === this.#times.length) {
      this.#forget(now, windowMs);
      if (this.#entries === this.#times.length) this.#grow();
    }
    this.#entries += 1;
    const last = this.#last;
    this.#times[last] = now;
    this.#counts[last] = count;
    this.#begun = now;
  }

  #forget(now: number, windowMs: number): void {
    const mask = this.#times.length - 1;
    while (this.#entries > 0 && now - this.#times[this.#head]! >= windowMs) {
      this.#passed -= this.#counts[this.#head]!;
      this.#head = (this.#head + 1) & mask;
      this.#entries -= 1;
      this.#exported = undefined;
    }
  }

  /** Doubles the ring: its length is a power of two, so that a mask wraps its indexes. */
  #grow(): void {
    const capacity = this.#times.length;
    const times = new Float64Array(capacity * 2);
    const counts = new Uint32Array(capacity * 2);
    for (let index = 0; index < this.#entries; index += 1) {
      const at = (this.#head + index) & (capacity - 1);
      times[index] = this.#times[at]!;
      counts[index] = this.#counts[at]!;
    }
    this.#times = times;
    this.#counts = counts;
    this.#head = 0;
  }
}
