/**
 * What `npm start`, `npm test` and `npm run check` do first: a fresh clone gets its dependencies
 * and a build, an up-to-date one gets nothing, within milliseconds. Runs before node_modules exists.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const NEEDED = [20, 19];
const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

checkNode();
if (!dependenciesInstalled()) install();
if (!built()) build();

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])) return;
  fail(
    `this needs Node ${NEEDED.join('.')} or newer, and runs on Node ${process.versions.node}. ` +
      'Install a newer one from https://nodejs.org, or with your version manager, and try again.',
  );
}

/** True if what npm noted in node_modules is what package-lock.json asks for; optional packages may be missing. */
function dependenciesInstalled() {
  if (!existsSync('node_modules/.package-lock.json')) return false;
  const installed = packagesOf('node_modules/.package-lock.json');
  return Object.entries(packagesOf('package-lock.json')).every(([path, { version, optional, devOptional }]) => {
    if (path === '') return true;
    if (installed[path] === undefined) return Boolean(optional ?? devOptional);
    return installed[path].version === version;
  });
}

function packagesOf(lockFile) {
  return JSON.parse(readFileSync(lockFile, 'utf8')).packages;
}

function install() {
  console.log('lnmt-collector: installing its dependencies (npm ci), once …');
  let npm = runNpm('ci');
  // A lock file made where not every platform's packages could be had: it still pins all that are needed here.
  if (npm.status !== 0 && npm.stderr?.includes('EUSAGE')) npm = runNpm('install', '--no-save');
  if (npm.status === 0) return;
  const said = npm.error?.message ?? gistOf(npm.stderr);
  const offline = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|network/i.test(said);
  fail(
    offline
      ? 'could not install the dependencies: the package registry cannot be reached. ' +
          'The first run needs the network (or a registry set with `npm config set registry`); later ones do not.'
      : 'could not install the dependencies. `npm ci` says why:',
    said,
  );
}

function runNpm(...command) {
  return spawnSync('npm', [...command, '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
}

/** What npm says went wrong, without its manual. */
function gistOf(errors) {
  const lines = errors.split('\n').map((line) => line.replace(/^npm error ?/, '').trimEnd());
  return lines
    .filter((line) => line !== '' && !line.startsWith('npm warn'))
    .slice(0, 8)
    .join('\n');
}

function build() {
  console.log('lnmt-collector: building dist/ …');
  const { status } = spawnSync(process.execPath, ['scripts/build.mjs', '--quiet'], { stdio: 'inherit' });
  if (status !== 0) fail('the build failed; the lines above say where.');
}

/** True if dist/ is newer than all that goes into it. */
function built() {
  const at = statSync('dist/main.js', { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return ['src', 'scripts', 'package.json'].every((path) => changed(path) < at);
}

/** When anything at or below `path` last changed. A folder counts itself: it changes when a file is removed. */
function changed(path) {
  const entry = statSync(path);
  if (!entry.isDirectory()) return entry.mtimeMs;
  return Math.max(entry.mtimeMs, ...readdirSync(path).map((name) => changed(`${path}/${name}`)));
}

function fail(sentence, details = '') {
  console.error(`lnmt-collector: ${sentence}`);
  if (details) console.error(details.replace(/^/gm, '  '));
  process.exit(1);
}
