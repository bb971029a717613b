/** Where events wait: in memory or in the storage directory, by exporter. */
import type { Clock, Logger } from '../component/component.ts';
import type { DeliveryOptions } from '../component/delivery-options.ts';
import { codeOf, StartError } from '../component/errors.ts';
import type { Meter } from '../component/meter.ts';
import { exporterTallies } from '../pipeline/ledger.ts';
import { MemoryQueue } from '../pipeline/memory-queue.ts';
import type { Queue, QueueLimits } from '../pipeline/queue.ts';
import { Succession } from '../pipeline/succession.ts';
import type { DeadLetterLog } from '../storage/dead-letters.ts';
import { DiskQueue } from '../storage/disk-queue.ts';
import { queueDirectory, queueIds } from '../storage/layout.ts';

export interface QueueParts {
  readonly storage: string;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly deadLetters: DeadLetterLog;
  logger(name: string): Logger;
}

/**
 * Opens the queue of an exporter; one in memory first delivers what an earlier run left on disk, unless
 * it `succeeds` the disk queue itself. Throws a StartError when its directory cannot be used.
 */
export async function openQueue(
  id: string,
  options: DeliveryOptions['queue'],
  parts: QueueParts,
  succeeds: boolean,
): Promise<Queue> {
  const { storage, clock } = parts;
  if (options.type === 'disk') return told(await openOnDisk(id, options, parts), id, parts);
  const queue = new MemoryQueue(options, clock.now, options.safe);
  if (succeeds || !(await queueIds(storage)).includes(id)) return queue;
  const left = await openOnDisk(id, { ...options, onFull: 'block' }, parts);
  if (left.events > 0) return new Succession(told(left, id, parts), queue, true);
  await left.close();
  return queue;
}

/** Says which queues on disk belong to no exporter that runs, and how many events wait there. */
export async function tellOrphans(
  running: ReadonlySet<string>,
  configured: ReadonlySet<string>,
  parts: QueueParts,
): Promise<void> {
  for (const id of await queueIds(parts.storage)) {
    if (running.has(id)) continue;
    const directory = queueDirectory(parts.storage, id);
    try {
      const queue = await openOnDisk(id, { maxBytes: Infinity, onFull: 'block' }, parts);
      const { events } = queue;
      await queue.close();
      if (events === 0) continue;
      const why = configured.has(id) ? 'that exporter does not run' : 'the file has no such exporter';
      parts
        .logger('lnmt.integration_connectors')
        .warn(
          `the queue of ${id} holds ${inWords(events)}, but ${why}; they are kept: bring it back to deliver them, or delete ${directory} to give them up`,
        );
    } catch {
      // Whatever is wrong with it will be said when its exporter is back.
    }
  }
}

async function openOnDisk(
  id: string,
  limits: QueueLimits,
  { storage, clock, meter, deadLetters, logger }: QueueParts,
): Promise<DiskQueue> {
  const directory = queueDirectory(storage, id);
  const { damaged } = exporterTallies(meter, id);
  try {
    return await DiskQueue.open({
      directory,
      limits,
      clock,
      log: logger(`lnmt.connectors.${id}`),
      onDamaged: (events) => damaged.add(events),
      // An event is forgotten once it is delivered, or its dead letter is on disk.
      letters: {
        includeOneOf: (events) => deadLetters.awaits(id, events),
        flushed: () => deadLetters.flushed(id),
      },
    });
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(`the disk queue in ${directory} cannot be opened: ${codeOf(error)}`, {
      path: ['queue'],
      hint: 'Make the directory writable for the collector, or set queue: {type: memory}.',
    });
  }
}

function told(queue: DiskQueue, id: string, { logger }: QueueParts): DiskQueue {
  const waiting = queue.recovered - queue.damaged;
  if (waiting > 0)
    logger(`lnmt.connectors.${id}`).info(
      `${inWords(waiting)} ${waiting === 1 ? 'waits' : 'wait'} on disk from before; delivered first`,
    );
  return queue;
}

function inWords(events: number): string {
  return events === 1 ? '1 event' : `${events} events`;
}
