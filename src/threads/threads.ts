/**
 * The threads of `service.workers`. Which exporter is in which thread? In the one with the fewest, when
 * it first has something to send; there it stays. A thread that no exporter needs is not started.
 */
import { catalog } from '../catalog.ts';
import type { Context, Exporter, ExporterDefinition, Logger } from '../component/component.ts';
import type { ExporterSpec } from '../component/configuration.ts';
import type { Meter } from '../component/meter.ts';
import { ExporterThread } from './exporter-thread.ts';
import { ThreadedExporter } from './threaded-exporter.ts';

export class Threads {
  readonly #threads: readonly ExporterThread[];

  constructor(count: number, log: Logger, meter: Meter) {
    this.#threads = Array.from({ length: count }, (_, index) => {
      const thread = String(index + 1);
      const deaths = meter.counter(
        'lnmt_collector_worker_deaths_total',
        'Threads of exporters that ended without being asked to, and were started again.',
        { thread },
      );
      return new ExporterThread((why) => {
        deaths.add(1);
        log.error(`thread ${thread} of service.workers died: ${why}; what was under way is sent again by a new one`);
      });
    });
  }

  /** The exporter with its work in a thread; undefined for one that has to stay in the main thread. */
  exporter({ type, options }: ExporterSpec, context: Context): Exporter | undefined {
    // A thread has the built-in types alone: what a plugin made cannot be handed to it.
    const definition: ExporterDefinition | undefined = catalog.exporters.get(type);
    if (!definition?.threaded || this.#threads.length === 0) return undefined;
    return new ThreadedExporter(() => this.#emptiest(), type, options, context);
  }

  #emptiest(): ExporterThread {
    return this.#threads.reduce((one, other) => (other.instances < one.instances ? other : one));
  }

  /** Ends them. Whatever is under way is given up. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}
