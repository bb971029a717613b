/** What is counted for a report: bounded however much there is. */
import { LEVELS, rankOf, type Event, type Level } from '../../component/event.ts';
import { Counts } from '../../lib/counts.ts';

const MAX_SOURCES = 200;
const MAX_TYPES = 50;
const MAX_TITLES = 300;

export class Digest {
  events = 0;
  /** Events that limits before this had held back, as their summaries say. */
  suppressed = 0;
  /** When the period began, and when its first and last event came: Unix milliseconds. */
  readonly from: number;
  first = 0;
  last = 0;
  readonly #byLevel: number[] = LEVELS.map(() => 0);
  readonly sources = new Counts(MAX_SOURCES, 'forget_rare');
  readonly types = new Counts(MAX_TYPES, 'forget_rare');
  readonly titles = new Counts(MAX_TITLES, 'forget_rare');

  constructor(from: number) {
    this.from = from;
  }

  get isEmpty(): boolean {
    return this.events === 0 && this.suppressed === 0;
  }

  add(event: Event, now: number): void {
    if (this.isEmpty) this.first = now;
    this.last = now;
    const suppressed = suppressedBy(event);
    if (suppressed > 0) {
      // It stands for events that did not come, and is none of them.
      this.suppressed += suppressed;
      return;
    }
    this.events += 1;
    this.#byLevel[rankOf(event.level)]! += 1;
    this.sources.add(event.source);
    this.types.add(event.eventType);
    this.titles.add(event.title);
  }

  /** Counts by level, the gravest first. */
  get levels(): [Level, number][] {
    return LEVELS.map((level, rank): [Level, number] => [level, this.#byLevel[rank]!])
      .filter(([, count]) => count > 0)
      .reverse();
  }

  export(): object {
    const { from, events, suppressed, first, last } = this;
    return {
      from,
      events,
      suppressed,
      first,
      last,
      levels: [...this.#byLevel],
      sources: this.sources.export(),
      types: this.types.export(),
      titles: this.titles.export(),
    };
  }

  /** Undefined for what is no export of one. */
  static import(exported: unknown): Digest | undefined {
    if (typeof exported !== 'object' || exported === null) return undefined;
    const { from, events, suppressed, first, last, levels, ...counts } = exported as Partial<Record<string, unknown>>;
    if (typeof from !== 'number' || typeof events !== 'number' || typeof suppressed !== 'number') return undefined;
    if (typeof first !== 'number' || typeof last !== 'number' || !Array.isArray(levels)) return undefined;
    const digest = new Digest(from);
    digest.events = events;
    digest.suppressed = suppressed;
    digest.first = first;
    digest.last = last;
    LEVELS.forEach((_, rank) => (digest.#byLevel[rank] = Number(levels[rank]) || 0));
    digest.sources.import(counts['sources']);
    digest.types.import(counts['types']);
    digest.titles.import(counts['titles']);
    return digest;
  }
}

/** How many events a summary of a rate limit or a deduplication stands for; 0 for other events. */
function suppressedBy(event: Event): number {
  if (!event.tags.includes('suppressed')) return 0;
  const { suppressed } = event.metadata;
  return typeof suppressed === 'number' && suppressed > 0 ? suppressed : 0;
}
