/**
 * `npm run bench`: the collector and whatever peers are installed, side by side: each round runs every
 * agent once, one after the other, so that a noisy minute hits all of them.
 *
 *   npm run bench                                    everything, three rounds (most of an hour)
 *   npm run bench -- tcp,udp --peers rsyslog --rounds 3
 *   npm run bench -- --publish                       draws docs/images/bench.svg too
 *   npm run bench -- --list
 *   npm run bench -- --configs                       the collector's files, as JSON
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { agents } from './agents/index.mjs';
import { pinThis } from './lib/cores.mjs';
import { median } from './lib/numbers.mjs';
import { compile } from './lib/programs.mjs';
import { chart } from './lib/chart.mjs';
import { heading, row } from './lib/table.mjs';
import { scenarios } from './scenarios/index.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    peers: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    list: { type: 'boolean' },
    configs: { type: 'boolean' },
    publish: { type: 'boolean' },
  },
});
const own = ({ name }) => name.startsWith('collector');
const wantedPeers = options.peers?.split(',');
const chosen = choose(scenarios, positionals.join(','));

if (options.list) list();
else if (options.configs) configurations();
else await benchmark();

function choose(all, names) {
  if (names === '') return all;
  return names.split(',').map((name) => {
    const found = all.find((one) => one.name === name);
    if (!found) throw new Error(`there is no scenario ${name}; there are ${all.map((one) => one.name).join(', ')}`);
    return found;
  });
}

function list() {
  for (const { name, title, unit } of scenarios) console.log(`${name.padEnd(16)}${title} (${unit})`);
  console.log('');
  for (const agent of agents)
    console.log(`${agent.name.padEnd(24)}${agent.isInstalled() ? 'installed' : agent.missing}`);
}

function configurations() {
  const context = { port: 5514, directory: '/tmp/bench', out: '/tmp/bench/out.log', sinkPort: 8080 };
  const files = scenarios.flatMap(({ name, work, yaml }) =>
    agents
      .filter((agent) => own(agent) && agent.can(work))
      .map((agent) => ({
        scenario: name,
        agent: agent.name,
        yaml: yaml?.(context) ?? agent.yaml({ ...work, ...context }),
      })),
  );
  console.log(JSON.stringify(files, null, 2));
}

async function benchmark() {
  compile();
  pinThis();
  const taking = agents.filter((agent) => {
    if (!own(agent) && wantedPeers && !wantedPeers.includes(agent.name)) return false;
    if (!agent.isInstalled()) console.error(`without ${agent.name}: ${agent.missing}`);
    return agent.isInstalled();
  });
  const report = { at: new Date().toISOString(), machine: machine(), rounds: Number(options.rounds), results: [] };
  console.log(heading(taking));
  for (const scenario of chosen) {
    const result = await compare(scenario, taking);
    report.results.push(result);
    console.log(row(result, taking));
    // After each: a long run that is stopped has shown something too.
    save(report);
  }
}

async function compare(scenario, taking) {
  const { name, title, unit, lessIsBetter = false, compared } = scenario;
  const runs = new Map();
  for (let round = 0; round < Number(options.rounds); round += 1) {
    for (const agent of taking) {
      if (!agent.can(scenario.work) || scenario.only?.(agent) === false) continue;
      const list = runs.get(agent.name) ?? [];
      runs.set(agent.name, list);
      try {
        list.push({ ...(await scenario.measure(agent)), load: loadavg()[0] });
      } catch (error) {
        console.error(`${name}, ${agent.name}: ${error.message}`);
      }
    }
  }
  return {
    scenario: name,
    title,
    unit,
    lessIsBetter,
    compared,
    agents: [...runs].map(([agent, list]) => ({ agent, ...medians(list), runs: list })),
  };
}

function medians(runs) {
  const of = (field) => median(runs.map((run) => run[field]));
  const fields = ['value', 'lost', 'cpu', 'rss', 'perRequest', 'syncsPerSecond', 'eventsPerSync', 'bytesPerEvent'];
  return Object.fromEntries(fields.map((field) => [field, of(field)]));
}

function machine() {
  return `${cpus()[0].model}, ${cpus().length} cores, Node ${process.versions.node}`;
}

/** The chart in the documentation only where it is asked for: it shows a whole, quiet run. */
function save(report) {
  const path = (name) => fileURLToPath(new URL(name, import.meta.url));
  mkdirSync(path('results'), { recursive: true });
  writeFileSync(path('results/latest.json'), `${JSON.stringify(report, null, 2)}\n`);
  if (options.publish) writeFileSync(path('../docs/images/bench.svg'), chart(report));
}
