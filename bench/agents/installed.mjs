import { spawnSync } from 'node:child_process';

/** The path of a program, or undefined where there is none. */
export function onPath(program) {
  const { status, stdout } = spawnSync('sh', ['-c', 'command -v "$0"', program], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
