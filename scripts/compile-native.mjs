/**
 * Builds dist/native/udp-batch.node, with which UDP is read many datagrams at a time, where there is a C
 * compiler; elsewhere it notes why not in dist/native/not-built.txt, which the collector's log quotes.
 * Runs in the build and after an install, never fails either, and can be run by hand:
 *
 *   node scripts/compile-native.mjs
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LONGEST_MS = 60_000;

/** Undefined if it was built, or why not. */
export function compileNative(folder) {
  const sources = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.c')) : [];
  const target = join(folder, 'udp-batch.node');
  const note = join(folder, 'not-built.txt');
  // In a fresh clone, dist/ does not exist yet.
  if (sources.length === 0) return 'its source is not there';
  let problem;
  try {
    problem = compile(
      sources.map((name) => join(folder, name)),
      target,
    );
    if (problem === undefined) rmSync(note, { force: true });
    else writeFileSync(note, `${problem}\n`);
  } catch (error) {
    problem = `${error.code ?? error.message}`;
  }
  return problem;
}

function compile(sources, target) {
  if (process.platform !== 'linux') return `it is for Linux, and this is ${process.platform}`;
  const headers = headersFolder();
  if (headers === undefined) return 'neither Node nor the package node-api-headers has the headers here';
  const compiler = process.env.CC ?? 'cc';
  const made = `${target}.${process.pid}`;
  const { error, status, stderr } = spawnSync(
    compiler,
    ['-std=gnu11', '-O2', '-Wall', '-Wextra', '-shared', '-fPIC', '-I', headers, '-o', made, ...sources],
    { encoding: 'utf8', timeout: LONGEST_MS },
  );
  if (error?.code === 'ENOENT') return 'there was no C compiler';
  if (status !== 0) {
    rmSync(made, { force: true });
    return `${compiler} failed: ${error?.code ?? stderr.trim().split('\n', 1)[0]}`;
  }
  if (stderr !== '') console.error(stderr);
  // A collector that runs goes on with the file that it has loaded.
  renameSync(made, target);
  return undefined;
}

/** Node's own, as its archives and images bring them, or the package of headers. */
function headersFolder() {
  const own = join(dirname(realpathSync(process.execPath)), '../include/node');
  if (existsSync(join(own, 'node_api.h'))) return own;
  try {
    return createRequire(import.meta.url)('node-api-headers').include_dir;
  } catch {
    return undefined;
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  compileNative(process.argv[2] ?? fileURLToPath(new URL('../dist/native', import.meta.url)));
}
