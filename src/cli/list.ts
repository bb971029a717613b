/**
 * `list`: what a configuration file sets up. An operator asks: what runs, what is switched off, what
 * does each exporter let through and how often, and which way do events go? Secrets are masked.
 */
import type { Catalog } from '../component/catalog.ts';
import type {
  ComponentSpec,
  Configuration,
  ExporterSpec,
  PipelineSpec,
  StageSpec,
} from '../component/configuration.ts';
import type { ConfigSchema } from '../component/schema.ts';
import { valueText } from '../lib/value-text.ts';
import { secretMask } from '../telemetry/secret-mask.ts';
import { painter, table, type Paint } from './table.ts';

/** The configured components and pipelines as tables. */
export function listText(configuration: Configuration, catalog: Catalog, { colour }: { colour: boolean }): string {
  const paint = painter(colour);
  const mask = secretMask(() => configuration.secrets);
  const block = (title: string, heads: readonly string[], rows: readonly (readonly string[])[]): string => {
    if (rows.length === 0) return '';
    const masked = rows.map((row) => row.map(mask));
    return [paint('bold', title), ...table([heads.map((head) => paint('dim', head)), ...masked])].join('\n');
  };
  const rowsOf = <T>(specs: ReadonlyMap<string, T>, row: (spec: T) => string[]) => [...specs.values()].map(row);

  return [
    configuration.file,
    block(
      'receivers',
      ['id', 'type', 'enabled'],
      rowsOf(configuration.receivers, (spec) => componentRow(spec, paint)),
    ),
    block(
      'processors',
      ['id', 'type', 'enabled', 'options'],
      rowsOf(configuration.processors, (spec) => [...componentRow(spec, paint), optionsText(spec, catalog)]),
    ),
    block(
      'exporters',
      ['id', 'type', 'enabled', 'filters', 'rate limit'],
      rowsOf(configuration.exporters, (spec) => exporterRow(spec, catalog, paint)),
    ),
    [
      paint('bold', 'pipelines'),
      ...[...configuration.pipelines.values()].flatMap((spec) => pipelineLines(spec, catalog, paint)).map(mask),
    ].join('\n'),
  ]
    .filter((text) => text !== '')
    .join('\n\n');
}

/** The same for programs. */
export function listJson(configuration: Configuration, catalog: Catalog): object {
  const { file, receivers, processors, exporters, pipelines, secrets } = configuration;
  const component = ({ id, type, enabled }: ComponentSpec) => ({ id, type, enabled });
  const listed = {
    file,
    receivers: [...receivers.values()].map(component),
    processors: [...processors.values()].map((spec) => ({ ...component(spec), options: optionsText(spec, catalog) })),
    exporters: [...exporters.values()].map((spec) => ({
      ...component(spec),
      filters: doorText(spec, 'filter', catalog),
      rateLimit: doorText(spec, 'ratelimit', catalog),
    })),
    pipelines: [...pipelines.values()].map(({ name, receivers: from, stages, exporters: to, feeds }) => ({
      name,
      receivers: from,
      processors: stages.map((stage) => stageText(stage, catalog)),
      exporters: to,
      feeds,
    })),
  };
  return JSON.parse(secretMask(() => secrets)(JSON.stringify(listed))) as object;
}

function componentRow({ id, type, enabled }: ComponentSpec, paint: Paint): string[] {
  return [paint('cyan', id), type, enabled ? paint('green', 'yes') : paint('yellow', 'no')];
}

function exporterRow(spec: ExporterSpec, catalog: Catalog, paint: Paint): string[] {
  const nothing = paint('dim', 'none');
  const filters = doorText(spec, 'filter', catalog) ?? nothing;
  return [...componentRow(spec, paint), filters, doorText(spec, 'ratelimit', catalog) ?? nothing];
}

/** The way of events through a pipeline, an arrow before each step. */
function pipelineLines(
  { name, receivers, stages, exporters, feeds }: PipelineSpec,
  catalog: Catalog,
  paint: Paint,
): string[] {
  const arrow = paint('dim', '→');
  const targets = [...exporters, ...feeds.map((feed) => `pipeline/${feed}`)];
  return [
    `  ${paint('cyan', name)}`,
    `    ${receivers.length === 0 ? 'what is fed or sent to it' : receivers.join(', ')}`,
    ...stages.map((stage) => `    ${arrow} ${stageText(stage, catalog)}`),
    `    ${arrow} ${targets.join(', ')}`,
  ];
}

function stageText(stage: StageSpec, catalog: Catalog): string {
  const options = optionsText(stage, catalog);
  // One written in place has no name, only a place: `filter#1`.
  const name = stage.id.includes('#') ? stage.type : stage.id;
  return `${name}${options === '' ? '' : ` (${options})`}${stage.enabled ? '' : ', not enabled'}`;
}

/** The options of the filter or the limit at an exporter's door; undefined where there is none. */
function doorText({ door }: ExporterSpec, type: string, catalog: Catalog): string | undefined {
  const stage = door.find((candidate) => candidate.type === type);
  return stage && optionsText(stage, catalog);
}

/** The options of a processor that are not as they would be anyway, as one would write them. */
function optionsText({ type, options }: ComponentSpec, catalog: Catalog): string {
  const schema: ConfigSchema | undefined = catalog.processors.get(type)?.schema;
  if (!schema) return '';
  return Object.entries(options as object)
    .flatMap(([name, value]) => {
      const field = schema.properties[name];
      if (!field || value === undefined || isDefault(field, value)) return [];
      return [`${name}: ${valueText(field, value)}`];
    })
    .join(', ');
}

function isDefault(field: object, value: unknown): boolean {
  return 'default' in field && JSON.stringify(field.default) === JSON.stringify(value);
}
