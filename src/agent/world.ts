/** The real world that the pipeline works in: this machine's clock, disk, log and counters. */
import type { Catalog } from '../component/catalog.ts';
import type { Clock, Logger } from '../component/component.ts';
import type { Meter } from '../component/meter.ts';
import type { Announcer } from '../pipeline/announcer.ts';
import type { DeadLetters } from '../pipeline/dead-letters.ts';
import type { World } from '../pipeline/world.ts';
import type { DeadLetterLog } from '../storage/dead-letters.ts';
import type { FileState } from '../storage/state.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Threads } from '../threads/threads.ts';
import { openQueue } from './queues.ts';

export interface WorldParts {
  /** Of `service.workers`; undefined where there are none. */
  threads(): Threads | undefined;
  /** The built-in types, and those of the plugins of the file in effect. */
  catalog(): Catalog;
  /** The storage directory. */
  readonly storage: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly deadLetters: DeadLetterLog;
  readonly state: FileState;
  readonly announcer: Announcer;
}

export function realWorld(parts: WorldParts): World {
  const { storage, clock, metrics, deadLetters, state, announcer } = parts;
  const logger = (name: string): ReturnType<Log['logger']> => parts.log.logger(name);
  return {
    get catalog() {
      return parts.catalog();
    },
    clock,
    meter: metrics,
    deadLetters: { add: announced(deadLetters, announcer), flushed: () => deadLetters.flushed() },
    announcer,
    state,
    logger,
    inThread: (spec, context) => parts.threads()?.exporter(spec, context),
    openQueue: (id, options, succeeds) =>
      openQueue(id, options, { storage, clock, meter: metrics, deadLetters, logger }, succeeds),
  };
}

/** Whoever watches the collector itself hears of dead letters. */
function announced(deadLetters: DeadLetterLog, announcer: Announcer): DeadLetters['add'] {
  return (holder, events, reason, attempts) => {
    deadLetters.add(holder, events, reason, attempts);
    const what = events.length === 1 ? 'One event was' : `${events.length} events were`;
    announcer.announce({
      kind: 'dead_letters',
      level: 'error',
      component: holder,
      title: `${holder}: events were refused for good`,
      message: `${what} refused for good and kept as dead letters: ${reason}`,
      metadata: { reason },
    });
  };
}

/** Those of `service.workers`: their code is loaded only where there are some. */
export async function threadsOf(workers: number, log: Logger, meter: Meter): Promise<Threads | undefined> {
  if (workers === 0) return undefined;
  const { Threads: Some } = await import('../threads/threads.ts');
  return new Some(workers, log, meter);
}
