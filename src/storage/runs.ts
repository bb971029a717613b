/**
 * Which sequence numbers are done with: all below `floor`, and some runs above it. Few runs in
 * practice, since events are acknowledged about in order.
 */

/** `from` up to but not including `to`. */
export type Run = readonly [from: number, to: number];

export class Runs {
  #floor: number;
  /** Sorted, disjoint, not touching, all above the floor. */
  readonly #runs: [number, number][] = [];

  constructor(floor = 0) {
    this.#floor = floor;
  }

  /** The lowest number that is not done with. */
  get floor(): number {
    return this.#floor;
  }

  /** The lowest number that nothing from it on is done with. */
  get ceiling(): number {
    return this.#runs.at(-1)?.[1] ?? this.#floor;
  }

  get above(): readonly Run[] {
    return this.#runs;
  }

  has(number: number): boolean {
    if (number < this.#floor) return true;
    const run = this.#runs[this.#indexOf(number)];
    return run !== undefined && run[0] <= number;
  }

  /** Adds a run, and tells the parts of it that were not in yet. */
  add(from: number, to: number): Run[] {
    const start = Math.max(from, this.#floor);
    if (start >= to) return [];
    const fresh: Run[] = [];
    // From a run that ends where this one starts: they become one.
    const first = this.#indexOf(start - 1);
    let last = first;
    let [low, high, covered] = [start, to, start];
    for (; last < this.#runs.length && this.#runs[last]![0] <= to; last += 1) {
      const [a, b] = this.#runs[last]!;
      if (a > covered) fresh.push([covered, a]);
      covered = Math.max(covered, b);
      low = Math.min(low, a);
      high = Math.max(high, b);
    }
    if (covered < to) fresh.push([covered, to]);
    if (low <= this.#floor) {
      this.#floor = high;
      this.#runs.splice(first, last - first);
    } else {
      this.#runs.splice(first, last - first, [low, high]);
    }
    return fresh;
  }

  /** How many of `from` up to `to` are done with. */
  count(from: number, to: number): number {
    let count = Math.max(0, Math.min(to, this.#floor) - from);
    for (let index = this.#indexOf(from); index < this.#runs.length && this.#runs[index]![0] < to; index += 1) {
      const [a, b] = this.#runs[index]!;
      count += Math.min(b, to) - Math.max(a, from);
    }
    return count;
  }

  /** The first run that ends after `number`. */
  #indexOf(number: number): number {
    let low = 0;
    let high = this.#runs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#runs[middle]![1] > number) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
