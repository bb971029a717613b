/** Makes the components a configuration asks for and the running graph does not have yet. Touches nothing. */
import type { ComponentKind } from '../component/catalog.ts';
import type { Exporter, Processor, Receiver } from '../component/component.ts';
import type { ComponentSpec, Configuration, ExporterSpec, StageSpec } from '../component/configuration.ts';
import { ConfigError } from '../component/errors.ts';
import { activeOf } from './active.ts';
import { stageTallies } from './ledger.ts';
import type { Nodes } from './nodes.ts';
import { differs } from './plan.ts';
import { ReceiverSink } from './receiver-sink.ts';
import type { Room } from './room.ts';
import { Stage } from './stages.ts';
import { contextFor, withoutTraces, type World } from './world.ts';

export interface Fault {
  readonly spec: ComponentSpec;
  readonly error: Error;
}

/** Some components could not be made: their options are wrong in a way only they can tell. */
export class BuildError extends Error {
  override readonly name = 'BuildError';
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super(faults.map(({ spec, error }) => `${spec.id}: ${error.message}`).join('\n'));
    this.faults = faults;
  }
}

/** A whole graph's components: those kept are the running instances themselves. */
export interface Parts {
  readonly receivers: ReadonlyMap<
    string,
    { readonly spec: ComponentSpec; readonly receiver: Receiver; readonly sink: ReceiverSink }
  >;
  readonly stages: ReadonlyMap<string, Stage>;
  readonly exporters: ReadonlyMap<string, { readonly spec: ExporterSpec; readonly exporter: Exporter }>;
}

export function build(configuration: Configuration, running: Nodes, world: World, room: Room): Parts {
  const active = activeOf(configuration);
  const faults: Fault[] = [];
  const make = <T>(spec: ComponentSpec, create: () => T): T | undefined => {
    try {
      return create();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      faults.push({ spec, error });
      return undefined;
    }
  };

  const receivers = new Map<string, { spec: ComponentSpec; receiver: Receiver; sink: ReceiverSink }>();
  for (const [id, spec] of active.receivers) {
    const before = running.receivers.get(id);
    const sink = before?.sink ?? new ReceiverSink(id, world.meter, room);
    const receiver =
      before && !differs(before.spec, spec) ? before.receiver : make(spec, () => createReceiver(spec, world, sink));
    if (receiver) receivers.set(id, { spec, receiver, sink });
  }
  const stages = new Map<string, Stage>();
  for (const [key, spec] of active.stages) {
    const before = running.stages.get(key);
    const stage = before && !differs(before.spec, spec) ? before : make(spec, () => createStage(spec, world));
    if (stage) stages.set(key, stage);
  }
  const exporters = new Map<string, { spec: ExporterSpec; exporter: Exporter }>();
  for (const [id, spec] of active.exporters) {
    const before = running.exporters.get(id);
    const exporter =
      before && !exporterDiffers(before.spec, spec) ? before.exporter : make(spec, () => createExporter(spec, world));
    if (exporter) exporters.set(id, { spec, exporter });
  }
  checkUnused(configuration, active.exporters, active.receivers, withoutTraces(world), room, make);
  if (faults.length > 0) throw new BuildError(faults);
  return { receivers, stages, exporters };
}

/** Whether events go out one at a time or several is part of what an exporter is made for. */
function exporterDiffers(before: ExporterSpec, after: ExporterSpec): boolean {
  return differs(before, after) || isBatched(before) !== isBatched(after);
}

function isBatched(spec: ExporterSpec): boolean {
  return spec.delivery.batch.maxEvents > 1;
}

function createReceiver(spec: ComponentSpec, world: World, sink: ReceiverSink): Receiver {
  return definitionOf(world.catalog.receivers, 'receiver', spec).create(
    spec.options as never,
    contextFor(world, 'receiver', spec.id),
    sink,
  );
}

function createExporter(spec: ExporterSpec, world: World): Exporter {
  const context = contextFor(world, 'exporter', spec.id, isBatched(spec));
  const exporter = definitionOf(world.catalog.exporters, 'exporter', spec).create(spec.options as never, context);
  // Made here in any case: what is wrong with its options is found before it is used.
  return world.inThread?.(spec, context) ?? exporter;
}

function createStage(spec: StageSpec, world: World): Stage {
  const definition = definitionOf(world.catalog.processors, 'processor', spec);
  const processor: Processor = definition.create(spec.options as never, contextFor(world, 'processor', spec.id));
  const log = world.logger(`lnmt.connectors.${spec.id}`);
  return new Stage(
    spec,
    processor,
    definition.mutates ?? false,
    stageTallies(world.meter, spec.id, placeOf(spec)),
    (name, error, events) => {
      const kept =
        events.length === 1
          ? '1 event, which is kept as a dead letter'
          : `${events.length} events, which are kept as dead letters`;
      log.error(`failed on ${kept}`, { error: String(error) });
      world.deadLetters.add(spec.key, events, `the processor failed: ${name}`, 1);
    },
  );
}

function placeOf({ key }: StageSpec): { pipeline: string } | { exporter: string } {
  const exporter = /^exporter\/(.*)\/(?:filters|rate_limit)$/.exec(key)?.[1];
  return exporter === undefined ? { pipeline: key.slice(0, key.indexOf('/')) } : { exporter };
}

function definitionOf<D>(definitions: ReadonlyMap<string, D>, kind: ComponentKind, { type }: ComponentSpec): D {
  const definition = definitions.get(type);
  if (!definition) throw new Error(`no ${kind} type ${type} in the catalog`);
  return definition;
}

/** What is disabled or unused is made too, and thrown away: a file is checked whole. */
function checkUnused(
  { receivers, exporters, processors }: Configuration,
  activeExporters: ReadonlyMap<string, ExporterSpec>,
  activeReceivers: ReadonlyMap<string, ComponentSpec>,
  world: World,
  room: Room,
  make: <T>(spec: ComponentSpec, create: () => T) => T | undefined,
): void {
  for (const spec of receivers.values()) {
    if (!activeReceivers.has(spec.id))
      make(spec, () => createReceiver(spec, world, new ReceiverSink(spec.id, world.meter, room)));
  }
  for (const spec of exporters.values()) {
    if (!activeExporters.has(spec.id)) make(spec, () => createExporter(spec, world));
  }
  for (const spec of processors.values()) make(spec, () => createStage({ ...spec, key: spec.id }, world));
}
