/**
 * A directory and those above it. Node's own `recursive` is not used, as it never ends where the
 * parent is there and still answers ENOENT, as /proc does (Node 20): a typing error would take a
 * core and the exit.
 */
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from '../component/errors.ts';

/** Makes what is missing of the path; fine if it is there already. Throws what the system says otherwise. */
export async function makeDirectory(path: string, mode?: number): Promise<void> {
  try {
    await makeOne(path, mode);
  } catch (error) {
    const above = dirname(path);
    if (codeOf(error) !== 'ENOENT' || above === path) throw error;
    // If it is there now, another call made it since: tried once more, and what is said then holds.
    if (!(await exists(above))) await makeDirectory(above, mode);
    await makeOne(path, mode);
  }
}

async function makeOne(path: string, mode: number | undefined): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
