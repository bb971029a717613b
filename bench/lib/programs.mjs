/** The generator and the sink, compiled when they are first needed. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ALL_CORES, LOAD_CORE, pinned } from './cores.mjs';

const folder = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const binary = (name) => folder(`bin/${name}`);

/** Throws what to do where there is no compiler. */
export function compile() {
  mkdirSync(folder('bin'), { recursive: true });
  for (const name of ['generator', 'sink']) {
    const source = folder(`native/${name}.c`);
    if (existsSync(binary(name)) && statSync(binary(name)).mtimeMs >= statSync(source).mtimeMs) continue;
    const { error, status, stderr } = spawnSync('cc', ['-O2', '-Wall', '-o', binary(name), source], {
      encoding: 'utf8',
    });
    if (error?.code === 'ENOENT')
      throw new Error(
        'there is no C compiler: install cc (Debian: apt-get install gcc libc6-dev); JavaScript is too slow to send this load',
      );
    if (status !== 0) throw new Error(`bench/native/${name}.c does not compile here (it is for Linux):\n${stderr}`);
  }
}

/** Resolves with what the generator says: {sent, warnings, beganAtMs, seconds}. */
export async function generate(options, { allCores = false } = {}) {
  const child = spawn(...pinned(allCores ? ALL_CORES : LOAD_CORE, [binary('generator'), ...options.map(String)]), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => (text += chunk));
  await new Promise((resolve) => child.on('close', resolve));
  if (text === '') throw new Error('the generator sent nothing');
  return JSON.parse(text);
}

/** What a bulk of Elasticsearch's is answered: rsyslog looks into it. */
const ANSWER = '{"took":1,"errors":false,"items":[{"create":{"status":201}}]}';

/** Has an HTTP server that counts while `measure` runs. `report(true)` starts counting anew. */
export async function withSink(port, measure, { allCores = false } = {}) {
  const child = spawn(...pinned(allCores ? ALL_CORES : LOAD_CORE, [binary('sink'), String(port), '-r', ANSWER]), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = [];
  let wake = () => {};
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop();
    lines.push(...parts);
    wake();
  });
  const next = async () => {
    while (lines.length === 0) await new Promise((resolve) => (wake = resolve));
    return JSON.parse(lines.shift());
  };
  try {
    await next();
    return await measure({
      report(anew = false) {
        child.kill(anew ? 'SIGUSR2' : 'SIGUSR1');
        return next();
      },
    });
  } finally {
    child.kill('SIGTERM');
  }
}
