/** Readies the exporters of a new graph: starts new instances, opens the queues of new ids. */
import type { Parts } from './build.ts';
import { Delivery } from './delivery.ts';
import { DeliveryHealth, type ExporterHealth } from './delivery-health.ts';
import { exporterTallies } from './ledger.ts';
import type { ExporterNode, Nodes } from './nodes.ts';
import { Outlet } from './outlet.ts';
import type { Queue } from './queue.ts';
import type { Room } from './room.ts';
import { starting } from './start.ts';
import { succeed } from './succession.ts';
import type { World } from './world.ts';

/** An exporter ready to be put in place; `queue` is another one where its type was edited. */
export interface ReadyExporter extends ExporterNode {
  readonly queue: Queue;
}

export async function prepareExporters(
  { exporters }: Parts,
  running: Nodes,
  world: World,
  room: Room,
  undo: (() => Promise<void>)[],
  signal: AbortSignal,
): Promise<Map<string, ReadyExporter>> {
  const ready = new Map<string, ReadyExporter>();
  for (const [id, { spec, exporter }] of exporters) {
    const before = running.exporters.get(id);
    if (before?.exporter !== exporter) {
      undo.push(async () => exporter.stop?.());
      const snapshot = before ? before.exporter.snapshot?.() : world.state.load(`exporter/${id}`);
      if (snapshot !== undefined) exporter.restore?.(snapshot);
      await starting({ spec }, () => exporter.start?.(signal));
    }
    const open = async (): Promise<Queue> => {
      const opened = await openQueue(spec, world, before !== undefined);
      undo.push(async () => void (await opened.close()));
      return opened;
    };
    const keepsQueue = before?.spec.delivery.queue.type === spec.delivery.queue.type;
    const queue = !before
      ? await open()
      : keepsQueue
        ? before.outlet.queue
        : await succeed(before.outlet.queue, open, undo);
    if (before) ready.set(id, { ...before, spec, exporter, queue });
    else ready.set(id, { ...newNode(spec, exporter, queue, world), queue });
    queue.onRoom = () => room.opened();
  }
  return ready;
}

/** Its options are part of the exporter's: what is wrong with its directory is said of the exporter. */
async function openQueue(spec: ExporterNode['spec'], world: World, succeeds: boolean): Promise<Queue> {
  let queue: Queue | undefined;
  await starting({ spec }, async () => {
    queue = await world.openQueue(spec.id, spec.delivery.queue, succeeds);
  });
  const { recovered, damaged } = exporterTallies(world.meter, spec.id);
  recovered.add(queue!.recovered);
  damaged.add(queue!.damaged);
  return queue!;
}

function newNode(
  spec: ExporterNode['spec'],
  exporter: ExporterNode['exporter'],
  queue: Queue,
  world: World,
): ExporterNode {
  const definition = world.catalog.exporters.get(spec.type)!;
  const tallies = exporterTallies(world.meter, spec.id);
  const log = world.logger(`lnmt.connectors.${spec.id}`);
  const health = new DeliveryHealth(log, world.clock);
  health.onChange = (now) => announceHealth(spec.id, now, world);
  const delivery = new Delivery({
    id: spec.id,
    queue,
    exporter,
    options: spec.delivery,
    graveFirst: definition.audience === 'people',
    coalesces: definition.audience === 'people' && definition.coalesces !== false,
    minIntervalMs: definition.minIntervalMs ?? 0,
    tallies,
    deadLetters: world.deadLetters,
    health,
    clock: world.clock,
    log,
    random: world.random,
  });
  return { spec, exporter, outlet: new Outlet(spec.id, queue, tallies, world.deadLetters), delivery, health, tallies };
}

function announceHealth(id: string, { state, reason }: ExporterHealth, { announcer }: World): void {
  const metadata = reason === undefined ? {} : { reason };
  const say = (kind: string, level: 'info' | 'error' | 'critical', words: string): void =>
    announcer.announce({ kind, level, component: id, title: `${id} ${words}`, message: reason ?? '', metadata });
  if (state === 'ok') say('exporter_recovered', 'info', 'delivers again');
  else if (state === 'retrying') say('exporter_failing', 'error', 'cannot deliver now; it is tried again');
  else say('exporter_misconfigured', 'critical', 'cannot deliver until its options are mended');
}
