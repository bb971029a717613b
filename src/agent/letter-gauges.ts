/** How many dead letters each exporter has now, for `/metrics` and `/status`; of a processor that failed, under its own key. */
import type { Meter } from '../component/meter.ts';
import type { Nodes } from '../pipeline/nodes.ts';
import { LetterCensus } from '../storage/letter-census.ts';

export class LetterGauges {
  readonly #census: LetterCensus;
  readonly #meter: Meter;
  readonly #nodes: () => Nodes;
  #letters: ReadonlyMap<string, number> = new Map();
  readonly #releases = new Map<string, () => void>();

  /** `directory` is that of the dead letters. */
  constructor(directory: string, meter: Meter, nodes: () => Nodes) {
    this.#census = new LetterCensus(directory);
    this.#meter = meter;
    this.#nodes = nodes;
  }

  /** To be called before the numbers are read. Where the disk does not answer, they stay as they were. */
  async refresh(): Promise<void> {
    this.#letters = await this.#census.take().catch(() => this.#letters);
    const holders = new Set([...this.#nodes().exporters.keys(), ...this.#letters.keys()]);
    for (const holder of holders) if (!this.#releases.has(holder)) this.#releases.set(holder, this.#add(holder));
    for (const holder of this.#releases.keys()) if (!holders.has(holder)) this.#remove(holder);
  }

  stop(): void {
    for (const holder of this.#releases.keys()) this.#remove(holder);
  }

  #add(exporter: string): () => void {
    return this.#meter.gauge(
      'lnmt_collector_exporter_dead_letters',
      'Dead letters that are kept on disk now.',
      { exporter },
      () => this.#letters.get(exporter) ?? 0,
    );
  }

  #remove(holder: string): void {
    this.#releases.get(holder)?.();
    this.#releases.delete(holder);
  }
}
