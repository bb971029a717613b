/**
 * Checks who may import whom in src/ (the picture is in docs/architecture.md) and prints each
 * breach with its file, line and rule. Circles are the linter's (import/no-cycle).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const COMPONENTS = ['receivers', 'processors', 'exporters'];
const LEAVES = ['component', 'lib'];
const CORE = ['catalog', 'config', 'pipeline', 'telemetry', 'storage', ...LEAVES];

/** Room → the rooms it may import from, beside itself. A room is a folder of src/, or a file beside them. */
const MAY_IMPORT = {
  component: [],
  lib: ['component'],
  expression: LEAVES,
  storage: LEAVES,
  config: LEAVES,
  pipeline: LEAVES,
  telemetry: LEAVES,
  receivers: [...LEAVES, 'expression'],
  processors: [...LEAVES, 'expression'],
  exporters: [...LEAVES, 'expression'],
  catalog: [...LEAVES, 'expression', ...COMPONENTS],
  threads: ['catalog', 'storage', ...LEAVES],
  connector: CORE,
  preview: LEAVES,
  simulation: ['config', 'expression', 'pipeline', 'preview', ...LEAVES],
  agent: ['simulation', 'threads', ...CORE, 'connector'],
  cli: ['preview', 'simulation', ...CORE, 'agent', 'connector', 'expression'],
  service: [...CORE, 'agent', 'connector'],
  main: ['cli', ...LEAVES],
  index: ['service', 'connector', ...LEAVES],
};

/** Another folder than src/ can be given, which the tests do. */
const root = process.argv[2] ?? fileURLToPath(new URL('../src/', import.meta.url));
const breaches = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .sort()
  .flatMap((path) => importsOf(path).map((found) => ({ ...found, path, rule: breach(path, found.target) })))
  .filter(({ rule }) => rule);

for (const { path, line, target, rule } of breaches) console.log(`src/${path}:${line} imports src/${target}: ${rule}`);
if (breaches.length > 0) process.exitCode = 1;

/** Our own modules that a file imports, with their lines. */
function importsOf(path) {
  const code = readFileSync(join(root, path), 'utf8');
  const pattern =
    /^(?:import|export)\b[^'";]*?\bfrom\s*'(\.[^']+)'|^import\s*'(\.[^']+)'|\bimport\(\s*'(\.[^']+)'\s*\)/gm;
  return [...code.matchAll(pattern)].map((match) => ({
    target: normalize(join(dirname(path), match[1] ?? match[2] ?? match[3]))
      .split(sep)
      .join('/'),
    line: code.slice(0, match.index).split('\n').length,
  }));
}

/** What is wrong with `from` importing `target`, or undefined. */
function breach(from, target) {
  const room = roomOf(from);
  const wanted = roomOf(target);
  const allowed = MAY_IMPORT[room];
  if (!allowed) return `no rule for the room "${room}"; add one to scripts/layers.mjs and docs/architecture.md`;
  if (room !== wanted) {
    return allowed.includes(wanted) ? undefined : `${room} may import only ${[...allowed, room].join(', ')}`;
  }
  if (COMPONENTS.includes(room) && !sameComponent(nameOf(from), nameOf(target))) {
    return 'components never import each other; what two of them need lives in src/lib';
  }
  return undefined;
}

function roomOf(path) {
  return path.split('/')[0].replace(/\.ts$/, '');
}

/** `syslog` of receivers/syslog.ts, receivers/syslog/frames.ts. */
function nameOf(path) {
  return path.split('/')[1].replace(/\.ts$/, '');
}

/** A component may have files beside it that start with its name: slack.ts and slack-blocks.ts. */
function sameComponent(one, other) {
  return one === other || one.startsWith(`${other}-`) || other.startsWith(`${one}-`);
}
