/**
 * `GET /-/tap`: events as they go by, at one point or at all, a line of JSON each; dropped ones with
 * the reason. Whoever reads slower than events come loses some, and is told how many: a tap never
 * holds the collector up.
 */
import type { StageSpec } from '../component/configuration.ts';
import type { Event } from '../component/event.ts';
import { rfc3339, stringifyEvent } from '../lib/event-json.ts';
import type { Graph } from '../pipeline/graph.ts';
import type { Watcher } from '../pipeline/watcher.ts';
import { RequestError } from '../telemetry/admin-http.ts';
import type { Route } from '../telemetry/admin.ts';

/** Lines that may wait for a reader. */
const MAX_WAITING = 1_000;

/** Taps at once: each of them makes every event slower. */
const MAX_TAPS = 16;

export function tapRoute(graph: Graph): Route {
  const taps = new Taps(graph);
  return {
    method: 'GET',
    path: '/-/tap',
    handle({ query, signal }) {
      const id = query.get('id') ?? undefined;
      const points = pointsOf(graph);
      if (id !== undefined && !points.has(id))
        throw new RequestError(404, `there is no ${id}; there are ${[...points].join(', ')}`);
      if (taps.size >= MAX_TAPS) throw new RequestError(429, `there are ${MAX_TAPS} taps already`);
      return { status: 200, type: 'application/x-ndjson', body: taps.open(id, signal) };
    },
  };
}

/** Ids of all that events go by: receivers, pipelines, processors by id and by key, exporters. */
function pointsOf({ nodes }: Graph): Set<string> {
  const stages = [...nodes.stages.values()].flatMap(({ spec }) => [spec.id, spec.key]);
  return new Set([...nodes.receivers.keys(), ...nodes.pipelines.keys(), ...stages, ...nodes.exporters.keys()]);
}

class Taps implements Watcher {
  readonly #graph: Graph;
  readonly #open = new Set<Tap>();

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  get size(): number {
    return this.#open.size;
  }

  async *open(id: string | undefined, signal: AbortSignal): AsyncGenerator<string> {
    const tap = new Tap(id);
    this.#open.add(tap);
    this.#graph.watch(this);
    try {
      yield* tap.lines(signal);
    } finally {
      this.#open.delete(tap);
      if (this.#open.size === 0) this.#graph.watch(undefined);
    }
  }

  accepted(receiver: string, events: readonly Event[]): void {
    for (const event of events) this.#tell('accepted', [receiver], true, event);
  }

  entered(pipeline: string, events: readonly Event[]): void {
    for (const event of events) this.#tell('entered', [pipeline], false, event);
  }

  entering(): void {}

  passed({ id, key }: StageSpec, event: Event): void {
    this.#tell('passed', [key, id], false, event);
  }

  dropped(
    { id, key }: StageSpec,
    event: Event,
    { how, reason }: { readonly how: string; readonly reason: string | undefined },
  ): void {
    this.#tell(how, [key, id], true, event, reason);
  }

  generated({ id, key }: StageSpec, event: Event): void {
    this.#tell('generated', [key, id], true, event);
  }

  unwanted(exporter: string, event: Event): void {
    this.#tell('unwanted', [exporter], true, event);
  }

  queued(exporter: string, events: readonly Event[]): void {
    for (const event of events) this.#tell('queued', [exporter], false, event);
  }

  ended: Watcher['ended'] = (exporter, events, fate) => {
    const reason = fate.kind === 'sent' ? undefined : fate.reason;
    for (const event of events) this.#tell(fate.kind, [exporter], true, event, reason);
  };

  /** `always`: also where no point was asked for. */
  #tell(what: string, points: readonly string[], always: boolean, event: Event, reason?: string): void {
    for (const tap of this.#open) {
      if (tap.id === undefined ? always : points.includes(tap.id)) tap.offer(what, points[0]!, event, reason);
    }
  }
}

class Tap {
  readonly id: string | undefined;
  readonly #waiting: string[] = [];
  #lost = 0;
  #wake: (() => void) | undefined;

  constructor(id: string | undefined) {
    this.id = id;
  }

  /** Not even printed where nobody could take it. */
  offer(what: string, point: string, event: Event, reason: string | undefined): void {
    if (this.#waiting.length >= MAX_WAITING) this.#lost += 1;
    else {
      const head = JSON.stringify({
        at: rfc3339(event.timestamp),
        what,
        point,
        ...(reason === undefined ? {} : { reason }),
      });
      this.#waiting.push(`${head.slice(0, -1)},"event":${stringifyEvent(event)}}\n`);
    }
    this.#wake?.();
  }

  async *lines(signal: AbortSignal): AsyncGenerator<string> {
    const wake = (): void => this.#wake?.();
    signal.addEventListener('abort', wake, { once: true });
    while (!signal.aborted) {
      if (this.#waiting.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = undefined;
      const lost = this.#lost;
      this.#lost = 0;
      const text = this.#waiting.splice(0).join('');
      if (text !== '') yield text;
      if (lost > 0) yield `${JSON.stringify({ lost })}\n`;
    }
  }
}
