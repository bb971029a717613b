/** What the pipeline is handed from outside: the agent gives the real ones, `validate`, `check` and the tests others. */
import type { Catalog, ComponentKind } from '../component/catalog.ts';
import type { Clock, Context, Exporter, Logger } from '../component/component.ts';
import type { ExporterSpec } from '../component/configuration.ts';
import type { DeliveryOptions } from '../component/delivery-options.ts';
import type { Meter } from '../component/meter.ts';
import type { Announcer } from './announcer.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Queue } from './queue.ts';

export interface World {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly deadLetters: DeadLetters;
  readonly state: StateStore;
  readonly announcer: Announcer;
  /** For the jitter of retries; Math.random unless said. */
  readonly random?: () => number;
  /** Makes an exporter that does its work in a thread; undefined for one that does it here. Absent where there are no threads. */
  inThread?(spec: ExporterSpec, context: Context): Exporter | undefined;
  /** The logger of a component, or of the pipeline itself. */
  logger(name: string): Logger;
  /** Opens the queue of an exporter: what it held when it was last closed waits in it. `succeeds` one of another type that is still open. */
  openQueue(exporterId: string, options: DeliveryOptions['queue'], succeeds: boolean): Promise<Queue>;
}

/** Small JSON documents that outlive the process, by key. */
export interface StateStore {
  load(key: string): unknown;
  /** Resolves once it is on disk; a failure is reported by the store, not thrown. */
  save(key: string, json: string): Promise<void>;
}

export function contextFor(world: World, kind: ComponentKind, id: string, batched = false): Context {
  return {
    id,
    batched,
    clock: world.clock,
    happenings: world.announcer,
    log: world.logger(`lnmt.connectors.${id}`),
    counter: (name, description, labels) =>
      world.meter.counter(`lnmt_collector_${kind}_${name}_total`, description, { [kind]: id, ...labels }),
  };
}

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** The same world for components that are made only to see whether they can be: no metric, no log line. */
export function withoutTraces(world: World): World {
  const tally = { value: 0, add() {} };
  return {
    ...world,
    inThread: () => undefined,
    meter: { counter: () => tally, gauge: () => () => {} },
    logger: () => silent,
  };
}
