/**
 * What is valid and probably not meant, seen only where components meet: filters that together let
 * nothing through, an event type that is nearly a documented one, a limit that holds a critical
 * event back behind lesser ones without a word. Few, and only what is certain from the file alone.
 */
import { distance } from 'fastest-levenshtein';
import type { Catalog } from '../component/catalog.ts';
import type { Configuration, ExporterSpec, Position, StageSpec } from '../component/configuration.ts';
import { EVENT_TYPES, LEVELS, rankOf, type Level } from '../component/event.ts';

export interface WiringHint {
  readonly position: Position;
  readonly message: string;
  readonly suggestion?: string;
}

export function wiringHints(configuration: Configuration, catalog: Catalog): WiringHint[] {
  const hints = new Map<string, WiringHint>();
  const add = (position: Position, message: string, suggestion?: string): void => {
    const key = `${position.file}:${position.line}:${position.column} ${message}`;
    hints.set(key, { position, message, ...(suggestion === undefined ? {} : { suggestion }) });
  };
  const known = new Set([...EVENT_TYPES, ...typesSet(configuration)]);
  for (const { name, position, stages, exporters } of configuration.pipelines.values()) {
    if (!reaches(name, configuration))
      add(position, `every exporter of the pipeline ${name} is disabled: its events go nowhere`);
    walk(stages, [], add);
    for (const stage of stages) mistypedTypes(stage, known, add);
    for (const id of exporters) {
      const exporter = configuration.exporters.get(id);
      if (!exporter?.enabled) continue;
      for (const stage of exporter.door) mistypedTypes(stage, known, add);
      const through = walk(stages, exporter.door, add);
      if (catalog.exporters.get(exporter.type)?.audience === 'people')
        unsaidLimits([...stages, ...exporter.door], exporter, through, add);
    }
  }
  return [...hints.values()];
}

/** Pipelines that feed each other come to an end: circles are errors. */
function reaches(name: string, { pipelines, exporters }: Pick<Configuration, 'pipelines' | 'exporters'>): boolean {
  const { exporters: ids = [], feeds = [] } = pipelines.get(name) ?? {};
  return ids.some((id) => exporters.get(id)?.enabled) || feeds.some((feed) => reaches(feed, { pipelines, exporters }));
}

type Add = (position: Position, message: string, suggestion?: string) => void;

/** What can still come through. */
interface Through {
  least: number;
  most: number;
  types: ReadonlySet<string> | undefined;
  /** The filters that narrowed it, for the message. */
  by: StageSpec[];
}

interface FilterOptions {
  readonly min_level?: Level;
  readonly event_types?: readonly string[];
  readonly when?: string;
}

/** Follows filters in their order; says where nothing is left. Undefined then. */
function walk(stages: readonly StageSpec[], door: readonly StageSpec[], add: Add): Through | undefined {
  const through: Through = { least: 0, most: LEVELS.length - 1, types: undefined, by: [] };
  for (const stage of [...stages, ...door]) {
    if (!stage.enabled) continue;
    if (stage.type === 'filter') {
      const { min_level: least, event_types: types, when = '' } = stage.options as FilterOptions;
      if (least) through.least = Math.max(through.least, rankOf(least));
      // Only this whole expression is understood: anything else may hold for other reasons.
      const [, operator, level] = /^\s*level\s*(==|<=|<)\s*"?(\w+)"?\s*$/.exec(when) ?? [];
      if (level && isLevel(level)) through.most = Math.min(through.most, rankOf(level) - (operator === '<' ? 1 : 0));
      if (types) through.types = new Set(types.filter((type) => through.types?.has(type) ?? true));
      if (through.least > through.most || through.types?.size === 0) {
        const position = stage.locate({
          path: [through.types?.size === 0 ? 'event_types' : least ? 'min_level' : 'when'],
        });
        const others = through.by
          .filter((other) => other.type === 'filter')
          .map(({ position: { line } }) => `line ${line}`);
        add(
          position,
          others.length === 0
            ? 'no event meets these conditions together: nothing passes'
            : `nothing passes: no event meets this and the filter before it (${others.join(', ')})`,
        );
        return undefined;
      }
      through.by.push(stage);
    } else if (stage.type !== 'ratelimit' && stage.type !== 'dedupe' && stage.type !== 'sample') {
      // Any other may edit what filters look at.
      Object.assign(through, { least: 0, most: LEVELS.length - 1, types: undefined, by: [] });
    }
  }
  return through;
}

function mistypedTypes(stage: StageSpec, known: ReadonlySet<string>, add: Add): void {
  if (stage.type !== 'filter') return;
  for (const [index, type] of ((stage.options as FilterOptions).event_types ?? []).entries()) {
    if (known.has(type)) continue;
    const meant = EVENT_TYPES.find((one) => distance(one, type) <= 2 && one.length > 6);
    if (meant)
      add(
        stage.locate({ path: ['event_types', index] }),
        `nothing in this file makes events of type ${type}; is ${meant} meant?`,
        meant,
      );
  }
}

/** Below this many a window, one storm of lesser events is enough. */
const SMALL = 100;

function unsaidLimits(
  stages: readonly StageSpec[],
  { id }: ExporterSpec,
  through: Through | undefined,
  add: Add,
): void {
  if (!through || through.least === LEVELS.length - 1 || through.most < LEVELS.length - 1) return;
  for (const stage of stages) {
    if (stage.type !== 'ratelimit' || !stage.enabled) continue;
    const {
      by = [],
      max_per_window: most,
      summary,
    } = stage.options as { by?: readonly string[]; max_per_window: number; summary?: boolean };
    if (summary || most > SMALL || by.some((key) => key.includes('level'))) continue;
    add(
      stage.locate({ path: ['max_per_window'] }),
      `a critical event for ${id} can be held back behind lesser ones, and nobody is told; add level to by, or summary: true`,
    );
  }
}

/** Event types that the file itself gives. */
function typesSet({ processors, pipelines }: Configuration): string[] {
  const stages = [...processors.values(), ...[...pipelines.values()].flatMap((pipeline) => pipeline.stages)];
  return stages.flatMap(({ options }) => {
    const { event_type: rules, set } = options as { event_type?: unknown; set?: Record<string, unknown> };
    const values = Array.isArray(rules) ? rules.map((rule) => (rule as { value?: unknown }).value) : [rules];
    return [...values, set?.['event_type']].filter((value) => typeof value === 'string');
  });
}

function isLevel(text: string): text is Level {
  return (LEVELS as readonly string[]).includes(text);
}
