/** The hot path: a batch goes through the stages of a pipeline and on to its exporters and the pipelines it feeds. */
import type { Settlement, Sieve } from '../component/component.ts';
import type { Event } from '../component/event.ts';
import type { Tally } from '../component/meter.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Outlet } from './outlet.ts';
import { afterLetters, ignoreSettlement, worstOf } from './settlements.ts';
import { Stages } from './stages.ts';
import type { Watcher } from './watcher.ts';

export interface PipelineTallies {
  readonly accepted: Tally;
  readonly passed: Tally;
  /** Led nowhere: every exporter is disabled. */
  readonly unsent: Tally;
}

/** Events that wait in one queue; about one chunk of a connection. */
const CROWD = 300;

export class Pipeline {
  readonly name: string;
  readonly stages: Stages;
  /** Who follows events, if anybody does. */
  watcher: Watcher | undefined;
  #outlets: readonly Outlet[] = [];
  #feeds: readonly Pipeline[] = [];
  readonly tallies: PipelineTallies;

  readonly #deadLetters: DeadLetters;

  constructor(name: string, tallies: PipelineTallies, deadLetters: DeadLetters) {
    this.name = name;
    this.#deadLetters = deadLetters;
    this.tallies = tallies;
    this.stages = new Stages((batch) => this.#deliver(batch, false, ignoreSettlement));
  }

  /** Where it leads. A reload sets it between two batches. */
  lead(outlets: readonly Outlet[], feeds: readonly Pipeline[]): void {
    this.#outlets = outlets;
    this.#feeds = feeds;
  }

  get outlets(): readonly Outlet[] {
    return this.#outlets;
  }

  get feeds(): readonly Pipeline[] {
    return this.#feeds;
  }

  /** Takes ownership of the array; of the events only if they are not `shared`. `settled` is called once. */
  push(batch: Event[], shared: boolean, settled: (settlement: Settlement) => void): void {
    this.tallies.accepted.add(batch.length);
    this.watcher?.entered(this.name, batch);
    const sound = this.stages.run(batch, shared);
    this.#deliver(batch, shared, sound ? settled : afterLetters(this.#deadLetters, settled));
  }

  /** What the first stage drops unseen; undefined while somebody follows events. */
  sieve(): Sieve | undefined {
    const [stage] = this.stages.list;
    if (this.watcher || !stage?.needles) return undefined;
    return {
      needles: stage.needles,
      dropped: (events) => {
        this.tallies.accepted.add(events);
        stage.dropped('filtered', events);
      },
    };
  }

  /** False while a queue, here or further on, takes nothing. */
  hasRoom(): boolean {
    for (const outlet of this.#outlets) if (outlet.full) return false;
    for (const pipeline of this.#feeds) if (!pipeline.hasRoom()) return false;
    return true;
  }

  /** Whether many events wait in a queue, here or further on. */
  crowded(): boolean {
    for (const { queue } of this.#outlets) if (queue.waiting + queue.arriving > CROWD) return true;
    for (const pipeline of this.#feeds) if (pipeline.crowded()) return true;
    return false;
  }

  /** Whether that is because its storage fails. */
  failing(): boolean {
    return this.#outlets.some(({ queue }) => queue.failing) || this.#feeds.some((pipeline) => pipeline.failing());
  }

  #deliver(batch: Event[], shared: boolean, settled: (settlement: Settlement) => void): void {
    const targets = this.#outlets.length + this.#feeds.length;
    if (batch.length === 0 || targets === 0) {
      this.tallies.unsent.add(batch.length);
      settled('safe');
      return;
    }
    this.tallies.passed.add(batch.length);
    const settledByAll = worstOf(targets, settled);
    const several = shared || targets > 1;
    for (const pipeline of this.#feeds) pipeline.push(targets > 1 ? batch.slice() : batch, several, settledByAll);
    for (const outlet of this.#outlets) outlet.push(batch, settledByAll);
  }
}
