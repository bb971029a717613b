/** How parts of a graph end: each is told to stop, none is waited for for ever. */
import type { ExporterNode } from './nodes.ts';
import type { World } from './world.ts';

/** A component has this long after the deadline all the same: what the deadline cut off has yet to be closed. */
const GRACE_MS = 2_000;

/** Waits for a stop, until the deadline. One that cannot stop must not keep the others from being closed, nor their queues. */
export async function stopped(
  id: string,
  work: Promise<void> | undefined,
  deadline: AbortSignal,
  { clock, logger }: World,
): Promise<void> {
  if (!work) return;
  const log = logger(`lnmt.connectors.${id}`);
  let giveUp = (): void => {};
  let cancel = (): void => {};
  const late = new Promise<true>((resolve) => {
    giveUp = () => (cancel = clock.schedule(GRACE_MS, () => resolve(true)));
  });
  if (deadline.aborted) giveUp();
  else deadline.addEventListener('abort', giveUp, { once: true });
  try {
    if (await Promise.race([work, late]))
      log.error(
        'did not stop within service.shutdown_timeout and is not waited for any longer: what it has open stays open until the process ends; if it is of a plugin, see what its close() waits for',
      );
  } catch (error) {
    log.error(notClean(error));
  } finally {
    deadline.removeEventListener('abort', giveUp);
    cancel();
  }
}

/** Delivers what waits until the deadline, then closes the exporter and its queue. `until` says how long the rest waits on disk. */
export async function closeExporter(
  { spec, delivery, exporter, outlet, tallies }: ExporterNode,
  deadline: AbortSignal,
  until: string,
  world: World,
): Promise<void> {
  await delivery.stop(deadline);
  await stopped(spec.id, exporter.stop?.(), deadline, world);
  const waiting = outlet.queue.events;
  const { lost } = await outlet.queue.close();
  const log = world.logger(`lnmt.connectors.${spec.id}`);
  if (lost > 0) {
    tallies.dropped('shutdown').add(lost);
    const were =
      lost === 1 ? '1 event was not delivered in time and is' : `${lost} events were not delivered in time and are`;
    log.warn(`${were} lost with the memory queue; queue: {type: disk} would have kept what waits`);
  } else if (waiting > 0) log.info(`${waiting === 1 ? '1 event waits' : `${waiting} events wait`} on disk ${until}`);
}

export function notClean(error: unknown): string {
  return `did not stop cleanly: ${String(error)}`;
}
