/** What would become of some bytes, if a receiver took them now: step by step, up to the requests that would be made. */
import type { Catalog } from '../component/catalog.ts';
import type { Configuration, Position } from '../component/configuration.ts';
import { eventToJson, type WireEvent } from '../lib/event-json.ts';
import { limitsOf, type Limit } from '../preview/limits.ts';
import { requestText } from './request-text.ts';
import { Simulation } from './simulation.ts';
import { Trace, type Step } from './trace.ts';

/** One receiver's reading of the bytes, and what it leads to. */
export interface Reading {
  readonly receiver: string;
  readonly position: Position;
  /** What the bytes were taken for; absent where they were refused. */
  readonly format?: string;
  /** Why the receiver would refuse them. */
  readonly refused?: string;
  readonly events: readonly WireEvent[];
  /** In the order in which events get there. */
  readonly stops: readonly Stop[];
  readonly requests: readonly ExplainedRequest[];
}

/** A pipeline, or an exporter. */
export interface Stop {
  readonly kind: 'pipeline' | 'exporter';
  readonly id: string;
  readonly position: Position;
  readonly steps: readonly Step[];
}

export interface ExplainedRequest {
  readonly exporter: string;
  readonly type: string;
  readonly events: number;
  /** Exactly as it would be sent. */
  readonly body: string;
  readonly bytes: number;
  readonly limits: readonly Limit[];
  /** As the exporter made it: what a preview is drawn from. */
  readonly request: unknown;
}

export interface ExplainOptions {
  /** Unix milliseconds. */
  readonly now: number;
  /** What processors of a running collector remember. */
  readonly windows?: Readonly<Record<string, unknown>>;
  /** The sender's address or the file's path. */
  readonly origin?: string | undefined;
}

/** Sends nothing. `receiver` is one of the configuration; undefined if it takes no bytes. */
export async function explain(
  bytes: Buffer,
  receiver: string,
  configuration: Configuration,
  catalog: Catalog,
  options: ExplainOptions,
): Promise<Reading | undefined> {
  const trace = new Trace();
  const { now, windows = {}, origin } = options;
  const simulation = await Simulation.start(configuration, catalog, { startsAt: now, windows, watcher: trace });
  const about = { receiver, position: configuration.receivers.get(receiver)!.position };
  try {
    const decoded = simulation.decode(receiver, bytes, origin);
    if (!decoded) return undefined;
    const events = decoded.events.map((event) => copyOf(eventToJson(event)));
    await simulation.receive(receiver, decoded.events);
    await simulation.finish();
    return {
      ...about,
      format: decoded.format,
      events,
      stops: stopsOf(trace.steps, configuration),
      requests: requestsOf(simulation, configuration),
    };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { ...about, refused: error.message, events: [], stops: [], requests: [] };
  } finally {
    await simulation.finish();
  }
}

/** Steps gathered by where they happen. */
function stopsOf(steps: readonly Step[], { pipelines, exporters }: Configuration): Stop[] {
  const stops = new Map<string, { kind: Stop['kind']; id: string; position: Position; steps: Step[] }>();
  const at = (kind: Stop['kind'], id: string): Step[] => {
    const key = `${kind} ${id}`;
    const position = (kind === 'pipeline' ? pipelines : exporters).get(id)!.position;
    if (!stops.has(key)) stops.set(key, { kind, id, position, steps: [] });
    return stops.get(key)!.steps;
  };
  for (const step of steps) {
    if (step.kind === 'accepted') continue;
    if (step.kind === 'entered') at('pipeline', step.pipeline).push(step);
    else if (!('place' in step)) at('exporter', step.exporter).push(step);
    else if ('pipeline' in step.place) at('pipeline', step.place.pipeline).push(step);
    else at('exporter', step.place.exporter).push(step);
  }
  return [...stops.values()];
}

function requestsOf({ requests }: Simulation, { exporters }: Configuration): ExplainedRequest[] {
  return requests.map(({ exporter, request, events }) => {
    const { type } = exporters.get(exporter)!;
    const body = requestText(request, { pretty: false });
    return {
      exporter,
      type,
      events: events.length,
      body,
      bytes: Buffer.byteLength(body),
      limits: limitsOf(type, request),
      request,
    };
  });
}

function copyOf(wire: WireEvent): WireEvent {
  return { ...wire, metadata: { ...wire.metadata }, tags: [...wire.tags] };
}
