/** An exporter as pipelines see it: its door (`filters`, `rate_limit`), then its queue. */
import type { Settlement } from '../component/component.ts';
import type { Event } from '../component/event.ts';
import type { Tally } from '../component/meter.ts';
import type { Queue } from './queue.ts';
import { ignoreSettlement } from './settlements.ts';
import { Stages } from './stages.ts';

export class Outlet {
  readonly id: string;
  readonly door: Stages;
  queue: Queue;
  readonly #received: Tally;

  constructor(id: string, queue: Queue, received: Tally) {
    this.id = id;
    this.queue = queue;
    this.#received = received;
    this.door = new Stages((batch) => this.queue.push(batch, ignoreSettlement));
  }

  get full(): boolean {
    return this.queue.full;
  }

  /** Edits neither the events nor the array: others hold them too. */
  push(events: readonly Event[], settled: (settlement: Settlement) => void): void {
    this.#received.add(events.length);
    if (this.door.list.length === 0) {
      this.queue.push(events, settled);
      return;
    }
    const batch = events.slice();
    this.door.run(batch, true);
    if (batch.length === 0) settled('safe');
    else this.queue.push(batch, settled);
  }
}
