/** `run`: the collector, until SIGTERM or SIGINT. */
import { resolve } from 'node:path';
import { Agent } from '../agent/agent.ts';
import { InvalidFile } from '../agent/invalid-file.ts';
import { StartError } from '../component/errors.ts';
import { formatProblems } from '../config/print.ts';
import { formatDuration } from '../lib/duration.ts';
import { KnownSecrets } from '../telemetry/known-secrets.ts';
import { createLog, type LogSettings } from '../telemetry/log.ts';
import { keepHeapClose, optimiseEarly } from './engine.ts';
import { hints } from './hints.ts';
import { colourOf, DONE, FAILED, print, type Outside } from './outside.ts';

export interface RunOptions {
  readonly config: string;
  readonly logLevel?: LogSettings['level'];
  /** Says what to type to see an event arrive. */
  readonly hints?: boolean;
}

/** Resolves with the exit status once the collector has stopped. */
export async function run(options: RunOptions, outside: Outside, version: string): Promise<number> {
  keepHeapClose();
  const { env, stderr } = outside;
  const secrets = new KnownSecrets();
  const log = createLog({
    level: options.logLevel ?? 'info',
    format: 'auto',
    levels: {},
    secrets: () => secrets.list,
    stream: stderr,
  });
  const logger = log.logger('lnmt.integration_connectors');
  const signals = onSignals();
  let agent: Agent;
  try {
    agent = await Agent.start({
      file: resolve(options.config),
      env,
      version,
      log,
      secrets,
      logLevel: options.logLevel,
    });
  } catch (error) {
    await log.flush();
    if (error instanceof InvalidFile) print(stderr, formatProblems(error.problems, { color: colourOf(stderr, env) }));
    else if (error instanceof StartError) print(stderr, `${error.message}. ${error.place.hint ?? ''}`);
    else throw error;
    return FAILED;
  }
  optimiseEarly();
  logger.info(`running ${options.config}; status and metrics at http://${agent.adminAddress}`, {
    version,
    pid: process.pid,
  });
  if (options.hints && agent.configuration)
    print(stderr, hints(agent.configuration, agent.addresses, { colour: colourOf(stderr, env) }));
  signals.onReload(() => void agent.reload('SIGHUP'));
  const signal = await signals.stop;
  const patience = formatDuration(agent.configuration?.service.shutdownTimeoutMs ?? 0);
  logger.info(
    `${signal}: stopping; what waits is delivered first, for at most ${patience} (service.shutdown_timeout); a second signal ends at once`,
  );
  await agent.stop();
  logger.info('stopped');
  await log.flush();
  signals.release();
  return DONE;
}

const STOPPING = ['SIGTERM', 'SIGINT'] as const;

interface Signals {
  readonly stop: Promise<NodeJS.Signals>;
  onReload(reload: () => void): void;
  /** Leaves signals to the system: while the process waits for look-ups under way, no code of ours runs. */
  release(): void;
}

/** SIGTERM and SIGINT stop, a second one ends at once; SIGHUP reloads. */
function onSignals(): Signals {
  let reload = (): void => {};
  process.on('SIGHUP', () => reload());
  let stopped: (signal: NodeJS.Signals) => void = () => {};
  const stop = new Promise<NodeJS.Signals>((resolve) => (stopped = resolve));
  let asked = false;
  const end = (signal: NodeJS.Signals): void => {
    if (asked) {
      release();
      // An exit would wait for look-ups under way.
      process.kill(process.pid, signal);
      // Signals of its own do not end the first process of a container.
      process.exit(FAILED);
    }
    asked = true;
    stopped(signal);
  };
  const release = (): void => {
    reload = () => {};
    for (const signal of STOPPING) process.off(signal, end);
  };
  for (const signal of STOPPING) process.on(signal, end);
  return { stop, onReload: (callback) => (reload = callback), release };
}
