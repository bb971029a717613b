/**
 * The `pipelines` block: which ids it wires, the processors written in place, and that pipelines
 * that feed each other come to an end.
 */
import type { ComponentKind } from '../component/catalog.ts';
import type { ComponentSpec, PipelineSpec, StageSpec } from '../component/configuration.ts';
import type { Checker } from './check-options.ts';
import { checkComponent, checkRules } from './components.ts';
import { shortSpan } from './prepare.ts';
import { positionOf, type Span } from './source.ts';
import { didYouMean, listed, nearest, thereAre } from './suggest.ts';
import { isEmpty, isUnknown, textOf, type Entry, type MapNode, type Node, type ScalarNode } from './tree.ts';

/** Every id that is written, also of a component that is wrong: naming it is no second mistake. */
export interface Known {
  readonly receivers: ReadonlyMap<string, unknown>;
  readonly processors: ReadonlyMap<string, Entry>;
  readonly exporters: ReadonlyMap<string, unknown>;
  /** Those of them that are right. */
  readonly checked: {
    readonly receivers: ReadonlyMap<string, unknown>;
    readonly processors: ReadonlyMap<string, ComponentSpec>;
    readonly exporters: ReadonlyMap<string, unknown>;
  };
}

const KEYS = ['receivers', 'processors', 'exporters'];

interface Feed {
  readonly to: string;
  readonly span: Span;
}

export class Pipelines {
  readonly #checker: Checker;
  readonly #known: Known;
  readonly #names: ReadonlySet<string>;
  readonly #feeds = new Map<string, Feed[]>();
  /** `receiver/ID`, `processor/ID`, `exporter/ID` of all that a pipeline names. */
  readonly used = new Set<string>();

  constructor(checker: Checker, known: Known, names: Iterable<string>) {
    this.#checker = checker;
    this.#known = known;
    this.#names = new Set(names);
  }

  check(entries: ReadonlyMap<string, Entry>): Map<string, PipelineSpec> {
    const { findings } = this.#checker;
    const specs = new Map<string, PipelineSpec>();
    for (const [name, entry] of entries) {
      if (name.trim() === '') findings.error(entry.keySpan, 'a pipeline needs a name');
      const spec = this.#pipeline(name, entry);
      if (spec) specs.set(name, spec);
    }
    this.#findCircles();
    this.#findUnfed(specs, entries);
    return specs;
  }

  #pipeline(name: string, { keySpan, value }: Entry): PipelineSpec | undefined {
    const { findings } = this.#checker;
    if (isUnknown(value)) return undefined;
    if (value.kind !== 'map') {
      findings.error(
        isEmpty(value) ? keySpan : shortSpan(value),
        `the pipeline ${name} takes receivers, processors and exporters`,
      );
      return undefined;
    }
    for (const [key, entry] of value.entries) {
      if (KEYS.includes(key)) continue;
      const suggestion = key === 'connectors' ? 'exporters' : nearest(key, KEYS);
      findings.error(
        entry.keySpan,
        `unknown key "${key}" in the pipeline ${name}${didYouMean(suggestion) || `; it has ${listed(KEYS)}`}`,
        suggestion,
      );
    }
    const receivers = this.#references(value, 'receivers').flatMap(
      (node) => this.#reference('receiver', node, name) ?? [],
    );
    const stages = this.#stages(name, value);
    const exporters: string[] = [];
    const feeds: Feed[] = [];
    for (const node of this.#references(value, 'exporters')) {
      if (!textOf(node).startsWith('pipeline/')) exporters.push(...(this.#reference('exporter', node, name) ?? []));
      else feeds.push(...this.#feed(node, name));
    }
    this.#feeds.set(name, feeds);
    const target = value.entries.get('exporters');
    if (!target || isEmpty(target.value) || (target.value.kind === 'list' && target.value.items.length === 0)) {
      const ids = [...this.#known.exporters.keys()];
      findings.error(
        target?.keySpan ?? keySpan,
        `the pipeline ${name} has no exporters, so its events would go nowhere; add exporters: [${ids.slice(0, 3).join(', ')}]`,
      );
    }
    return { name, receivers, stages, exporters, feeds: feeds.map(({ to }) => to), position: positionOf(keySpan) };
  }

  #references(pipeline: MapNode, key: string): ScalarNode[] {
    const { findings } = this.#checker;
    const references: ScalarNode[] = [];
    const seen = new Set<string>();
    for (const item of items(pipeline.entries.get(key)?.value)) {
      if (isUnknown(item)) continue;
      if (item.kind !== 'scalar' || isEmpty(item)) {
        findings.error(
          shortSpan(item),
          `${key} takes ids; define the ${key.slice(0, -1)} in the ${key} block and name it here`,
        );
        continue;
      }
      const id = textOf(item);
      if (seen.has(id)) findings.error(item.span, `${id} is here twice`);
      else references.push(item);
      seen.add(id);
    }
    return references;
  }

  #reference(kind: 'receiver' | 'exporter', node: ScalarNode, pipeline: string): [string] | undefined {
    const id = textOf(node);
    const known = this.#known[`${kind}s`];
    if (known.has(id)) {
      this.used.add(`${kind}/${id}`);
      return [id];
    }
    const { findings } = this.#checker;
    const other = kind === 'receiver' ? 'exporter' : 'receiver';
    if (this.#known[`${other}s`].has(id)) {
      findings.error(node.span, `${id} is ${an(other)}; it cannot stand among the ${kind}s of ${pipeline}`);
      return undefined;
    }
    if (this.#known.processors.has(id)) {
      findings.error(node.span, `${id} is a processor; move it to the processors of ${pipeline}`);
      return undefined;
    }
    const candidates = [
      ...known.keys(),
      ...(kind === 'exporter' ? [...this.#names].map((name) => `pipeline/${name}`) : []),
    ];
    const suggestion = this.#names.has(id) && kind === 'exporter' ? `pipeline/${id}` : nearest(id, candidates);
    if (this.#isMisspeltThere(kind, id, suggestion)) return undefined;
    if (suggestion !== undefined) this.used.add(`${kind}/${suggestion}`);
    const advice =
      didYouMean(suggestion) || (candidates.length === 0 ? `; the file has no ${kind}s` : `; ${thereAre(candidates)}`);
    findings.error(node.span, `there is no ${kind} "${id}"${advice}`, suggestion);
    return undefined;
  }

  /** `slack/ops` where it is defined, its type misspelt, as `slak/ops`: that is said where it is defined, and once is enough. */
  #isMisspeltThere(kind: ComponentKind, id: string, written: string | undefined): boolean {
    if (written === undefined || this.#known.checked[`${kind}s`].has(written)) return false;
    const types = this.#checker.catalog[`${kind}s`];
    if (!types.has(id.split('/', 1)[0]!) || types.has(written.split('/', 1)[0]!)) return false;
    this.used.add(`${kind}/${written}`);
    return true;
  }

  #feed(node: ScalarNode, from: string): Feed[] {
    const { findings } = this.#checker;
    const to = textOf(node).slice('pipeline/'.length);
    if (!this.#names.has(to)) {
      const meant = nearest(
        to,
        [...this.#names].filter((name) => name !== from),
      );
      const suggestion = meant === undefined ? undefined : `pipeline/${meant}`;
      findings.error(node.span, `there is no pipeline "${to}"${didYouMean(suggestion)}`, suggestion);
      return [];
    }
    return [{ to, span: node.span }];
  }

  #stages(pipeline: string, value: MapNode): StageSpec[] {
    const stages: StageSpec[] = [];
    const occurrences = new Map<string, number>();
    const named = new Set<string>();
    for (const item of items(value.entries.get('processors')?.value)) {
      if (item.kind === 'map') {
        const stage = this.#inPlace(pipeline, item, occurrences);
        if (stage) stages.push(stage);
      } else {
        const stage = this.#named(pipeline, item, named);
        if (stage) stages.push(stage);
      }
    }
    return stages;
  }

  #named(pipeline: string, item: Node, seen: Set<string>): StageSpec | undefined {
    const { findings } = this.#checker;
    if (isUnknown(item)) return undefined;
    if (item.kind !== 'scalar' || isEmpty(item)) {
      findings.error(shortSpan(item), 'a processor is an id, or written in place as `- type: {options}`');
      return undefined;
    }
    const id = textOf(item);
    if (seen.has(id)) {
      findings.error(item.span, `${id} is here twice; write the second one in place, or give it a name of its own`);
      return undefined;
    }
    seen.add(id);
    this.used.add(`processor/${id}`);
    const spec = this.#known.checked.processors.get(id);
    if (spec) return { ...spec, key: `${pipeline}/${id}` };
    if (this.#known.processors.has(id)) return undefined;
    const suggestion = nearest(id, this.#known.processors.keys());
    if (this.#isMisspeltThere('processor', id, suggestion)) return undefined;
    if (suggestion !== undefined) this.used.add(`processor/${suggestion}`);
    const what = this.#known.receivers.has(id)
      ? 'a receiver'
      : this.#known.exporters.has(id)
        ? 'an exporter'
        : undefined;
    let message = `there is no processor "${id}"${didYouMean(suggestion)}`;
    if (this.#checker.catalog.processors.has(id))
      message = `no processor is called "${id}"; define it in the processors block, or write its options here: - ${id}: {…}`;
    else if (what) message = `${id} is ${what}; it cannot stand among the processors of ${pipeline}`;
    findings.error(item.span, message, suggestion);
    return undefined;
  }

  #inPlace(pipeline: string, item: MapNode, occurrences: Map<string, number>): StageSpec | undefined {
    const { findings } = this.#checker;
    const [entry, second] = [...item.entries.values()];
    if (!entry) {
      findings.error(shortSpan(item), 'a processor in place is written as type: {options}');
      return undefined;
    }
    if (second) {
      findings.error(
        second.keySpan,
        `a processor in place has one key, its type; indent "${second.key}" to make it an option of ${entry.key}, or start a new item with a dash`,
      );
      return undefined;
    }
    const type = entry.key;
    const occurrence = (occurrences.get(type) ?? 0) + 1;
    occurrences.set(type, occurrence);
    const id = `${type}#${occurrence}`;
    const component = checkComponent(
      { id, entry, kind: 'processor', type },
      this.#checker.catalog.processors,
      this.#checker,
    );
    if (!component) return undefined;
    checkRules(component.definition, component.spec.options, component, this.#checker);
    return { ...component.spec, key: `${pipeline}/${id}` };
  }

  #findCircles(): void {
    const done = new Set<string>();
    const walk = (name: string, trail: readonly string[]): void => {
      for (const { to, span } of this.#feeds.get(name) ?? []) {
        const start = trail.indexOf(to);
        if (start !== -1) {
          const circle = [...trail.slice(start), to].join(' → ');
          this.#checker.findings.error(
            span,
            trail.length - start === 1
              ? `the pipeline ${to} feeds itself`
              : `pipelines feed each other in a circle: ${circle}`,
          );
        } else if (!done.has(to)) walk(to, [...trail, to]);
      }
      done.add(name);
    };
    for (const name of this.#feeds.keys()) if (!done.has(name)) walk(name, [name]);
  }

  #findUnfed(specs: ReadonlyMap<string, PipelineSpec>, entries: ReadonlyMap<string, Entry>): void {
    const fed = new Set([...this.#feeds.values()].flatMap((feeds) => feeds.map(({ to }) => to)));
    for (const [name, entry] of entries) {
      const spec = specs.get(name);
      const receivers = entry.value.kind === 'map' ? items(entry.value.entries.get('receivers')?.value) : [];
      if (spec && receivers.length === 0 && !fed.has(name)) {
        this.#checker.findings.hint(
          entry.keySpan,
          `nothing reaches the pipeline ${name}: it has no receivers, and no pipeline feeds it`,
        );
      }
    }
  }
}

function items(node: Node | undefined): readonly Node[] {
  if (!node || isEmpty(node)) return [];
  return node.kind === 'list' ? node.items : [node];
}

function an(kind: 'receiver' | 'exporter'): string {
  return kind === 'exporter' ? 'an exporter' : 'a receiver';
}
