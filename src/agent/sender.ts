/**
 * A graph that only sends: a file's pipelines and exporters without its receivers, as the library,
 * `alert` and `monitor` have it beside a collector or without one.
 */
import type { Catalog } from '../component/catalog.ts';
import type { Clock, Logger } from '../component/component.ts';
import type { Configuration, ExporterSpec, PipelineSpec } from '../component/configuration.ts';
import type { Meter, Tally } from '../component/meter.ts';
import { Announcer } from '../pipeline/announcer.ts';
import type { DeadLetters } from '../pipeline/dead-letters.ts';
import { MemoryQueue } from '../pipeline/memory-queue.ts';
import type { World } from '../pipeline/world.ts';

const MEMORY_BYTES = 32 * 1024 * 1024;

/** The configuration without receivers; with `memory`, every queue is in memory; with `atOnce`, no batch waits to fill up. */
export function sendingOnly(
  configuration: Configuration,
  { memory, atOnce = false }: { readonly memory: boolean; readonly atOnce?: boolean },
): Configuration {
  const pipelines = new Map<string, PipelineSpec>();
  for (const [name, pipeline] of configuration.pipelines) pipelines.set(name, { ...pipeline, receivers: [] });
  const exporters = new Map<string, ExporterSpec>();
  for (const [id, spec] of configuration.exporters) {
    const kept = memory ? inMemory(spec) : spec;
    exporters.set(
      id,
      atOnce ? { ...kept, delivery: { ...kept.delivery, batch: { ...kept.delivery.batch, maxWaitMs: 0 } } } : kept,
    );
  }
  return { ...configuration, receivers: new Map(), exporters, pipelines };
}

function inMemory(spec: ExporterSpec): ExporterSpec {
  const { queue } = spec.delivery;
  if (queue.type === 'memory') return spec;
  return {
    ...spec,
    delivery: {
      ...spec.delivery,
      queue: { ...queue, type: 'memory', maxBytes: Math.min(queue.maxBytes, MEMORY_BYTES) },
    },
  };
}

export interface SenderParts {
  catalog(): Catalog;
  readonly clock: Clock;
  readonly meter: Meter;
  logger(name: string): Logger;
  readonly state?: World['state'];
  readonly deadLetters?: DeadLetters;
  readonly openQueue?: World['openQueue'];
}

/** A world that leaves nothing on disk unless told how. What is refused for good is logged, as there is nowhere to keep it. */
export function sendingWorld({ catalog, clock, meter, logger, state, deadLetters, openQueue }: SenderParts): World {
  return {
    get catalog() {
      return catalog();
    },
    clock,
    meter,
    logger,
    announcer: new Announcer(clock),
    state: state ?? { load: () => undefined, save: () => Promise.resolve() },
    deadLetters: deadLetters ?? {
      add(holder, events, reason) {
        const titles = events.slice(0, 3).map(({ title }) => title);
        logger(`lnmt.connectors.${holder}`).error(
          `${events.length === 1 ? 'an event is' : `${events.length} events are`} lost: ${reason}`,
          { titles },
        );
      },
    },
    openQueue: openQueue ?? ((_, { safe, ...limits }) => Promise.resolve(new MemoryQueue(limits, clock.now, safe))),
  };
}

/** Counts that are only read back in the process, for worlds without an admin address. */
export class Tallies implements Meter {
  readonly #tallies = new Map<
    string,
    { readonly name: string; readonly labels: Readonly<Record<string, string>>; readonly tally: Tally }
  >();

  counter(name: string, _description: string, labels: Readonly<Record<string, string>>): Tally {
    const key = name + JSON.stringify(labels);
    const known = this.#tallies.get(key);
    if (known) return known.tally;
    const tally = {
      value: 0,
      add(count: number) {
        this.value += count;
      },
    };
    this.#tallies.set(key, { name, labels, tally });
    return tally;
  }

  gauge(): () => void {
    return () => {};
  }

  /** The sum of a counter's values that carry the label. */
  sum(name: string, label: string, value: string): number {
    let sum = 0;
    for (const one of this.#tallies.values())
      if (one.name === name && one.labels[label] === value) sum += one.tally.value;
    return sum;
  }
}
