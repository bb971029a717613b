/**
 * The options of one thing against its schema: prepared, checked, defaults filled in, and every
 * problem put at its place in the file.
 */
import type { Catalog } from '../component/catalog.ts';
import type { OptionProblem } from '../component/component.ts';
import type { Position } from '../component/configuration.ts';
import type { Place } from '../component/errors.ts';
import type { ConfigSchema } from '../component/schema.ts';
import type { Findings } from './findings.ts';
import { pointer, prepare } from './prepare.ts';
import { writtenOffset } from './scalar-offsets.ts';
import { sentences } from './sentences.ts';
import { positionOf, type Span } from './source.ts';
import { find, spanAt, textOf, type Node, type Path } from './tree.ts';
import { errorsOf } from './validators.ts';

export interface Checker {
  readonly catalog: Catalog;
  readonly findings: Findings;
}

export interface Subject {
  /** What the options are of, as a reader calls it: `slack`. */
  readonly label: string;
  readonly schema: ConfigSchema;
  /** The map of options. */
  readonly node: Node;
  /** Where to point when the options as a whole are wrong. */
  readonly above: Span;
}

export interface CheckedOptions {
  /** As the schema types them; undefined if anything in them is wrong. */
  readonly options: Record<string, unknown> | undefined;
  /** JSON pointers of values that are not at hand, or refused: nothing more is to be said about them. */
  readonly settled: ReadonlySet<string>;
}

export function checkOptions({ label, schema, node, above }: Subject, checker: Checker): CheckedOptions {
  const { findings, catalog } = checker;
  const before = findings.errors;
  const { value, settled } = prepare(schema, node, catalog.formats, findings);
  if (value === null) return { options: undefined, settled };
  const errors = errorsOf(schema, value);
  if (errors.length > 0) {
    const open = errors.filter(({ instancePath }) => !isSettled(instancePath, settled));
    for (const { message, suggestion, at, path, secret } of sentences(open, schema, label, (where) =>
      valueAt(node, where),
    )) {
      if (at === 'key') {
        const entry = entryAt(node, path);
        if (entry && (secret || isUrl(entry.value))) findings.secrets.addSpan(entry.value.span);
        findings.error(entry?.keySpan ?? above, message, suggestion);
      } else findings.error(spanAt(node, path, above), message, suggestion);
    }
  }
  return { options: findings.errors > before ? undefined : (value as Record<string, unknown>), settled };
}

/** Rules of a component's own, about options that its schema has passed. */
export function reportOptionProblems(
  problems: readonly OptionProblem[],
  subject: Pick<Subject, 'node' | 'above'>,
  settled: ReadonlySet<string>,
  findings: Findings,
): void {
  for (const { severity, message, path } of problems) {
    if (isSettled(pointer(path), settled)) continue;
    const span = spanAt(subject.node, path, subject.above);
    if (severity === 'error') findings.error(span, message);
    else findings.hint(span, message);
  }
}

/** Where in the file a place in these options is. */
export function locator(node: Node, above: Span): (place: Place) => Position {
  return ({ path = [], offset }) => {
    const found = find(node, path);
    if (offset !== undefined && found.exact && found.node.kind === 'scalar') {
      const { source } = found.node.span;
      return source.positionAt(Math.min(writtenOffset(found.node, offset), source.text.length));
    }
    return positionOf(spanAt(node, path, above));
  };
}

function isSettled(instancePath: string, settled: ReadonlySet<string>): boolean {
  if (settled.size === 0) return false;
  for (const done of settled) if (instancePath === done || instancePath.startsWith(`${done}/`)) return true;
  return false;
}

/** What a misspelt option holds may be a secret, and a URL mostly is. */
function isUrl(node: Node): boolean {
  return node.kind === 'scalar' && textOf(node).includes('://');
}

function entryAt(node: Node, path: Path) {
  const { node: parent, exact } = find(node, path.slice(0, -1));
  return exact && parent.kind === 'map' ? parent.entries.get(String(path.at(-1))) : undefined;
}

function valueAt(node: Node, path: Path): unknown {
  const found = find(node, path);
  return found.exact && found.node.kind === 'scalar' ? textOf(found.node) : undefined;
}
