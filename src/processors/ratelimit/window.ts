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

export function limitsOf(limit: number, windowMs: number): Limits {
  return { limit, windowMs, grainMs: limit > MAX_ENTRIES ? windowMs / (MAX_ENTRIES - 1) : 0 };
}

export class Window {
  /** The ring: time and count of each entry by turns. A plain array, of which a typed one of this size is mostly overhead. */
  #ring: number[];
  /** Index of the oldest entry. */
  #head = 0;
  #entries = 0;
  /** Sum of the counts. */
  #passed = 0;
  /** When the newest entry was begun: its time moves on with what is added to it. */
  #begun = 0;

  constructor(ring: number[] = firstRing()) {
    this.#ring = ring;
  }

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
    return this.#entries === 0 || now - this.#ring[this.#at(this.#entries - 1)]! >= windowMs;
  }

  /** When the next event may pass, if none does before. */
  reopensAt({ limit, windowMs }: Limits): number {
    let left = this.#passed;
    for (let entry = 0; entry < this.#entries; entry += 1) {
      const at = this.#at(entry);
      left -= this.#ring[at + 1]!;
      if (left < limit) return this.#ring[at]! + windowMs;
    }
    return 0;
  }

  /** One that has seen the same pass. */
  copy(): Window {
    const copy = new Window(this.#ring.slice());
    copy.#head = this.#head;
    copy.#entries = this.#entries;
    copy.#passed = this.#passed;
    copy.#begun = this.#begun;
    return copy;
  }

  /** Times and counts by turns, oldest first. `offset` makes monotonic times wall-clock ones. */
  export(offset: number): number[] {
    const passes: number[] = [];
    for (let entry = 0; entry < this.#entries; entry += 1) {
      const at = this.#at(entry);
      passes.push(Math.ceil(this.#ring[at]! + offset), this.#ring[at + 1]!);
    }
    return passes;
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

  /** Where in the ring an entry is, counted from the oldest. */
  #at(entry: number): number {
    return (this.#head + 2 * entry) & (this.#ring.length - 1);
  }

  #record(now: number, count: number, { windowMs, grainMs }: Limits): void {
    this.#passed += count;
    if (this.#entries > 0 && now - this.#begun <= grainMs) {
      const newest = this.#at(this.#entries - 1);
      this.#ring[newest] = now;
      this.#ring[newest + 1]! += count;
      return;
    }
    if (this.#isAtCapacity) {
      this.#forget(now, windowMs);
      if (this.#isAtCapacity) this.#grow();
    }
    const newest = this.#at(this.#entries);
    this.#entries += 1;
    this.#ring[newest] = now;
    this.#ring[newest + 1] = count;
    this.#begun = now;
  }

  get #isAtCapacity(): boolean {
    return 2 * this.#entries === this.#ring.length;
  }

  #forget(now: number, windowMs: number): void {
    const ring = this.#ring;
    while (this.#entries > 0 && now - ring[this.#head]! >= windowMs) {
      this.#passed -= ring[this.#head + 1]!;
      this.#head = (this.#head + 2) & (ring.length - 1);
      this.#entries -= 1;
    }
  }

  /** Doubles the ring: its length is a power of two, so that a mask wraps its indexes. What is behind the entries is never read. */
  #grow(): void {
    const inOrder = this.#ring.slice(this.#head).concat(this.#ring.slice(0, this.#head));
    this.#ring = inOrder.concat(inOrder);
    this.#head = 0;
  }
}

/** Room for two entries; of fractions, so that V8 keeps it as doubles from the first. */
function firstRing(): number[] {
  return [0.5, 0.5, 0.5, 0.5];
}
