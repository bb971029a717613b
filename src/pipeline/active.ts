/** What of a configuration runs: enabled and used. */
import type {
  ComponentSpec,
  Configuration,
  ExporterSpec,
  PipelineSpec,
  StageSpec,
} from '../component/configuration.ts';

export interface Active {
  readonly receivers: ReadonlyMap<string, ComponentSpec>;
  /** By key, those of pipelines and those at exporters' doors. */
  readonly stages: ReadonlyMap<string, StageSpec>;
  readonly exporters: ReadonlyMap<string, ExporterSpec>;
  readonly pipelines: ReadonlyMap<string, PipelineSpec>;
}

const NOTHING: Active = { receivers: new Map(), stages: new Map(), exporters: new Map(), pipelines: new Map() };

export function activeOf(configuration: Configuration | undefined): Active {
  if (!configuration) return NOTHING;
  const receivers = new Map<string, ComponentSpec>();
  const stages = new Map<string, StageSpec>();
  const exporters = new Map<string, ExporterSpec>();
  for (const pipeline of configuration.pipelines.values()) {
    for (const id of pipeline.receivers) add(receivers, configuration.receivers.get(id));
    for (const id of pipeline.exporters) add(exporters, configuration.exporters.get(id));
    for (const stage of pipeline.stages) if (stage.enabled) stages.set(stage.key, stage);
  }
  for (const exporter of exporters.values()) {
    for (const stage of exporter.door) if (stage.enabled) stages.set(stage.key, stage);
  }
  return { receivers, stages, exporters, pipelines: configuration.pipelines };
}

function add<S extends ComponentSpec>(to: Map<string, S>, spec: S | undefined): void {
  if (spec?.enabled) to.set(spec.id, spec);
}
