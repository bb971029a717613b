/** Where the queues are in the storage directory. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileNameOf, idOfFileName } from './file-name.ts';

/** Of one exporter's disk queue. */
export function queueDirectory(storage: string, exporterId: string): string {
  return join(storage, 'queues', fileNameOf(exporterId));
}

/** Ids of the exporters that have a disk queue here, also those that the file no longer names; a very long id is cut. */
export async function queueIds(storage: string): Promise<readonly string[]> {
  try {
    return (await readdir(join(storage, 'queues'))).map(idOfFileName).sort();
  } catch {
    return [];
  }
}
