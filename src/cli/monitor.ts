/**
 * `monitor`: this machine's health to every enabled exporter, until SIGTERM or SIGINT. It is the
 * `health` receiver before all of them; where a collector runs anyway, put that receiver in its file.
 */
import { load } from '../agent/loading.ts';
import { sendingOnly, sendingWorld, Tallies } from '../agent/sender.ts';
import type { ComponentSpec, Configuration } from '../component/configuration.ts';
import { systemClock } from '../lib/clock.ts';
import { parseDuration } from '../lib/duration.ts';
import { Graph } from '../pipeline/graph.ts';
import { createLog } from '../telemetry/log.ts';
import { DONE, FAILED, print, WRONG_USAGE, type Outside } from './outside.ts';
import { valid } from './test.ts';

export interface MonitorOptions {
  readonly config: string;
  /** Seconds, or a duration such as 5m. */
  readonly interval: string;
}

export async function monitor({ config, interval }: MonitorOptions, outside: Outside): Promise<number> {
  const { stderr } = outside;
  const intervalMs = /^\d+(?:\.\d+)?$/.test(interval) ? Number(interval) * 1_000 : parseDuration(interval);
  if (intervalMs === undefined || intervalMs < 1_000) {
    print(stderr, `--interval takes seconds, at least 1, or a duration such as 5m; not ${interval}`);
    return WRONG_USAGE;
  }
  const loaded = await valid(config, outside);
  if (!loaded) return FAILED;
  const { configuration, catalog } = loaded;
  const ids = [...configuration.exporters.values()].filter(({ enabled }) => enabled).map(({ id }) => id);
  if (ids.length === 0) {
    print(stderr, `${config} has no enabled exporter to send to`);
    return FAILED;
  }
  const log = createLog({ ...configuration.service.log, secrets: () => configuration.secrets, stream: stderr });
  const meter = new Tallies();
  const graph = new Graph(
    sendingWorld({ catalog: () => catalog, clock: systemClock, meter, logger: (name) => log.logger(name) }),
  );
  const stopped = stopSignal();
  await graph.apply(monitoring(configuration, await healthSpec(configuration, intervalMs), ids));
  if (stderr.isTTY)
    print(
      stderr,
      `sending the health of this machine to ${ids.join(', ')} every ${intervalMs / 1_000} s; Ctrl-C stops`,
    );
  await stopped;
  const deadline = new AbortController();
  const cancel = systemClock.schedule(configuration.service.shutdownTimeoutMs, () =>
    deadline.abort(new Error('service.shutdown_timeout is over')),
  );
  await graph.stop(deadline.signal, () => Promise.resolve());
  cancel();
  await log.flush();
  return DONE;
}

/** The file's exporters behind the one receiver, past its pipelines: every exporter is to hear of this machine. */
function monitoring(configuration: Configuration, health: ComponentSpec, exporters: readonly string[]): Configuration {
  const { position } = health;
  return {
    ...sendingOnly(configuration, { memory: true }),
    receivers: new Map([[health.id, health]]),
    pipelines: new Map([
      ['monitor', { name: 'monitor', receivers: [health.id], stages: [], exporters, feeds: [], position }],
    ]),
  };
}

/** As the file has it, if it has one; the interval is the command's. */
async function healthSpec({ receivers }: Configuration, intervalMs: number): Promise<ComponentSpec> {
  const own = [...receivers.values()].find(({ type, enabled }) => type === 'health' && enabled);
  const usual = '/monitor.yaml';
  const text = 'receivers: { health: {} }\nexporters: { console: {} }\n';
  const spec =
    own ?? (await load(usual, { env: {}, files: new Map([[usual, text]]) })).configuration!.receivers.get('health')!;
  return { ...spec, options: { ...(spec.options as object), interval: intervalMs } };
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
}
