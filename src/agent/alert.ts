/** One event of an operator's or a program's own, through a running graph: what `POST /v1/events`, `alert` and the library do. */
import type { Clock } from '../component/component.ts';
import type { Event } from '../component/event.ts';
import type { Meter } from '../component/meter.ts';
import { dispatch, type Outcome } from '../pipeline/dispatch.ts';
import type { Graph } from '../pipeline/graph.ts';

export interface Alerting {
  readonly graph: Graph;
  readonly meter: Meter;
  readonly clock: Clock;
}

export interface AlertOptions {
  /** Ids of the exporters that are to have it; all unless said. */
  readonly exporters?: readonly string[] | undefined;
  readonly waitMs: number;
}

/** What became of the event, by exporter in the order of the file. One that is asked for and cannot have it failed. */
export async function alertThrough(
  event: Event,
  { exporters: names, waitMs }: AlertOptions,
  { graph, meter, clock }: Alerting,
): Promise<ReadonlyMap<string, Outcome>> {
  meter
    .counter('lnmt_collector_receiver_accepted_events_total', 'Events a receiver took and handed to its pipelines.', {
      receiver: 'alert',
    })
    .add(1);
  const outcomes = new Map(await dispatch(event, graph.nodes, { exporters: names && new Set(names), waitMs }, clock));
  for (const name of names ?? []) {
    if (outcomes.has(name)) continue;
    const enabled = graph.configuration?.exporters.get(name)?.enabled ?? true;
    outcomes.set(name, {
      status: 'failed',
      reason: enabled ? 'no pipeline leads to it' : 'it is not enabled',
      tookMs: 0,
    });
  }
  return outcomes;
}

/** Names among these that no exporter has. */
export function unknownExporters(names: readonly string[], { configuration }: Graph): string[] {
  return names.filter((name) => !configuration?.exporters.has(name));
}
