/** Where events wait: in memory or in the storage directory, by exporter. */
import type { Clock, Logger } from '../component/component.ts';
import type { DeliveryOptions } from '../component/delivery-options.ts';
import { codeOf, StartError } from '../component/errors.ts';
import type { Meter } from '../component/meter.ts';
import { exporterTallies } from '../pipeline/ledger.ts';
import { MemoryQueue } from '../pipeline/memory-queue.ts';
import type { Queue } from '../pipeline/queue.ts';
import type { DeadLetterLog } from '../storage/dead-letters.ts';
import { DiskQueue } from '../storage/disk-queue.ts';
import { queueDirectory } from '../storage/layout.ts';

export interface QueueParts {
  readonly storage: string;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly deadLetters: DeadLetterLog;
  logger(name: string): Logger;
}

/** Opens the queue of an exporter. Throws a StartError when its directory cannot be used. */
export async function openQueue(id: string, options: DeliveryOptions['queue'], parts: QueueParts): Promise<Queue> {
  const { storage, clock, meter, deadLetters } = parts;
  if (options.type === 'memory') return new MemoryQueue(options, clock.now, options.safe);
  const { damaged } = exporterTallies(meter, id);
  const log = parts.logger(`lnmt.connectors.${id}`);
  try {
    const queue = await DiskQueue.open({
      directory: queueDirectory(storage, id),
      limits: options,
      clock,
      log,
      onDamaged: (events) => damaged.add(events),
      // An event is forgotten once it is delivered, or its dead letter is on disk.
      beforeForget: () => deadLetters.flushed(),
    });
    const waiting = queue.recovered - queue.damaged;
    if (waiting > 0) log.info(`${waiting} ${waiting === 1 ? 'event waits' : 'events wait'} on disk from before; delivered first`);
    return queue;
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(`the disk queue in ${queueDirectory(storage, id)} cannot be opened: ${codeOf(error)}`, {
      path: ['queue'],
      hint: 'Make the directory writable for the collector, or set queue: {type: memory}.',
    });
  }
}
