/** Files with secrets in them that others on this machine can read. */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Problem } from '../component/configuration.ts';
import type { Loaded } from '../config/load.ts';

/** Readable for the group, or for everybody. */
const OTHERS_READ = 0o044;

/** Hints at the first secret of each such file. Windows has no such modes. */
export async function readableByOthers({
  inClear,
  problemAt,
}: Pick<Loaded, 'inClear' | 'problemAt'>): Promise<Problem[]> {
  if (process.platform === 'win32') return [];
  const found: Problem[] = [];
  for (const position of inClear) {
    const mode = await stat(position.file).then(
      (stats) => stats.mode,
      () => 0,
    );
    if ((mode & OTHERS_READ) === 0) continue;
    const message = `others on this machine can read this file and the secrets in it; chmod 600 ${basename(position.file)}`;
    found.push(problemAt(position, message, { severity: 'hint' }));
  }
  return found;
}
