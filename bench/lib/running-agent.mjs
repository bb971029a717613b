/** An agent while it is measured: started in a folder of its own, watched through /proc, stopped and wiped. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AGENT_CORE, ALL_CORES, pinned } from './cores.mjs';
import * as proc from './proc.mjs';

/** Disk queues sync: a tmpfs would flatter them. */
const FOLDER = process.env.BENCH_DIRECTORY ?? join(tmpdir(), 'lnmt-collector-bench');
const START_MS = 20_000;
const STOP_MS = 15_000;
const HEATING_MS = 700;

let nextPort = 20_000 + (process.pid % 2_000) * 5;
export const freePort = () => nextPort++;

/** The path of a file in the folder of all runs, which need not be there yet. */
export const inBenchFolder = (name) => join(FOLDER, name);

/** A new folder in it. */
export function makeFolder(prefix) {
  mkdirSync(FOLDER, { recursive: true });
  return mkdtempSync(join(FOLDER, prefix));
}

export class RunningAgent {
  /** Resolves once it listens. `work` is completed with port, folder and output. */
  static async start(agent, wanted, { warmUp = true } = {}) {
    const directory = makeFolder('agent-');
    const work = { port: freePort(), directory, out: join(directory, 'out.log'), ...wanted };
    const running = new RunningAgent(agent, work);
    try {
      await running.#listening();
    } catch (error) {
      await running.stop();
      throw error;
    }
    if (warmUp) await sleep(HEATING_MS);
    return running;
  }

  /** Starts it, measures, and stops it whatever happens. */
  static async use(agent, work, measure, options) {
    const running = await RunningAgent.start(agent, work, options);
    try {
      return await measure(running);
    } finally {
      await running.stop();
    }
  }

  constructor(agent, work) {
    this.work = work;
    this.settleMs = agent.settleMs ?? 400;
    this.logFile = join(work.directory, 'agent.log');
    const log = openSync(this.logFile, 'w');
    const [program, args] = pinned(work.allCores ? ALL_CORES : AGENT_CORE, agent.command(work));
    this.startedAtMs = Date.now();
    this.child = spawn(program, args, {
      stdio: ['ignore', log, log],
      cwd: work.directory,
      // Where a machine sets it, Node reads all of its certificates before it starts: that is not ours to measure.
      env: { ...process.env, NODE_EXTRA_CA_CERTS: undefined, ...agent.environment },
    });
    this.hasEnded = new Promise((resolve) => this.child.on('close', resolve));
  }

  get log() {
    return readFileSync(this.logFile, 'utf8');
  }

  get cpuSeconds() {
    return proc.cpuSeconds(this.child.pid);
  }

  /** Resident memory in MB: now, or the most there was. */
  get rss() {
    return proc.megabytes(this.child.pid, 'VmRSS');
  }

  get peakRss() {
    return proc.megabytes(this.child.pid, 'VmHWM');
  }

  get writtenBytes() {
    return proc.writtenBytes(this.child.pid);
  }

  get droppedDatagrams() {
    return proc.droppedDatagrams(this.work.port);
  }

  async stop() {
    this.child.kill('SIGTERM');
    const kill = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS);
    await this.hasEnded;
    clearTimeout(kill);
    rmSync(this.work.directory, { recursive: true, force: true });
  }

  async #listening() {
    const { input, port } = this.work;
    const isUp = {
      tail: () => true,
      udp: () => proc.isUdpBound(port),
      tcp: () => accepts(port),
      http: () => accepts(port),
    }[input];
    for (const until = Date.now() + START_MS; Date.now() < until; await sleep(1)) {
      if (this.child.exitCode !== null) break;
      if (await isUp()) {
        this.listeningAfterMs = Date.now() - this.startedAtMs;
        return;
      }
    }
    throw new Error(`it does not listen:\n${this.log.slice(0, 2_000)}`);
  }
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
