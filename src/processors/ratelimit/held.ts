/** What was held back of one key since its last summary: counts, bounded however much it is. */
import { LEVELS, rankOf, type Event, type Level } from '../../component/event.ts';
import { Counts } from '../../lib/counts.ts';

const MAX_SOURCES = 20;
const MAX_TITLES = 20;

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
