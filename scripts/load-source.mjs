/** Imports a TypeScript module of src/ into a script, on every Node that the project runs on. */
import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The exports of the module at `path`, relative to the project. Packages are not bundled: they come from node_modules. */
export async function loadSource(path) {
  // Inside node_modules, so that the packages it imports are found; one file a process, so that two scripts never mix.
  const folder = join(root, 'node_modules/.cache/lnmt-collector');
  const outfile = join(folder, `${basename(path, '.ts')}-${process.pid}.mjs`);
  mkdirSync(folder, { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: [path],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'error',
  });
  return import(pathToFileURL(outfile).href);
}
