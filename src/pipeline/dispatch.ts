/**
 * Sends one event of our own through the graph (`alert`, the library) and learns what becomes of it
 * at each exporter: sent, filtered and by what, held back by a limit, queued, or failed.
 *
 * It enters every pipeline that no other one feeds, since it comes from no receiver. An exporter
 * that several pipelines lead to gets it once.
 */
import type { Clock } from '../component/component.ts';
import type { Event } from '../component/event.ts';
import type { Fate } from './followers.ts';
import type { ExporterNode, Nodes } from './nodes.ts';
import type { Pipeline } from './pipeline.ts';
import type { Stage, Stages } from './stages.ts';

export interface Outcome {
  /** `queued`: it is safe in the exporter's queue, and tried again. `failed`: it will not be sent unless somebody acts. */
  readonly status: 'sent' | 'queued' | 'filtered' | 'limited' | 'failed';
  /** Why, in words; holds no secret. Absent when sent. */
  readonly reason?: string;
  /** The processor that dropped it: `filters`, `rate_limit`, or one of a pipeline. */
  readonly by?: string;
  readonly tookMs: number;
}

export interface DispatchOptions {
  /** Only these exporters; all if undefined. */
  readonly exporters?: ReadonlySet<string> | undefined;
  /** How long an answer is waited for; then the event is said to be queued. */
  readonly waitMs: number;
}

/** Resolves when every exporter that could get the event has answered, queued it, or was kept from it. Never rejects. */
export async function dispatch(
  event: Event,
  { exporters, pipelines }: Nodes,
  { exporters: only, waitMs }: DispatchOptions,
  clock: Clock,
): Promise<ReadonlyMap<string, Outcome>> {
  const walk = new Walk(exporters, only, clock);
  const fed = new Set([...pipelines.values()].flatMap(({ feeds }) => [...feeds]));
  for (const pipeline of pipelines.values()) if (!fed.has(pipeline)) walk.through(pipeline, event);
  return walk.outcomes(waitMs);
}

class Walk {
  readonly #exporters: ReadonlyMap<string, ExporterNode>;
  readonly #only: ReadonlySet<string> | undefined;
  readonly #clock: Clock;
  readonly #startedAt: number;
  /** Of those that did not get it. */
  readonly #kept = new Map<string, Outcome>();
  readonly #waiting = new Map<string, Promise<Fate | 'failed'>>();
  readonly #giveUp: (() => void)[] = [];

  constructor(exporters: ReadonlyMap<string, ExporterNode>, only: ReadonlySet<string> | undefined, clock: Clock) {
    this.#exporters = exporters;
    this.#only = only;
    this.#clock = clock;
    this.#startedAt = clock.monotonic();
  }

  through(pipeline: Pipeline, event: Event): void {
    const reachable = this.#reachable(pipeline);
    if (reachable.length === 0) return;
    pipeline.tallies.accepted.add(1);
    pipeline.watcher?.entered(pipeline.name, [event]);
    const batch = [event];
    const dropped = run(pipeline.stages, batch);
    const [passed] = batch;
    if (!passed) {
      if (dropped)
        for (const id of reachable) this.#keep(id, dropped, `${dropped.stage.spec.id} of pipeline ${pipeline.name}`);
      return;
    }
    pipeline.tallies.passed.add(1);
    for (const feed of pipeline.feeds) this.through(feed, passed);
    for (const { id } of pipeline.outlets) if (this.#may(id)) this.#push(this.#exporters.get(id)!, passed);
  }

  async outcomes(waitMs: number): Promise<ReadonlyMap<string, Outcome>> {
    const cancel = this.#clock.schedule(waitMs, () => {
      for (const giveUp of this.#giveUp) giveUp();
    });
    const outcomes = new Map<string, Outcome>();
    await Promise.all(
      [...this.#waiting].map(async ([id, fate]) => {
        const outcome = outcomeOf(await fate);
        outcomes.set(id, { ...outcome, tookMs: this.#tookMs() });
      }),
    );
    cancel();
    for (const [id, outcome] of this.#kept) if (!outcomes.has(id)) outcomes.set(id, outcome);
    return new Map([...this.#exporters.keys()].flatMap((id) => (outcomes.has(id) ? [[id, outcomes.get(id)!]] : [])));
  }

  /** Exporters that the pipeline leads to, here or further on, and that are asked for. */
  #reachable({ outlets, feeds }: Pipeline): string[] {
    return [
      ...outlets.map(({ id }) => id).filter((id) => this.#may(id)),
      ...feeds.flatMap((feed) => this.#reachable(feed)),
    ];
  }

  #may(id: string): boolean {
    return this.#only?.has(id) ?? true;
  }

  #push({ outlet, delivery, health }: ExporterNode, event: Event): void {
    const { id } = outlet;
    if (this.#waiting.has(id)) return;
    outlet.received.add(1);
    const batch = [event];
    const dropped = run(outlet.door, batch);
    if (dropped) return this.#keep(id, dropped, dropped.stage.spec.id.slice(id.length + 1));
    if (outlet.wants) outlet.keepWanted(batch, outlet.wants);
    const [passed] = batch;
    if (!passed) {
      this.#kept.set(id, {
        status: 'filtered',
        by: 'shouldSend',
        reason: 'the connector does not want it',
        tookMs: this.#tookMs(),
      });
      return;
    }
    if (outlet.full) {
      this.#kept.set(id, { status: 'failed', reason: 'its queue is full', tookMs: this.#tookMs() });
      return;
    }
    const { promise, resolve } = withResolvers<Fate | 'failed'>();
    this.#waiting.set(id, promise);
    // The destination is known to be in trouble: nobody need wait to hear it again.
    const { state, reason = '' } = health.current;
    const forget = state === 'ok' ? delivery.followers.follow(passed.eventId, resolve) : () => {};
    this.#giveUp.push(() => {
      forget();
      resolve({ kind: 'held', reason: 'it waits for its turn', misconfigured: false });
    });
    outlet.hold(batch, (settlement) => {
      if (settlement !== 'safe') {
        forget();
        resolve('failed');
      } else if (state !== 'ok') resolve({ kind: 'held', reason, misconfigured: state === 'misconfigured' });
    });
  }

  #keep(id: string, { stage, objection }: Dropped, by: string): void {
    if (this.#kept.has(id)) return;
    const status = STATUS[stage.lastDrop];
    this.#kept.set(id, {
      status,
      by,
      ...(objection === undefined ? {} : { reason: objection }),
      tookMs: this.#tookMs(),
    });
  }

  #tookMs(): number {
    return Math.round(this.#clock.monotonic() - this.#startedAt);
  }
}

const STATUS = { filtered: 'filtered', suppressed: 'limited', failed: 'failed' } as const;

interface Dropped {
  readonly stage: Stage;
  readonly objection: string | undefined;
}

/** Runs one event through stages, one at a time, to know which drops it. */
function run(stages: Stages, batch: Event[]): Dropped | undefined {
  for (const [index, stage] of stages.list.entries()) {
    const objection = stage.processor.objection?.(batch[0]!);
    stages.run(batch, true, index, index + 1);
    if (batch.length === 0) return { stage, objection };
  }
  return undefined;
}

function outcomeOf(fate: Fate | 'failed'): Omit<Outcome, 'tookMs'> {
  if (fate === 'failed') return { status: 'failed', reason: 'its queue cannot be written' };
  if (fate.kind === 'sent') return { status: 'sent' };
  const { reason } = fate;
  return { status: fate.kind === 'refused' || fate.misconfigured ? 'failed' : 'queued', reason };
}

function withResolvers<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((fulfil) => (resolve = fulfil));
  return { promise, resolve };
}
