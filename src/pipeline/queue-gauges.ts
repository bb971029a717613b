/** What waits in each exporter's queue, for `/metrics`: the gauges come and go with their exporters. */
import type { Meter } from '../component/meter.ts';
import type { Nodes } from './nodes.ts';
import type { Queue } from './queue.ts';

export class QueueGauges {
  readonly #meter: Meter;
  readonly #nodes: () => Nodes;
  readonly #releases = new Map<string, readonly (() => void)[]>();

  constructor(meter: Meter, nodes: () => Nodes) {
    this.#meter = meter;
    this.#nodes = nodes;
  }

  /** To be called when the graph has changed. */
  follow(): void {
    const { exporters } = this.#nodes();
    for (const id of exporters.keys()) if (!this.#releases.has(id)) this.#releases.set(id, this.#add(id));
    for (const id of this.#releases.keys()) if (!exporters.has(id)) this.#remove(id);
  }

  stop(): void {
    for (const id of this.#releases.keys()) this.#remove(id);
  }

  #add(exporter: string): (() => void)[] {
    const gauge = (name: string, description: string, read: (queue: Queue) => number): (() => void) =>
      this.#meter.gauge(`lnmt_collector_exporter_${name}`, description, { exporter }, () => {
        // An edit of the queue's type puts another one in its place.
        const node = this.#nodes().exporters.get(exporter);
        return node ? read(node.outlet.queue) : 0;
      });
    return [
      gauge('queue_events', 'Events that wait for a destination, those under way included.', ({ events }) => events),
      gauge('queue_bytes', 'What they are reckoned at; queue.max_size limits it.', ({ bytes }) => bytes),
    ];
  }

  #remove(exporter: string): void {
    for (const release of this.#releases.get(exporter) ?? []) release();
    this.#releases.delete(exporter);
  }
}
