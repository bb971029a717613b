/** What a receiver pushes into: hands its batches to every pipeline it feeds, and stays when those change. */
import type { Settlement, Sieve, Sink } from '../component/component.ts';
import type { Event } from '../component/event.ts';
import type { Meter, Tally } from '../component/meter.ts';
import type { Pipeline } from './pipeline.ts';
import type { Room } from './room.ts';
import { ignoreSettlement, worstOf } from './settlements.ts';
import type { Watcher } from './watcher.ts';

/** Batches kept for the moment that it takes the graph to start. */
const MAX_EARLY_BATCHES = 1_000;

export class ReceiverSink implements Sink {
  readonly #id: string;
  readonly #meter: Meter;
  readonly #room: Room;
  readonly #accepted: Tally;
  /** Who follows events, if anybody does. */
  watcher: Pick<Watcher, 'accepted'> | undefined;
  /** Who keeps the traffic, if anybody does. */
  recorder: Pick<Watcher, 'accepted'> | undefined;
  #pipelines: readonly Pipeline[] = [];
  /** What arrives while the graph is still starting; undefined once it is in place. */
  #early: { batch: Event[]; settled: (settlement: Settlement) => void }[] | undefined = [];

  constructor(id: string, meter: Meter, room: Room) {
    this.#id = id;
    this.#meter = meter;
    this.#room = room;
    this.#accepted = meter.counter(
      'lnmt_collector_receiver_accepted_events_total',
      'Events a receiver took and handed to its pipelines.',
      { receiver: id },
    );
  }

  /** A reload sets it between two batches. What came early goes on now. */
  lead(pipelines: readonly Pipeline[]): void {
    this.#pipelines = pipelines;
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const { batch, settled } of early) this.#hand(batch, settled);
  }

  /** The graph did not come about: what came early was not taken. */
  abandon(): void {
    for (const { batch, settled } of this.#early?.splice(0) ?? []) {
      this.refused('not_started', batch.length);
      settled('failed');
    }
  }

  get pipelines(): readonly Pipeline[] {
    return this.#pipelines;
  }

  push(batch: Event[], settled: (settlement: Settlement) => void = ignoreSettlement): boolean {
    const obstacle = this.obstacle();
    if (obstacle) {
      this.refused(obstacle === 'full' ? 'queue_full' : 'storage_failed', batch.length);
      settled(obstacle);
      return false;
    }
    if (this.#early) this.#early.push({ batch, settled });
    else this.#hand(batch, settled);
    return this.hasRoom();
  }

  #hand(batch: Event[], settled: (settlement: Settlement) => void): void {
    this.#accepted.add(batch.length);
    this.watcher?.accepted(this.#id, batch);
    this.recorder?.accepted(this.#id, batch);
    const pipelines = this.#pipelines;
    const settledByAll = worstOf(pipelines.length, settled);
    const shared = pipelines.length > 1;
    for (const pipeline of pipelines) pipeline.push(shared ? batch.slice() : batch, shared, settledByAll);
  }

  sieve(): Sieve | undefined {
    const [pipeline, another] = this.#pipelines;
    // What several pipelines would drop, each by its own first stage, has to be shown to each.
    if (this.#early || this.watcher || this.recorder || another) return undefined;
    const sieve = pipeline?.sieve();
    return (
      sieve && {
        needles: sieve.needles,
        dropped: (events) => {
          this.#accepted.add(events);
          sieve.dropped(events);
        },
      }
    );
  }

  hasRoom(): boolean {
    if (this.#early) return this.#early.length < MAX_EARLY_BATCHES;
    for (const pipeline of this.#pipelines) if (!pipeline.hasRoom()) return false;
    return true;
  }

  crowded(): boolean {
    for (const pipeline of this.#pipelines) if (pipeline.crowded()) return true;
    return false;
  }

  obstacle(): 'full' | 'failed' | undefined {
    if (this.hasRoom()) return undefined;
    return this.#pipelines.some((pipeline) => pipeline.failing()) ? 'failed' : 'full';
  }

  drained(signal: AbortSignal): Promise<void> {
    return this.#room.until(() => this.hasRoom(), signal);
  }

  refused(reason: string, events: number): void {
    this.#meter
      .counter('lnmt_collector_receiver_refused_events_total', 'Events a receiver had to turn away.', {
        receiver: this.#id,
        reason,
      })
      .add(events);
  }
}
