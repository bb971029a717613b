import type { Counter } from './component.ts';

/** A counter that can be read back: what the ledger is made of. */
export interface Tally extends Counter {
  readonly value: number;
}

/** Where counts and gauges are registered for `/metrics`. The same name and labels give the same tally. */
export interface Meter {
  counter(name: string, description: string, labels: Readonly<Record<string, string>>): Tally;
  /** `read` is asked at each scrape. The returned function takes the gauge away. */
  gauge(name: string, description: string, labels: Readonly<Record<string, string>>, read: () => number): () => void;
}
