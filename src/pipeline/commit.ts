/** Puts a new graph in place, between two batches: synchronous, and nothing in it can fail. */
import type { Configuration, PipelineSpec } from '../component/configuration.ts';
import type { Exporter } from '../component/component.ts';
import type { Parts } from './build.ts';
import type { ReadyExporter } from './exporters.ts';
import { pipelineTallies } from './ledger.ts';
import type { ExporterNode, Nodes, ReceiverNode } from './nodes.ts';
import { Pipeline } from './pipeline.ts';
import type { Stage } from './stages.ts';
import type { World } from './world.ts';

/** What is no longer part of the graph and has yet to be stopped. */
export interface Leaving {
  readonly receivers: readonly ReceiverNode[];
  readonly stages: readonly Stage[];
  readonly exporters: readonly ExporterNode[];
  /** Exporter instances that a new one took over from; `idle` resolves when their last request has ended. */
  readonly replaced: readonly { readonly id: string; readonly exporter: Exporter; readonly idle: Promise<void> }[];
}

export function commit(
  configuration: Configuration,
  parts: Parts,
  ready: ReadonlyMap<string, ReadyExporter>,
  running: Nodes,
  world: World,
): { nodes: Nodes; leaving: Leaving } {
  handStateOn(parts.stages, running.stages);

  const replaced: { id: string; exporter: Exporter; idle: Promise<void> }[] = [];
  const exporters = new Map<string, ExporterNode>();
  for (const [id, { queue, ...node }] of ready) {
    const { outlet, delivery, exporter, spec } = node;
    outlet.door.set(spec.door.flatMap(({ key }) => parts.stages.get(key) ?? []));
    outlet.wants = exporter.wants && ((event) => exporter.wants!(event));
    const limits = spec.delivery.queue;
    queue.configure(limits);
    queue.onDropped = (events, reason) => node.tallies.dropped(reason).add(events);
    const predecessor = running.exporters.get(id);
    if (!predecessor) delivery.start();
    else {
      const idle = delivery.replace(exporter, spec.delivery, queue);
      if (predecessor.exporter !== exporter) replaced.push({ id, exporter: predecessor.exporter, idle });
      outlet.queue = queue;
    }
    exporters.set(id, node);
  }

  const pipelines = new Map<string, Pipeline>();
  for (const name of configuration.pipelines.keys()) {
    pipelines.set(
      name,
      running.pipelines.get(name) ?? new Pipeline(name, pipelineTallies(world.meter, name), world.deadLetters),
    );
  }
  for (const [name, spec] of configuration.pipelines) {
    const pipeline = pipelines.get(name)!;
    pipeline.stages.set(spec.stages.flatMap(({ key }) => parts.stages.get(key) ?? []));
    pipeline.lead(
      spec.exporters.flatMap((id) => exporters.get(id)?.outlet ?? []),
      spec.feeds.flatMap((feed) => pipelines.get(feed) ?? []),
    );
  }
  for (const [id, { sink }] of parts.receivers) sink.lead(pipelinesOf(id, configuration.pipelines, pipelines));

  return {
    nodes: { receivers: parts.receivers, stages: parts.stages, exporters, pipelines },
    leaving: {
      receivers: [...running.receivers.values()].filter(
        ({ spec, receiver }) => parts.receivers.get(spec.id)?.receiver !== receiver,
      ),
      stages: [...running.stages.values()].filter((stage) => parts.stages.get(stage.spec.key) !== stage),
      exporters: [...running.exporters.values()].filter(({ spec }) => !exporters.has(spec.id)),
      replaced,
    },
  };
}

/** Windows and counts go over to the successor in the same turn: no event meets neither, none meets both. */
function handStateOn(stages: ReadonlyMap<string, Stage>, running: ReadonlyMap<string, Stage>): void {
  for (const [key, stage] of stages) {
    const predecessor = running.get(key);
    if (!predecessor || predecessor === stage || predecessor.spec.type !== stage.spec.type) continue;
    const snapshot = predecessor.processor.snapshot?.();
    if (snapshot !== undefined) stage.processor.restore?.(snapshot);
  }
}

function pipelinesOf(
  receiver: string,
  specs: ReadonlyMap<string, PipelineSpec>,
  pipelines: ReadonlyMap<string, Pipeline>,
): Pipeline[] {
  return [...specs.values()]
    .filter(({ receivers }) => receivers.includes(receiver))
    .map(({ name }) => pipelines.get(name)!);
}
