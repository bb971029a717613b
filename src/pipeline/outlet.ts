/** An exporter as pipelines see it: its door (`filters`, `rate_limit`), then its queue. */
import { retain } from '../component/batch.ts';
import type { Settlement } from '../component/component.ts';
import type { Event } from '../component/event.ts';
import type { Tally } from '../component/meter.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Queue } from './queue.ts';
import { afterLetters, ignoreSettlement } from './settlements.ts';
import { Stages } from './stages.ts';
import type { Watcher } from './watcher.ts';

export class Outlet {
  readonly id: string;
  readonly door: Stages;
  queue: Queue;
  readonly received: Tally;
  /** What the exporter itself does not want, as its filters: a commit sets it. */
  wants: ((event: Event) => boolean) | undefined;
  /** Who follows events, if anybody does. */
  watcher: Watcher | undefined;
  readonly #unwanted: Tally;

  readonly #deadLetters: DeadLetters;

  constructor(
    id: string,
    queue: Queue,
    { received, unwanted }: { readonly received: Tally; readonly unwanted: Tally },
    deadLetters: DeadLetters,
  ) {
    this.#deadLetters = deadLetters;
    this.id = id;
    this.queue = queue;
    this.received = received;
    this.#unwanted = unwanted;
    this.door = new Stages((batch) => this.hold(batch, ignoreSettlement));
  }

  get full(): boolean {
    return this.queue.full;
  }

  /** Edits neither the events nor the array: others hold them too. */
  push(events: readonly Event[], settled: (settlement: Settlement) => void): void {
    this.received.add(events.length);
    if (this.door.list.length === 0 && !this.wants) {
      this.hold(events, settled);
      return;
    }
    const batch = events.slice();
    const sound = this.door.run(batch, true);
    if (this.wants) this.keepWanted(batch, this.wants);
    const settle = sound ? settled : afterLetters(this.#deadLetters, settled);
    if (batch.length === 0) settle('safe');
    else this.hold(batch, settle);
  }

  /** Into the queue, past the door. */
  hold(events: readonly Event[], settled: (settlement: Settlement) => void): void {
    this.watcher?.queued(this.id, events);
    this.queue.push(events, settled);
  }

  keepWanted(batch: Event[], wants: (event: Event) => boolean): void {
    const before = batch.length;
    if (this.watcher) for (const event of batch) if (!wants(event)) this.watcher.unwanted(this.id, event);
    retain(batch, wants);
    this.#unwanted.add(before - batch.length);
  }
}
