/**
 * The pipeline file → a configuration, or every problem in it at once, each with file, line and
 * column. Nothing in the files makes it throw.
 */
import { resolve } from 'node:path';
import type { Catalog, ComponentKind } from '../component/catalog.ts';
import type {
  ComponentSpec,
  Configuration,
  ExporterSpec,
  PipelineSpec,
  Position,
  Problem,
} from '../component/configuration.ts';
import { readBlocks, type Blocks } from './blocks.ts';
import type { Checker } from './check-options.ts';
import { checkBlock, checkRules, type CheckedComponent } from './components.ts';
import { exporterSpec } from './exporter-spec.ts';
import { Findings, type More } from './findings.ts';
import { Pipelines } from './pipelines.ts';
import { readService } from './service.ts';
import { positionOf } from './source.ts';
import type { Outside } from './substitute.ts';
import type { Entry, ListNode } from './tree.ts';

export interface Environment extends Outside {
  /** Loads the plugins that `service.plugins` names, before components are checked. */
  extendCatalog?(plugins: readonly { readonly path: string; readonly position: Position }[]): Promise<ExtendedCatalog>;
}

export interface ExtendedCatalog {
  readonly catalog: Catalog;
  readonly problems: readonly (Position & {
    readonly message: string;
    readonly severity?: 'error' | 'hint';
    readonly suggestion?: string;
  })[];
}

export interface Loaded {
  /** Undefined if, and only if, one of the problems is an error. */
  readonly configuration?: Configuration;
  /** Errors and hints: the main file's from its top, then each fragment's. */
  readonly problems: readonly Problem[];
  /** Absolute paths of every file that was read or missed (main file, fragments, secrets), and of folders that an `include` pattern looked into. */
  readonly watch: readonly string[];
  /** The text of each file of YAML that was read, by absolute path. */
  readonly texts: ReadonlyMap<string, string>;
  /** Of each file that has secrets written in the clear, where the first is. */
  readonly inClear: readonly Position[];
  /** A problem at a position that `locate` gave, for errors that `create` and `start` find; with the line, secrets masked. */
  problemAt(position: Position, message: string, more?: More): Problem;
}

export async function loadConfiguration(file: string, catalog: Catalog, environment: Environment): Promise<Loaded> {
  const path = resolve(file);
  const findings = new Findings();
  const watch = new Set<string>();
  const blocks = await readBlocks(path, environment, findings, watch);
  // What a file that cannot be parsed lacks would only be reported as missing.
  const configuration =
    blocks && (findings.errors === 0 || !blocks.partial)
      ? await assemble(path, blocks, catalog, environment, findings)
      : undefined;
  const problems = findings.problems();
  return {
    ...(configuration && findings.errors === 0 ? { configuration } : {}),
    problems,
    watch: [...watch],
    texts: findings.texts,
    inClear: [...findings.inClear.values()],
    problemAt: (position, message, more) => findings.at(position, message, more),
  };
}

async function assemble(
  file: string,
  blocks: Blocks,
  builtIn: Catalog,
  environment: Environment,
  findings: Findings,
): Promise<Configuration | undefined> {
  const { entries, top } = blocks;
  const service = readService(entries.service, file, environment.env, top, { catalog: builtIn, findings });
  let catalog = builtIn;
  if (environment.extendCatalog && service.plugins.length > 0) {
    const extended = await environment.extendCatalog(service.plugins);
    ({ catalog } = extended);
    for (const problem of extended.problems) findings.add(problem);
  }
  const checker: Checker = { catalog, findings };
  const receivers = specsOf(checkBlock('receiver', entries.receivers, catalog.receivers, checker), checker);
  const processors = specsOf(checkBlock('processor', entries.processors, catalog.processors, checker), checker);
  const exporters = new Map<string, ExporterSpec>();
  for (const [id, component] of checkBlock('exporter', entries.exporters, catalog.exporters, checker)) {
    exporters.set(id, exporterSpec(component, checker));
  }
  const known = {
    receivers: entries.receivers,
    processors: entries.processors,
    exporters: entries.exporters,
    checked: { receivers, processors, exporters },
  };
  const wiring = new Pipelines(checker, known, entries.pipelines.keys());
  const pipelines = blocks.hasPipelines ? wiring.check(entries.pipelines) : defaultPipeline(blocks, findings);
  if (blocks.hasPipelines) hintUnused(entries, { receivers, processors, exporters }, wiring.used, findings);
  else hintUnused({ processors: entries.processors }, { processors }, wiring.used, findings);
  if (!service.options || findings.errors > 0) return undefined;
  const tests: ListNode = { kind: 'list', span: top, items: blocks.tests };
  return {
    file,
    receivers,
    processors,
    exporters,
    pipelines,
    service: service.options,
    ...(blocks.tests.length > 0 ? { tests } : {}),
    secrets: findings.secrets.values(),
  };
}

function specsOf(components: ReadonlyMap<string, CheckedComponent>, checker: Checker): Map<string, ComponentSpec> {
  const specs = new Map<string, ComponentSpec>();
  for (const [id, component] of components) {
    checkRules(component.definition, component.spec.options, component, checker);
    specs.set(id, component.spec);
  }
  return specs;
}

/** A file without pipelines has one, from every receiver to every exporter. */
function defaultPipeline({ entries, top }: Blocks, findings: Findings): Map<string, PipelineSpec> {
  if (entries.exporters.size === 0 && findings.errors === 0)
    findings.error(top, 'the file has no exporters, so events would go nowhere; add an exporters block');
  const name = 'default';
  const receivers = [...entries.receivers.keys()];
  const exporters = [...entries.exporters.keys()];
  return new Map([[name, { name, receivers, stages: [], exporters, feeds: [], position: positionOf(top) }]]);
}

type Block = 'receivers' | 'processors' | 'exporters';

/** A component that is in no pipeline does nothing; one that is disabled is meant to. */
function hintUnused(
  entries: Readonly<Partial<Record<Block, ReadonlyMap<string, Entry>>>>,
  specs: Readonly<Partial<Record<Block, ReadonlyMap<string, ComponentSpec>>>>,
  used: ReadonlySet<string>,
  findings: Findings,
): void {
  for (const [block, ids] of Object.entries(entries) as [Block, ReadonlyMap<string, Entry>][]) {
    const kind = block.slice(0, -1) as ComponentKind;
    for (const [id, { keySpan }] of ids) {
      if (!used.has(`${kind}/${id}`) && specs[block]?.get(id)?.enabled)
        findings.hint(keySpan, `no pipeline uses the ${kind} ${id}`);
    }
  }
}
