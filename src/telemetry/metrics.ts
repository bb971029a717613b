/**
 * What the collector counts about itself. A counter is a plain number that is added to on the hot
 * path; OpenTelemetry reads it when somebody asks (5 ns to add, against 870 ns for an instrument
 * with attributes). Its SDK is loaded at the first scrape.
 */
import type { Meter, Tally } from '../component/meter.ts';

export type Labels = Readonly<Record<string, string>>;

/** One number with its labels, as it is now. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** All numbers of one name. */
export interface Metric {
  /** As in `/metrics`; a counter's ends in `_total`. */
  readonly name: string;
  readonly kind: 'counter' | 'gauge';
  readonly description: string;
  samples(): readonly Sample[];
}

/** Label values come from the configuration and from fixed reasons; what is past this many shares one number. */
const MAX_SERIES = 10_000;

export class Metrics implements Meter {
  readonly #series = new Map<string, Series>();

  /** The same counter for the same name and labels: it outlives whoever counts, so that a reload does not reset it. */
  counter(name: string, description: string, labels: Labels = {}): Tally {
    const series = this.#seriesOf(name, 'counter', description);
    const key = keyOf(labels);
    const known = series.counters.get(key);
    if (known) return known;
    if (series.counters.size >= MAX_SERIES) return (series.overflow ??= new PlainCounter({ overflow: 'true' }));
    const counter = new PlainCounter(labels);
    series.counters.set(key, counter);
    return counter;
  }

  /** Asks `read` at each scrape, until the returned function is called. A later gauge of the same name and labels takes the place of an earlier one. */
  gauge(name: string, description: string, labels: Labels, read: () => number): () => void {
    return this.#seriesOf(name, 'gauge', description).read(labels, read);
  }

  /** A counter that somebody else keeps. */
  total(name: string, description: string, labels: Labels, read: () => number): () => void {
    return this.#seriesOf(name, 'counter', description).read(labels, read);
  }

  /** Everything there is, for the status and the scrape. */
  all(): readonly Metric[] {
    return [...this.#series.values()];
  }

  /** The numbers of one metric; none if nothing of that name was counted. */
  samples(name: string): readonly Sample[] {
    return this.#series.get(name)?.samples() ?? [];
  }

  /** All of it as Prometheus reads it. */
  async prometheus(): Promise<string> {
    const { toPrometheus } = await import('./prometheus.ts');
    return toPrometheus(this.all());
  }

  #seriesOf(name: string, kind: Metric['kind'], description: string): Series {
    const known = this.#series.get(name);
    if (known && known.kind !== kind) throw new TypeError(`metric ${name} is a ${known.kind}, not a ${kind}`);
    if (known) return known;
    const made = new Series(name, kind, description);
    this.#series.set(name, made);
    return made;
  }
}

class PlainCounter implements Tally {
  value = 0;
  readonly labels: Labels;

  constructor(labels: Labels) {
    this.labels = labels;
  }

  add(count: number): void {
    this.value += count;
  }
}

class Series implements Metric {
  readonly name: string;
  readonly kind: Metric['kind'];
  readonly description: string;
  readonly counters = new Map<string, PlainCounter>();
  readonly #readings = new Map<string, { readonly labels: Labels; read(): number }>();
  overflow: PlainCounter | undefined;

  constructor(name: string, kind: Metric['kind'], description: string) {
    this.name = name;
    this.kind = kind;
    this.description = description;
  }

  read(labels: Labels, read: () => number): () => void {
    const key = keyOf(labels);
    const reading = { labels, read };
    this.#readings.set(key, reading);
    return () => {
      if (this.#readings.get(key) === reading) this.#readings.delete(key);
    };
  }

  samples(): readonly Sample[] {
    const samples: Sample[] = [];
    for (const { labels, value } of this.counters.values()) samples.push({ labels, value });
    if (this.overflow) samples.push({ labels: this.overflow.labels, value: this.overflow.value });
    for (const { labels, read } of this.#readings.values()) samples.push({ labels, value: read() });
    return samples;
  }
}

function keyOf(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}
