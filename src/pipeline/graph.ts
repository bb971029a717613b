/**
 * The running graph, and the one way it comes about: a reload. The first start is a reload from
 * nothing. Everything new is made, then started, then put in place between two batches; if a part
 * cannot start, what was already taken over is put back and nothing has changed.
 */
import { setMaxListeners } from 'node:events';
import type { Configuration } from '../component/configuration.ts';
import type { Receiver } from '../component/component.ts';
import { activeOf } from './active.ts';
import { build, type Parts } from './build.ts';
import { closeExporter, stopped } from './closing.ts';
import { commit, type Leaving } from './commit.ts';
import { prepareExporters } from './exporters.ts';
import { NO_NODES, type ExporterNode, type Nodes } from './nodes.ts';
import { planOf, type Plan } from './plan.ts';
import { Retiring } from './retiring.ts';
import { Room } from './room.ts';
import { starting } from './start.ts';
import { watchNodes } from './watch-nodes.ts';
import type { Watcher } from './watcher.ts';
import type { World } from './world.ts';

const STOPS = 'the collector stops';

export class Graph {
  readonly #world: World;
  readonly #room = new Room();
  #configuration: Configuration | undefined;
  #nodes: Nodes = NO_NODES;
  #watcher: Watcher | undefined;
  #recorder: Pick<Watcher, 'accepted'> | undefined;
  /** Exporters that left and still deliver what waited, by id. */
  readonly #retiring = new Map<string, Retiring>();

  /** Of the configuration that is being applied. */
  #applying: AbortController | undefined;
  #barred = false;

  /** What left and is still being stopped. */
  readonly #background = new Set<Promise<void>>();
  /** Aborted when what is in the background has to end. */
  readonly #end = new AbortController();

  constructor(world: World) {
    this.#world = world;
    setMaxListeners(0, this.#end.signal);
  }

  get configuration(): Configuration | undefined {
    return this.#configuration;
  }

  get nodes(): Nodes {
    return this.#nodes;
  }

  /** Goes over to `configuration`. Throws BuildError or StartFailure, and then runs on as it was; any error once it is barred. One call at a time. */
  async apply(configuration: Configuration): Promise<Plan> {
    if (this.#barred) throw new Error(STOPS);
    const plan = planOf(this.#configuration, configuration);
    const parts = build(configuration, this.#nodes, this.#world, this.#room);
    const undo: (() => Promise<void>)[] = [];
    const abort = new AbortController();
    this.#applying = abort;
    try {
      const back = await this.#reclaim(parts, undo);
      const running = { ...this.#nodes, exporters: new Map([...this.#nodes.exporters, ...back]) };
      const exporters = await prepareExporters(parts, running, this.#world, this.#room, undo, abort.signal);
      await this.#startStages(parts, undo, abort.signal);
      await this.#startReceivers(parts, undo, abort.signal);
      abort.signal.throwIfAborted();
      const { nodes, leaving } = commit(configuration, parts, exporters, running, this.#world);
      this.#nodes = nodes;
      for (const id of back.keys()) this.#restored(id);
      this.#configuration = configuration;
      this.watch(this.#watcher);
      this.record(this.#recorder);
      this.#room.opened();
      this.#retire(leaving, configuration.service.shutdownTimeoutMs);
    } catch (error) {
      abort.abort(error);
      await this.#putBack(undo);
      throw error;
    } finally {
      this.#applying = undefined;
    }
    return plan;
  }

  /** Takes no configuration from now on; one that is not in place yet is given up, and put back. Safe twice. */
  bar(): void {
    this.#barred = true;
    this.#applying?.abort(new Error(STOPS));
  }

  /**
   * Stops receiving, delivers what waits until the signal ends it, and closes everything. `quiet` is
   * awaited when nothing more comes in: the time to write down offsets and windows.
   */
  async stop(deadline: AbortSignal, quiet: () => Promise<unknown>): Promise<void> {
    this.bar();
    const { receivers, stages, exporters } = this.#nodes;
    // Each component listens.
    setMaxListeners(0, deadline);
    const ended = (id: string, work: Promise<void> | undefined) => stopped(id, work, deadline, this.#world);
    await Promise.all([...receivers.values()].map(({ spec, receiver }) => ended(spec.id, receiver.stop())));
    for (const { spec, processor } of stages.values()) await ended(spec.id, processor.stop?.());
    await quiet();
    const end = (): void => {
      this.#end.abort(deadline.reason);
      for (const retiring of this.#retiring.values()) {
        retiring.end(deadline.reason);
        // What held it is barred, and may hang.
        retiring.release();
      }
    };
    if (deadline.aborted) end();
    else deadline.addEventListener('abort', end, { once: true });
    await Promise.all([
      ...[...exporters.values()].map((node) => closeExporter(node, deadline, 'for the next start', this.#world)),
      ...[...this.#retiring.values()].map(({ done }) => done),
      ...this.#background,
    ]);
    // What was delivered meanwhile moved offsets on.
    await quiet();
    this.#nodes = NO_NODES;
    this.#configuration = undefined;
  }

  /** Tells the watcher of each event's way from now on, also after reloads; undefined ends it. */
  watch(watcher: Watcher | undefined): void {
    this.#watcher = watcher;
    watchNodes(this.#nodes, watcher);
  }

  /** As `watch`, of what receivers take alone: cheap enough to be left on. */
  record(recorder: Pick<Watcher, 'accepted'> | undefined): void {
    this.#recorder = recorder;
    for (const { sink } of this.#nodes.receivers.values()) sink.recorder = recorder;
  }

  /** The last step first. One that fails must not keep the others from what was given away. */
  async #putBack(undo: readonly (() => Promise<unknown>)[]): Promise<void> {
    for (const step of undo.toReversed()) {
      try {
        await step();
      } catch (error) {
        this.#world
          .logger('lnmt.integration_connectors')
          .error(`a step of a reload that failed could not be undone: ${String(error)}`);
      }
    }
  }

  /** Exporters that come back while they still deliver: what takes their place is an edit of them. */
  async #reclaim({ exporters }: Parts, undo: (() => Promise<void>)[]): Promise<Map<string, ExporterNode>> {
    const back = new Map<string, ExporterNode>();
    for (const id of exporters.keys()) {
      const retiring = this.#retiring.get(id);
      if (!retiring) continue;
      if (retiring.hold()) {
        undo.push(async () => retiring.release());
        back.set(id, retiring.node);
      } else await retiring.done;
    }
    return back;
  }

  #restored(id: string): void {
    this.#retiring.get(id)?.succeeded();
    this.#retiring.delete(id);
  }

  async #startStages({ stages }: Parts, undo: (() => Promise<void>)[], signal: AbortSignal): Promise<void> {
    for (const [key, stage] of stages) {
      if (this.#nodes.stages.get(key) === stage) continue;
      undo.push(async () => stage.processor.stop?.());
      if (!this.#nodes.stages.has(key)) restore(stage.processor, this.#world.state.load(`processor/${key}`));
      await starting({ spec: stage.spec }, () => stage.processor.start?.(signal));
    }
  }

  /**
   * Starts receivers, each taking over the sockets that it wants from those that leave: from the
   * one with its own id first, then from others of its type (an id that was renamed).
   */
  async #startReceivers({ receivers }: Parts, undo: (() => Promise<void>)[], signal: AbortSignal): Promise<void> {
    const leaving = [...this.#nodes.receivers.values()].filter(
      ({ spec, receiver }) => receivers.get(spec.id)?.receiver !== receiver,
    );
    const active = activeOf(this.#configuration);
    for (const { spec, receiver, sink } of receivers.values()) {
      const before = this.#nodes.receivers.get(spec.id);
      if (before?.receiver === receiver) continue;
      if (!before) {
        restore(receiver, this.#world.state.load(`receiver/${spec.id}`));
      }
      const elders = leaving
        .filter((node) => node.spec.type === spec.type && active.receivers.has(node.spec.id))
        .toSorted((a, b) => Number(b === before) - Number(a === before));
      for (const elder of elders) receiver.adopt?.(elder.receiver);
      undo.push(
        async () => {
          if (!before) sink.abandon();
        },
        () => receiver.stop(),
        ...elders.toReversed().map((elder) => async () => elder.receiver.adopt?.(receiver)),
      );
      await starting({ spec }, () => receiver.start(signal));
    }
  }

  /** Stops what left, in the background: no reload waits for a slow drain. Exporters deliver what waits for them. */
  #retire(leaving: Leaving, drainMs: number): void {
    for (const { spec, receiver } of leaving.receivers) this.#inBackground(spec.id, receiver.stop());
    for (const { spec, processor } of leaving.stages) this.#inBackground(spec.id, processor.stop?.());
    for (const { id, exporter, idle } of leaving.replaced)
      this.#inBackground(
        id,
        idle.then(() => exporter.stop?.()),
      );
    for (const node of leaving.exporters) {
      const { id } = node.spec;
      const retiring = new Retiring(node, drainMs, this.#world);
      this.#retiring.set(id, retiring);
      void retiring.done.then(() => {
        if (this.#retiring.get(id) === retiring) this.#retiring.delete(id);
      });
    }
  }

  #inBackground(id: string, work: Promise<void> | undefined): void {
    if (!work) return;
    const done: Promise<void> = stopped(id, work, this.#end.signal, this.#world).finally(() =>
      this.#background.delete(done),
    );
    this.#background.add(done);
  }
}

function restore(component: Pick<Receiver, 'restore'>, snapshot: unknown): void {
  if (snapshot !== undefined) component.restore?.(snapshot);
}
