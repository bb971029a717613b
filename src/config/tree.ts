/**
 * The YAML as a tree of which every key and value knows where it is written. Aliases and merges
 * are resolved: what came through them points at the place where it is written.
 */
import type { Span } from './source.ts';

export type Node = ScalarNode | ListNode | MapNode;

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly span: Span;
  /** As YAML 1.2 reads it. */
  readonly value: string | number | boolean | null;
  /** False for a plain scalar: only those are read as numbers, booleans and null. */
  readonly quoted: boolean;
  /** What `${…}` in it came to. */
  substitution?: Substitution;
}

export interface Substitution {
  readonly text: string;
  /** In order, and together all of `text`. */
  readonly pieces: readonly Piece[];
  /** True where something came from outside: the text may then stand for a number or a boolean. */
  readonly fromOutside: boolean;
  /** True where a value is not at hand, so that nothing is to be said about it. */
  readonly missing: boolean;
}

export interface Piece {
  readonly text: string;
  /** Where it stands in the text of the scalar as it is written. */
  readonly rawStart: number;
  readonly fromOutside: boolean;
}

export interface ListNode {
  readonly kind: 'list';
  readonly span: Span;
  readonly items: readonly Node[];
}

export interface MapNode {
  readonly kind: 'map';
  readonly span: Span;
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface Entry {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: Node;
}

export type Path = readonly (string | number)[];

/** What a scalar says once `${…}` is filled in. */
export function textOf(node: ScalarNode): string {
  return node.substitution?.text ?? String(node.value ?? '');
}

/** A key without a value, or with null. */
export function isEmpty(node: Node): boolean {
  return node.kind === 'scalar' && node.value === null && !isUnknown(node);
}

/** What should be here is not at hand, and that is said already: nothing more is to be said about it. */
export function isUnknown(node: Node): boolean {
  return node.kind === 'scalar' && node.substitution?.missing === true;
}

/** The plain value: maps without a prototype, `${…}` filled in as text. */
export function plainOf(node: Node): unknown {
  if (node.kind === 'scalar') return node.substitution ? node.substitution.text : node.value;
  if (node.kind === 'list') return node.items.map(plainOf);
  const plain = Object.create(null) as Record<string, unknown>;
  for (const [key, { value }] of node.entries) plain[key] = plainOf(value);
  return plain;
}

/** What stands at a path, or the nearest thing above it that is written. */
export interface Found {
  readonly node: Node;
  /** The key it is under; undefined for the start of the path. */
  readonly keySpan: Span | undefined;
  /** False where the path goes on below: a default, or a missing option. */
  readonly exact: boolean;
}

export function find(root: Node, path: Path): Found {
  let node = root;
  let keySpan: Span | undefined;
  for (const step of path) {
    if (node.kind === 'map') {
      const entry = node.entries.get(String(step));
      if (!entry) return { node, keySpan, exact: false };
      ({ value: node, keySpan } = entry);
    } else if (node.kind === 'list') {
      const item = node.items[Number(step)];
      if (!item) return { node, keySpan, exact: false };
      node = item;
      // An item of a list of maps has no key of its own: its first key is the place to point at.
      keySpan = item.kind === 'map' ? firstKey(item) : item.span;
    } else if (step !== 0) {
      return { node, keySpan, exact: false };
    }
    // A single item written without its list stays where it is at index 0.
  }
  return { node, keySpan, exact: true };
}

function firstKey({ entries, span }: MapNode): Span {
  for (const { keySpan } of entries.values()) return keySpan;
  return span;
}

/** Where to point for a problem with what is at `path`: the value if it is a scalar, else its key; `above` for the root. */
export function spanAt(root: Node, path: Path, above: Span): Span {
  const { node, keySpan, exact } = find(root, path);
  if (exact && node.kind === 'scalar' && node.span.end > node.span.start) return node.span;
  return keySpan ?? above;
}
