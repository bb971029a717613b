/**
 * `npm run check`: everything about the project that can be checked without running it. All checks
 * run, all failures are printed, and each check has a line of its own with its time.
 * `npm run check -- types lint` runs only those.
 */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const tool = (name, ...args) => [`node_modules/.bin/${name}`, args];
const script = (name, ...args) => [process.execPath, [`scripts/${name}`, ...args]];

const CHECKS = [
  { name: 'types', what: 'tsc', command: tool('tsc', '-p', '.') },
  { name: 'lint', what: 'oxlint, with types: promises, circles, files over 350 lines', command: tool('oxlint') },
  { name: 'layers', what: 'who may import whom', command: script('layers.mjs') },
  { name: 'unused', what: 'knip: files, exports, dependencies nobody uses', command: tool('knip', '--no-progress') },
  { name: 'reference', what: 'docs/reference is what the schemas say', command: script('docs.mjs', '--check') },
  { name: 'texts', what: 'links, change log', command: script('texts.mjs') },
  { name: 'format', what: 'oxfmt', command: tool('oxfmt', '--check', 'src', 'test', 'scripts', 'bench') },
];

const wanted = process.argv.slice(2);
const queue = CHECKS.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const started = performance.now();
let failures = 0;

await Promise.all(
  Array.from({ length: Math.min(availableParallelism(), 4) }, async () => {
    for (let check = queue.shift(); check; check = queue.shift()) await report(check);
  }),
);

const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(failures === 0 ? `all checks pass (${seconds} s)` : `${failures} of the checks failed (${seconds} s)`);
process.exitCode = failures === 0 ? 0 : 1;

async function report({ name, what, command: [program, args] }) {
  const from = performance.now();
  const { status, output } = await run(program, args);
  const took = `${((performance.now() - from) / 1000).toFixed(1)} s`;
  console.log(`${status === 0 ? '✔' : '✘'} ${name.padEnd(10)}${took.padStart(6)}  ${what}`);
  if (status === 0) return;
  failures += 1;
  console.log(output.trim().replace(/^(?=.)/gm, '  '));
}

function run(program, args) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (text) => (output += text);
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    child.on('error', (error) => resolve({ status: 1, output: `${program}: ${error.message}` }));
    child.on('close', (status) => resolve({ status, output }));
  });
}
