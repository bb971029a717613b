/**
 * The catalog with its edges cut off: receivers that listen to nothing, and exporters whose requests
 * are real (`encode` is their own) and go nowhere. Processors are as they are.
 */
import type { Catalog } from '../component/catalog.ts';
import type {
  Clock,
  Context,
  Encoded,
  ExporterDefinition,
  ReceiverDefinition,
  Verdict,
} from '../component/component.ts';
import type { Event } from '../component/event.ts';
import { answerWith, type ScriptedAnswer } from './answers.ts';

/** A request that would have been made. */
export interface SimulatedRequest {
  readonly exporter: string;
  /** Unix milliseconds on the simulation's clock. */
  readonly at: number;
  readonly request: unknown;
  /** What it carries, in order. */
  readonly events: readonly Event[];
  readonly verdict: Verdict['kind'] | 'timeout';
}

export interface Edges {
  readonly clock: Clock;
  /** The next answer of the exporter's script. */
  answer(exporter: string): ScriptedAnswer | undefined;
  requested(request: SimulatedRequest): void;
}

/** What goes to `send`: the exporter's own request, and the events in it. */
interface Wrapped {
  readonly request: unknown;
  readonly events: readonly Event[];
}

export function simulatedCatalog(catalog: Catalog, edges: Edges): Catalog {
  return {
    ...catalog,
    receivers: new Map([...catalog.receivers].map(([type, definition]) => [type, silent(definition)])),
    exporters: new Map([...catalog.exporters].map(([type, definition]) => [type, recording(definition, edges)])),
  };
}

function silent(definition: ReceiverDefinition): ReceiverDefinition {
  return { ...definition, create: () => ({ start: () => Promise.resolve(), stop: () => Promise.resolve() }) };
}

function recording(definition: ExporterDefinition, { clock, answer, requested }: Edges): ExporterDefinition {
  const { minIntervalMs: _, ...rest } = definition;
  return {
    ...rest,
    create(config, context: Context) {
      const exporter = definition.create(config, context);
      const { wants } = exporter;
      return {
        ...(wants && { wants: (event: Event) => wants.call(exporter, event) }),
        encode: (events) => wrapped(exporter.encode(events), events),
        async send(sent, signal) {
          const { request, events } = sent as Wrapped;
          const scripted = answer(context.id);
          const at = clock.now();
          const note = (verdict: SimulatedRequest['verdict']): void =>
            requested({ exporter: context.id, at, request, events, verdict });
          if (scripted === 'timeout') note('timeout');
          const verdict = await answerWith(scripted, at, signal);
          note(verdict.kind);
          return verdict;
        },
        stop: async () => exporter.stop?.(),
      };
    },
  };
}

function wrapped(encoded: readonly Encoded<unknown>[], events: readonly Event[]): Encoded<Wrapped>[] {
  let at = 0;
  return encoded.map(({ request, events: count }) => {
    const part = events.slice(at, at + count);
    at += count;
    return { request: { request, events: part }, events: count };
  });
}
