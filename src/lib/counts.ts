/** How often texts came, the commonest of them, in bounded memory: for summaries and reports. */
import { ownText } from './own-text.ts';

const MAX_TEXT = 120;

/** What happens to a text that is new when there is no room for it. */
type WhenFull = 'count_as_other' | 'forget_rare';

export class Counts {
  readonly #max: number;
  readonly #whenFull: WhenFull;
  readonly #counts = new Map<string, { times: number }>();
  /** How often others came. */
  others = 0;

  /**
   * `count_as_other` keeps the first `max` texts. `forget_rare` keeps the commonest of any number:
   * the rarer half makes room, and counts as others; a text that comes back is counted anew.
   */
  constructor(max: number, whenFull: WhenFull = 'count_as_other') {
    this.#max = max;
    this.#whenFull = whenFull;
  }

  add(text: string, times = 1): void {
    const short = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1)}…` : text;
    const count = this.#counts.get(short);
    if (count) {
      count.times += times;
      return;
    }
    if (this.#counts.size >= this.#max && this.#whenFull === 'forget_rare') this.#forgetRare();
    if (this.#counts.size < this.#max) this.#counts.set(ownText(short), { times });
    else this.others += times;
  }

  get size(): number {
    return this.#counts.size;
  }

  /** The commonest first, at the most `count`. */
  top(count: number): [string, number][] {
    return this.#list()
      .sort(([, a], [, b]) => b - a)
      .slice(0, count);
  }

  export(): object {
    return { counts: this.#list(), others: this.others };
  }

  import(exported: unknown): void {
    if (typeof exported !== 'object' || exported === null) return;
    const { counts, others } = exported as { counts?: unknown; others?: unknown };
    if (typeof others === 'number') this.others = others;
    if (!Array.isArray(counts)) return;
    for (const entry of counts as unknown[]) {
      if (!Array.isArray(entry)) continue;
      const [text, times] = entry as unknown[];
      if (typeof text === 'string' && typeof times === 'number') this.add(text, times);
    }
  }

  #list(): [string, number][] {
    return Array.from(this.#counts, ([text, { times }]): [string, number] => [text, times]);
  }

  /** The older ones first among those that came as often. */
  #forgetRare(): void {
    const rarest = this.#list().sort(([, a], [, b]) => a - b);
    for (const [text, times] of rarest.slice(0, Math.ceil(this.#max / 2))) {
      this.#counts.delete(text);
      this.others += times;
    }
  }
}
