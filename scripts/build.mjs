/**
 * Builds dist/: the program (dist/main.js, its rarely used parts as chunks loaded on demand) and
 * the library (dist/index.js, dist/index.cjs). Everything is bundled: the result needs no node_modules.
 */
import { chmodSync, copyFileSync, cpSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { compileNative } from './compile-native.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const NATIVE = 'src/receivers/syslog/native';
const quiet = process.argv.includes('--quiet');
const { version, optionalDependencies = {} } = JSON.parse(readFileSync('package.json', 'utf8'));

/** The same modules, by `require`: since Node 20.19 it loads ES modules, those without a top-level await. */
const COMMONJS = "'use strict';\nmodule.exports = require('./index.js');\n";

const started = performance.now();
const entryPoints = ['src/main.ts', 'src/index.ts', 'src/threads/thread.ts'].filter((path) => existsSync(path));
if (entryPoints.length > 0) await bundle();
const native = existsSync(NATIVE) ? shipNative() : 'left out';
if (!quiet) report();

async function bundle() {
  const common = {
    bundle: true,
    platform: 'node',
    target: 'node20',
    outdir: 'dist',
    // Optional packages may be missing; whoever imports them says so.
    external: Object.keys(optionalDependencies),
    // What packages have for their own developers, such as winston's coloured traces, is left out.
    define: { __VERSION__: JSON.stringify(version), 'process.env.NODE_ENV': '"production"' },
    legalComments: 'none',
    // A third less to parse at each start. Names stay, so that a stack trace can be read.
    minifySyntax: true,
    minifyWhitespace: true,
    lineLimit: 160,
    logLevel: 'warning',
  };
  const library = entryPoints.filter((path) => path.endsWith('/index.ts'));
  rmSync('dist', { recursive: true, force: true });
  await build({
    ...common,
    entryPoints,
    format: 'esm',
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    // CommonJS dependencies call require(), which an ES module does not have.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
    },
  });
  if (library.length > 0) writeFileSync('dist/index.cjs', COMMONJS);
  if (existsSync('dist/main.js')) makeExecutable('dist/main.js');
  // Written by hand, and held to the code by test/service/types.test.ts.
  for (const name of ['index.d.ts', 'index.d.cts'])
    if (library.length > 0) copyFileSync('types/index.d.ts', `dist/${name}`);
}

/** Its source ships with the package, so that it can be built where that is installed. */
function shipNative() {
  cpSync(NATIVE, 'dist/native', { recursive: true });
  return compileNative('dist/native') ?? 'built';
}

function makeExecutable(path) {
  const code = readFileSync(path, 'utf8');
  if (!code.startsWith('#!')) writeFileSync(path, `#!/usr/bin/env node\n${code}`);
  chmodSync(path, 0o755);
}

function report() {
  const milliseconds = Math.round(performance.now() - started);
  const files = ['dist/main.js', 'dist/index.js'].filter((path) => existsSync(path));
  const sizes = files.map((path) => `${path} ${Math.round(statSync(path).size / 1024)} kB`);
  console.log(
    sizes.length > 0
      ? `built ${sizes.join(', ')} in ${milliseconds} ms; batched UDP: ${native}`
      : 'nothing to bundle yet',
  );
}
