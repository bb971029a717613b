import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * Files beside `file` whose names begin with its name, made after `sinceMs` (Unix milliseconds),
 * oldest first: where a file is rotated more often than it is looked at, those in between.
 */
export async function bornBeside(file: string, sinceMs: number): Promise<string[]> {
  const folder = path.dirname(file);
  const base = path.basename(file);
  const born: { readonly path: string; readonly at: number }[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(base) || name === base) continue;
    const candidate = path.join(folder, name);
    const stats = await stat(candidate).catch(() => undefined);
    if (stats?.isFile() && stats.birthtimeMs > sinceMs) born.push({ path: candidate, at: stats.birthtimeMs });
  }
  return born.sort((a, b) => a.at - b.at).map((entry) => entry.path);
}
