/** What is where in the storage directory. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileNameOf } from './file-name.ts';

/** Of one exporter's disk queue. */
export function queueDirectory(storage: string, exporterId: string): string {
  return join(storage, 'queues', fileNameOf(exporterId));
}

/** For `FileState`. */
export function stateDirectory(storage: string): string {
  return join(storage, 'state');
}

/** For `DeadLetterLog` and the functions of `dead-letter-files.ts`. */
export function deadLetterDirectory(storage: string): string {
  return join(storage, 'dead-letters');
}

/** Holds the admin address of the collector that runs on this directory. */
export function adminAddressFile(storage: string): string {
  return join(storage, 'admin-address');
}

/** Ids of the exporters that have a disk queue here, also those that the file no longer names; a very long id is cut. */
export async function queueIds(storage: string): Promise<readonly string[]> {
  try {
    return (await readdir(join(storage, 'queues'))).map(decodeURIComponent).sort();
  } catch {
    return [];
  }
}
