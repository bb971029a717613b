/**
 * The blocks of components: which type an id means, whether its options are right, and what is
 * built from it.
 */
import type { ComponentKind } from '../component/catalog.ts';
import type {
  ExporterDefinition,
  OptionProblem,
  ProcessorDefinition,
  ReceiverDefinition,
} from '../component/component.ts';
import type { ComponentSpec } from '../component/configuration.ts';
import { codeOf } from '../component/errors.ts';
import { checkOptions, locator, reportOptionProblems, type Checker } from './check-options.ts';
import { shortSpan } from './prepare.ts';
import { fromText } from './scalars.ts';
import { positionOf, type Span } from './source.ts';
import { didYouMean, listed, nearest, thereAre } from './suggest.ts';
import { isEmpty, isUnknown, textOf, type Entry, type MapNode, type Node } from './tree.ts';

export type AnyDefinition = ReceiverDefinition | ProcessorDefinition | ExporterDefinition;

/** A component that is right, with what is still needed to take its options apart. */
export interface CheckedComponent<D extends AnyDefinition = AnyDefinition> {
  readonly spec: ComponentSpec;
  readonly definition: D;
  readonly node: Node;
  readonly above: Span;
  readonly settled: ReadonlySet<string>;
}

interface Written {
  readonly id: string;
  readonly entry: Pick<Entry, 'keySpan' | 'value'>;
  readonly kind: ComponentKind;
  /** The type, where the place says it (a processor in place). */
  readonly type?: string;
}

export function checkComponent<D extends AnyDefinition>(
  written: Written,
  types: ReadonlyMap<string, D>,
  checker: Checker,
): CheckedComponent<D> | undefined {
  const { id, entry } = written;
  const { findings } = checker;
  const { keySpan } = entry;
  const before = findings.errors;
  if (isUnknown(entry.value)) return undefined;
  if (entry.value.kind !== 'map' && !isEmpty(entry.value)) {
    findings.error(
      shortSpan(entry.value),
      `${id} takes a map of options, not ${entry.value.kind === 'list' ? 'a list' : 'a single value'}`,
    );
    return undefined;
  }
  const enabled = readEnabled(entry.value, checker);
  const definition = definitionOf(written, types, checker);
  if (!definition) return undefined;
  const node = ownOptions(entry.value, definition);
  const subject = {
    label: definition.type,
    schema: definition.schema,
    node,
    above: keySpan,
  };
  const { options, settled } = checkOptions(subject, checker);
  if (!options || findings.errors > before) return undefined;
  const spec = {
    id,
    type: definition.type,
    enabled,
    options,
    position: positionOf(keySpan),
    locate: locator(node, keySpan),
  };
  return { spec, definition, node, above: keySpan, settled };
}

/** The definition's own rules, about options that are right by its schema. */
export function checkRules(
  definition: AnyDefinition,
  options: unknown,
  component: Pick<CheckedComponent, 'node' | 'above' | 'settled'>,
  { findings }: Checker,
): void {
  const check = definition.check as ((options: unknown) => readonly OptionProblem[]) | undefined;
  if (!check) return;
  try {
    reportOptionProblems(check(options), component, component.settled, findings);
  } catch (error) {
    // Of the built-in ones none throws; a plugin's may.
    findings.error(
      component.above,
      `the check of ${definition.type} failed with ${codeOf(error)}; this is a mistake in the component, not in the file`,
    );
  }
}

/** `type` and `enabled` belong to every component, and to no schema. */
function ownOptions(value: Node, { schema }: AnyDefinition): Node {
  if (value.kind !== 'map') return value;
  const entries = new Map(value.entries);
  entries.delete('type');
  if (!Object.hasOwn(schema.properties, 'enabled')) entries.delete('enabled');
  return { ...value, entries } satisfies MapNode;
}

function readEnabled(value: Node, { findings }: Checker): boolean {
  const written = value.kind === 'map' ? value.entries.get('enabled')?.value : undefined;
  if (!written) return true;
  if (written.kind === 'scalar') {
    if (isUnknown(written)) return true;
    if (typeof written.value === 'boolean') return written.value;
    const meant = fromText({ type: 'boolean' }, textOf(written));
    if (written.substitution?.fromOutside && typeof meant === 'boolean') return meant;
    if (typeof meant === 'boolean' && typeof written.value === 'string') {
      findings.error(
        written.span,
        written.quoted
          ? `enabled takes ${meant}, without quotes`
          : `enabled takes true or false, and YAML 1.2 reads ${textOf(written)} as a text; write ${meant}`,
      );
      return true;
    }
  }
  findings.error(shortSpan(written), 'enabled takes true or false');
  return true;
}

function definitionOf<D extends AnyDefinition>(
  { id, kind, entry, type: given }: Written,
  types: ReadonlyMap<string, D>,
  { findings, catalog }: Checker,
): D | undefined {
  const written =
    given === undefined && entry.value.kind === 'map' ? entry.value.entries.get('type')?.value : undefined;
  if (written && isUnknown(written)) return undefined;
  if (written && (written.kind !== 'scalar' || typeof written.value !== 'string')) {
    findings.error(
      shortSpan(written),
      `type takes the name of ${article(kind)} type, such as ${[...types.keys()][0] ?? 'http'}`,
    );
    return undefined;
  }
  const prefix = id.split('/', 1)[0]!;
  const type = given ?? (written?.kind === 'scalar' ? textOf(written) : prefix);
  const definition = types.get(type);
  if (definition) {
    if (written && id.includes('/') && prefix !== type && types.has(prefix))
      findings.hint(written.span, `${id} reads like ${article(prefix)} ${kind}, but its type is ${type}`);
    return definition;
  }
  const elsewhere = KINDS.find((other) => other !== kind && catalog[`${other}s`].has(type));
  if (elsewhere) {
    findings.error(
      written?.span ?? entry.keySpan,
      `${type} is ${article(elsewhere)}, not ${article(kind)}; move it to the ${elsewhere}s block`,
    );
    return undefined;
  }
  const suggestion = nearest(type, types.keys());
  const span = written?.span ?? entry.keySpan;
  const known = [...types.keys()].sort();
  const free = written === undefined && given === undefined && suggestion === undefined;
  const advice = free ? `; give it a type: ${listed(known, 30)}` : didYouMean(suggestion) || `; ${thereAre(known, 30)}`;
  const whole =
    suggestion !== undefined && written === undefined && given === undefined
      ? suggestion + id.slice(prefix.length)
      : suggestion;
  findings.error(span, free ? `${id} has no type${advice}` : `there is no ${kind} type "${type}"${advice}`, whole);
  return undefined;
}

const KINDS = ['receiver', 'processor', 'exporter'] as const satisfies readonly ComponentKind[];

function article(word: string): string {
  return `${/^[aeiou]/.test(word) ? 'an' : 'a'} ${word}`;
}

/** All of a block; those that are wrong are left out, and said to be. */
export function checkBlock<D extends AnyDefinition>(
  kind: ComponentKind,
  entries: ReadonlyMap<string, Entry>,
  types: ReadonlyMap<string, D>,
  checker: Checker,
): Map<string, CheckedComponent<D>> {
  const checked = new Map<string, CheckedComponent<D>>();
  for (const [id, entry] of entries) {
    checkId(id, kind, entry, checker);
    if (GLUED.test(id)) continue;
    const component = checkComponent({ id, entry, kind }, types, checker);
    if (component) checked.set(id, component);
  }
  return checked;
}

/** `file:{path: a}` is a key called `file:{path`. */
const GLUED = /:[{[]/;

function checkId(id: string, kind: ComponentKind, { keySpan }: Entry, { findings }: Checker): void {
  if (id.trim() === '')
    findings.error(keySpan, `${article(kind)} needs an id: a type, type/name, or a name of its own`);
  else if (kind === 'exporter' && id.startsWith('pipeline/'))
    findings.error(
      keySpan,
      `pipeline/NAME among exporters is another pipeline, so that no exporter can be called ${id}; rename it`,
    );
  else if (GLUED.test(id)) findings.error(keySpan, 'a colon needs a space behind it');
  else if (!/^[\w./-]*[\w.-]$/u.test(id))
    findings.hint(keySpan, `"${id}" is awkward to type in commands; letters, digits, _ . - and one / are easier`);
}
