/** `/status`: how everything fares, for people and for `top`. */
import type { Problem } from '../component/configuration.ts';
import type { Graph } from '../pipeline/graph.ts';
import type { Plan } from '../pipeline/plan.ts';
import type { Metrics } from '../telemetry/metrics.ts';

export interface ReloadReport {
  /** Unix milliseconds. */
  readonly at: number;
  readonly trigger: string;
  readonly result: 'applied' | 'unchanged' | 'refused';
  /** From the change on disk, or the request, to the new graph at work. */
  readonly tookMs: number;
  readonly plan?: Plan;
  readonly problems?: readonly Problem[];
}

export interface StatusParts {
  readonly version: string;
  readonly file: string;
  readonly startedAt: number;
  readonly now: number;
  readonly graph: Graph;
  readonly metrics: Metrics;
  readonly lastReload: ReloadReport | undefined;
  readonly stale: boolean;
}

export function status({ version, file, startedAt, now, graph, metrics, lastReload, stale }: StatusParts): object {
  const { receivers, exporters, pipelines, stages } = graph.nodes;
  const sums = sumsOf(metrics);
  return {
    version,
    started: new Date(startedAt).toISOString(),
    uptime_seconds: Math.round((now - startedAt) / 1_000),
    config: {
      file,
      state: stale ? 'stale: the file on disk is not valid; the last good one runs' : 'in effect',
      last_reload: lastReload && reloadJson(lastReload),
    },
    receivers: byId(receivers, ({ spec, receiver }) => ({
      type: spec.type,
      addresses: receiver.addresses?.(),
      accepted: sums('lnmt_collector_receiver_accepted_events_total', { receiver: spec.id }),
      refused: sums('lnmt_collector_receiver_refused_events_total', { receiver: spec.id }),
    })),
    pipelines: byId(pipelines, (pipeline) => ({
      accepted: sums('lnmt_collector_pipeline_accepted_events_total', { pipeline: pipeline.name }),
      generated: sums('lnmt_collector_processor_generated_events_total', { pipeline: pipeline.name }),
      dropped: sums('lnmt_collector_processor_dropped_events_total', { pipeline: pipeline.name }),
      suppressed: sums('lnmt_collector_processor_suppressed_events_total', { pipeline: pipeline.name }),
      dead_lettered: sums('lnmt_collector_processor_failed_events_total', { pipeline: pipeline.name }),
      passed: sums('lnmt_collector_pipeline_passed_events_total', { pipeline: pipeline.name }),
      processors: pipeline.stages.list.map(({ spec }) => spec.id),
      exporters: [...pipeline.outlets.map(({ id }) => id), ...pipeline.feeds.map(({ name }) => `pipeline/${name}`)],
    })),
    exporters: byId(exporters, ({ spec, health, outlet }) => ({
      type: spec.type,
      ...healthJson(health.current),
      queue: {
        type: spec.delivery.queue.type,
        events: outlet.queue.events,
        bytes: outlet.queue.bytes,
        full: outlet.queue.full,
      },
      received: sums('lnmt_collector_exporter_received_events_total', { exporter: spec.id }),
      generated: sums('lnmt_collector_processor_generated_events_total', { exporter: spec.id }),
      dropped_at_door: sums('lnmt_collector_processor_dropped_events_total', { exporter: spec.id }),
      suppressed_at_door: sums('lnmt_collector_processor_suppressed_events_total', { exporter: spec.id }),
      recovered: sums('lnmt_collector_exporter_recovered_events_total', { exporter: spec.id }),
      sent: sums('lnmt_collector_exporter_sent_events_total', { exporter: spec.id }),
      dead_lettered: sums('lnmt_collector_exporter_dead_lettered_events_total', { exporter: spec.id }),
      dead_letters: sums('lnmt_collector_exporter_dead_letters', { exporter: spec.id }),
      dropped: sums('lnmt_collector_exporter_dropped_events_total', { exporter: spec.id }),
      damaged: sums('lnmt_collector_exporter_damaged_events_total', { exporter: spec.id }),
      held: outlet.queue.events,
      failed_requests: sums('lnmt_collector_exporter_failed_requests_total', { exporter: spec.id }),
    })),
    processors: stages.size,
  };
}

export function reloadJson({ at, trigger, result, tookMs, plan, problems }: ReloadReport): object {
  return {
    at: new Date(at).toISOString(),
    trigger,
    result,
    took_ms: Math.round(tookMs),
    ...(plan ? { plan: plan.entries } : {}),
    ...(problems ? { problems } : {}),
  };
}

function healthJson({
  state,
  reason,
  since,
  nextTryAt,
}: {
  state: string;
  reason?: string;
  since?: number;
  nextTryAt?: number;
}): object {
  return {
    state,
    ...(reason === undefined ? {} : { last_error: reason }),
    ...(since === undefined ? {} : { since: new Date(since).toISOString() }),
    ...(nextTryAt === undefined ? {} : { next_try: new Date(nextTryAt).toISOString() }),
  };
}

function byId<T>(nodes: ReadonlyMap<string, T>, json: (node: T) => object): Record<string, object> {
  return Object.fromEntries([...nodes].map(([id, node]) => [id, json(node)]));
}

/** The sum of a metric's numbers that carry these labels. */
function sumsOf(metrics: Metrics): (name: string, labels: Record<string, string>) => number {
  return (name, labels) => {
    let sum = 0;
    for (const sample of metrics.samples(name)) {
      if (Object.entries(labels).every(([key, value]) => sample.labels[key] === value)) sum += sample.value;
    }
    return sum;
  };
}
