/**
 * A whole collector in memory, on a clock that is advanced by hand: the graph, the stages and the
 * delivery are the real ones, and nothing is opened, sent or kept. `check`, `explain` and `replay`
 * are this with different eyes on it.
 */
import type { Catalog } from '../component/catalog.ts';
import type { Decoded } from '../component/component.ts';
import type { Configuration } from '../component/configuration.ts';
import type { Event } from '../component/event.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { Announcer } from '../pipeline/announcer.ts';
import { Graph } from '../pipeline/graph.ts';
import { MemoryQueue } from '../pipeline/memory-queue.ts';
import { ignoreSettlement } from '../pipeline/settlements.ts';
import type { Watcher } from '../pipeline/watcher.ts';
import { contextFor, withoutTraces, type World } from '../pipeline/world.ts';
import type { Script, ScriptedAnswer } from './answers.ts';
import { simulatedCatalog, type SimulatedRequest } from './simulated-catalog.ts';

export interface SimulationOptions {
  /** Unix milliseconds. */
  readonly startsAt: number;
  /** Answers of destinations, by exporter id. */
  readonly script?: Script;
  /** What processors remember, by key, as a running collector has it. */
  readonly windows?: Readonly<Record<string, unknown>>;
  readonly watcher?: Watcher;
}

export interface DeadLetter {
  readonly holder: string;
  readonly event: Event;
  readonly reason: string;
}

export class Simulation {
  readonly clock: ManualClock;
  /** In the order they were made. */
  readonly requests: SimulatedRequest[] = [];
  readonly deadLetters: DeadLetter[] = [];
  readonly #world: World;
  readonly #graph: Graph;
  readonly #catalog: Catalog;

  private constructor(catalog: Catalog, { startsAt, script, windows = {} }: SimulationOptions) {
    this.clock = new ManualClock(startsAt);
    this.#catalog = catalog;
    const left = new Map<string, ScriptedAnswer[]>([...(script ?? [])].map(([id, answers]) => [id, [...answers]]));
    this.#world = withoutTraces({
      catalog: simulatedCatalog(catalog, {
        clock: this.clock,
        answer: (exporter) => left.get(exporter)?.shift(),
        requested: (request) => this.requests.push(request),
      }),
      clock: this.clock,
      meter: { counter: () => ({ value: 0, add() {} }), gauge: () => () => {} },
      deadLetters: {
        add: (holder, events, reason) => this.deadLetters.push(...events.map((event) => ({ holder, event, reason }))),
      },
      announcer: new Announcer(this.clock),
      random: () => 0.5,
      state: {
        load: (key) => (key.startsWith('processor/') ? windows[key.slice('processor/'.length)] : undefined),
        save: () => Promise.resolve(),
      },
      logger: () => ({ debug() {}, info() {}, warn() {}, error() {} }),
      openQueue: (_, options) => Promise.resolve(new MemoryQueue(options, () => this.clock.now())),
    });
    this.#graph = new Graph(this.#world);
  }

  /** The configuration at work. Throws what a start would: BuildError, StartFailure. */
  static async start(configuration: Configuration, catalog: Catalog, options: SimulationOptions): Promise<Simulation> {
    const simulation = new Simulation(catalog, options);
    await simulation.#graph.apply(configuration);
    simulation.#graph.watch(options.watcher);
    return simulation;
  }

  /** What a receiver makes of these bytes. Undefined if it takes none (`internal`); an Error says why it refuses them. */
  decode(receiver: string, bytes: Buffer, origin?: string): Decoded | undefined {
    const spec = this.#graph.configuration?.receivers.get(receiver);
    const definition = spec && this.#catalog.receivers.get(spec.type);
    return definition?.decode?.(spec!.options as never, contextFor(this.#world, 'receiver', receiver), bytes, origin);
  }

  /** As if the receiver had taken these. A receiver that no pipeline uses takes nothing. */
  async receive(receiver: string, events: readonly Event[]): Promise<void> {
    this.#graph.nodes.receivers.get(receiver)?.sink.push([...events]);
    await settle();
  }

  /** As if the events had come to the pipeline. */
  async enter(pipeline: string, events: readonly Event[]): Promise<void> {
    this.#graph.nodes.pipelines.get(pipeline)?.push([...events], false, ignoreSettlement);
    await settle();
  }

  async advance(ms: number): Promise<void> {
    await this.clock.advanceTo(this.clock.now() + ms, settle);
  }

  /** Lets batches go that still fill up, and ends. Returns how many events each exporter could not deliver, and why. */
  async finish(): Promise<ReadonlyMap<string, { readonly events: number; readonly reason: string }>> {
    const deadline = new AbortController();
    const { exporters } = this.#graph.nodes;
    const stopped = this.#graph.stop(deadline.signal, () => Promise.resolve());
    await settle();
    const waiting = new Map<string, { events: number; reason: string }>();
    for (const [id, { outlet, health }] of exporters) {
      const { events } = outlet.queue;
      if (events > 0) waiting.set(id, { events, reason: health.current.reason ?? 'no answer yet' });
    }
    deadline.abort(new Error('the simulation is over'));
    await stopped;
    return waiting;
  }
}

/** Lets all go on that does not wait for the clock: nothing in a simulation waits for the world. */
async function settle(): Promise<void> {
  await new Promise(setImmediate);
  await new Promise(setImmediate);
}
