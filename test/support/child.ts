import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { onTestFinished } from 'vitest';

/** Starts Node on `source`, a module that imports from the project root (`./src/…`); for what only a process of its own shows. */
export async function spawnScript(
  source: string,
  {
    env = {},
    wrapper = [],
  }: {
    env?: Record<string, string>;
    /** A program to start it through, such as `unshare -rm`. */ wrapper?: readonly string[];
  } = {},
): Promise<
  ChildProcess & { stdout: NonNullable<ChildProcess['stdout']>; stderr: NonNullable<ChildProcess['stderr']> }
> {
  const directory = await mkdtemp(join(tmpdir(), 'lnmt-script-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const outfile = join(directory, 'script.mjs');
  await build({
    stdin: { contents: source, resolveDir: fileURLToPath(new URL('../..', import.meta.url)), loader: 'ts' },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'silent',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  const [program, ...args] = [...wrapper, process.execPath, outfile];
  const child = spawn(program ?? process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}
