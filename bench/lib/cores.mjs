/** The agent under test has a core of its own; generator, sink and this program share another one, unless a scenario is about cores. */
import { spawnSync } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';

export const AGENT_CORE = process.env.BENCH_AGENT_CORE ?? '0';
export const LOAD_CORE = process.env.BENCH_LOAD_CORE ?? '1';

const canPin = spawnSync('taskset', ['--version']).status === 0 && availableParallelism() > 1;

/** Every core, for agents that are measured with more than one. */
export const ALL_CORES = `0-${cpus().length - 1}`;

/** Arguments for spawn. */
export function pinned(core, [program, ...args]) {
  return canPin ? ['taskset', ['-c', core, program, ...args]] : [program, args];
}

/** This process too. */
export function pinThis() {
  if (canPin) spawnSync('taskset', ['-cp', LOAD_CORE, String(process.pid)]);
  else console.error('one core, or no taskset: figures of agent and generator mix');
}
