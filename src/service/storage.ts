/**
 * The library's storage, where the file sets `service.storage`: queues, windows and dead letters
 * then outlive the process. One process at a time has it; the others queue in memory, and say so.
 */
import { join } from 'node:path';
import { openQueue } from '../agent/queues.ts';
import type { Clock, Logger } from '../component/component.ts';
import { StartError } from '../component/errors.ts';
import type { Meter } from '../component/meter.ts';
import type { DeadLetters } from '../pipeline/dead-letters.ts';
import type { World } from '../pipeline/world.ts';
import { DeadLetterLog } from '../storage/dead-letters.ts';
import { openStorage } from '../storage/directory.ts';
import { FileState } from '../storage/state.ts';

export interface LibraryStorage {
  readonly deadLetters: DeadLetters;
  readonly state: World['state'];
  readonly openQueue: World['openQueue'];
  close(): Promise<void>;
}

export interface StorageParts {
  readonly clock: Clock;
  readonly meter: Meter;
  logger(name: string): Logger;
  mask(text: string): string;
}

/** Undefined, logged, where another process has the directory. */
export async function openLibraryStorage(
  directory: string,
  { clock, meter, logger, mask }: StorageParts,
): Promise<LibraryStorage | undefined> {
  const log = logger('lnmt.integration_connectors');
  try {
    const storage = await openStorage(directory);
    const deadLetters = new DeadLetterLog({ directory: join(directory, 'dead-letters'), clock, log, mask });
    const state = new FileState(join(directory, 'state'), clock, log);
    return {
      deadLetters,
      state,
      openQueue: (id, options, succeeds) =>
        openQueue(id, options, { storage: directory, clock, meter, deadLetters, logger }, succeeds),
      async close() {
        await deadLetters.close();
        await state.close();
        await storage.release();
      },
    };
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    log.warn(`events wait in memory: ${error.message}`);
    return undefined;
  }
}
