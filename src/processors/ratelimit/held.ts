/** What was held back of one key since its last summary: counts, bounded however much it is. */
import { LEVELS, rankOf, type Event, type Level } from '../../component/event.ts';

const MAX_SOURCES = 20;
const MAX_TITLES = 20;
const MAX_TEXT = 120;

/** What a key is called in a summary. */
export interface Label {
  /** All values of the key. */
  readonly key: string;
  /** Those that are not the source. */
  readonly rest: string;
}

export class Held {
  readonly label: Label;
  /** Monotonic: when its summary is sent. */
  dueAt: number;
  suppressed = 0;
  /** Wall-clock times. */
  first: number;
  last: number;
  readonly #byLevel: number[] = LEVELS.map(() => 0);
  readonly sources = new Counts(MAX_SOURCES);
  readonly titles = new Counts(MAX_TITLES);

  constructor(label: Label, dueAt: number, wallNow: number) {
    this.label = label;
    this.dueAt = dueAt;
    this.first = wallNow;
    this.last = wallNow;
  }

  add({ level, source, title }: Event, wallNow: number): void {
    this.suppressed += 1;
    this.last = wallNow;
    this.#byLevel[rankOf(level)]! += 1;
    this.sources.add(source);
    this.titles.add(title);
  }

  /** The gravest level held back. */
  get gravest(): Level {
    return this.levels[0]?.[0] ?? 'info';
  }

  /** Counts by level, the gravest first. */
  get levels(): [Level, number][] {
    return LEVELS.map((level, rank): [Level, number] => [level, this.#byLevel[rank]!])
      .filter(([, count]) => count > 0)
      .reverse();
  }

  export(offset: number): object {
    const { label, suppressed, first, last, dueAt } = this;
    return {
      label,
      suppressed,
      first,
      last,
      due: dueAt + offset,
      levels: this.#byLevel,
      sources: this.sources.export(),
      titles: this.titles.export(),
    };
  }

  /** Undefined for what is no export of one. The summary is due within `latestDueAt`. */
  static import(exported: unknown, offset: number, latestDueAt: number): Held | undefined {
    if (typeof exported !== 'object' || exported === null) return undefined;
    const { label, suppressed, first, last, due, levels, sources, titles } = exported as Record<string, unknown>;
    if (!isLabel(label) || typeof suppressed !== 'number' || !(suppressed > 0)) return undefined;
    if (typeof first !== 'number' || typeof last !== 'number' || typeof due !== 'number') return undefined;
    const held = new Held({ key: label.key, rest: label.rest }, Math.min(due - offset, latestDueAt), first);
    held.last = last;
    held.suppressed = suppressed;
    if (Array.isArray(levels)) LEVELS.forEach((_, rank) => (held.#byLevel[rank] = Number(levels[rank]) || 0));
    held.sources.import(sources);
    held.titles.import(titles);
    return held;
  }
}

function isLabel(value: unknown): value is Label {
  if (typeof value !== 'object' || value === null) return false;
  const { key, rest } = value as Partial<Label>;
  return typeof key === 'string' && typeof rest === 'string';
}

/** How often texts came, of the first `max` different ones. */
export class Counts {
  readonly #max: number;
  readonly #counts = new Map<string, { times: number }>();
  /** How often others came. */
  others = 0;

  constructor(max: number) {
    this.#max = max;
  }

  add(text: string, times = 1): void {
    const short = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1)}…` : text;
    const count = this.#counts.get(short);
    if (count) count.times += times;
    // A text of its own: a part of a long message would keep all of it in memory.
    else if (this.#counts.size < this.#max) this.#counts.set(Buffer.from(short).toString(), { times });
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
}
