/**
 * YAML text → positioned tree. Everything that YAML leaves open is decided here: duplicate keys
 * are errors that name both lines, merges (`<<`) are flattened, keys are text, aliases are counted
 * (a few lines of them can stand for billions of values), `yes` and `no` are texts as in YAML 1.2.
 */
import { isAlias, isMap, isScalar, isSeq, parseDocument, Scalar, type ParsedNode } from 'yaml';
import type { Findings } from './findings.ts';
import type { Source, Span } from './source.ts';
import { isUnknown, type Entry, type MapNode, type Node, type ScalarNode } from './tree.ts';
import { explainYaml } from './yaml-messages.ts';
import { nearest, didYouMean } from './suggest.ts';
import { refusalOf } from './yaml-refusals.ts';
import { maskReferences, unmaskReferences } from './references.ts';

/** Values a file may come to with its aliases written out. */
const MAX_VALUES = 200_000;
const MAX_DEPTH = 64;

/** The root map; undefined, with errors among the findings, where there is none to speak of. */
export function parseYaml(source: Source, findings: Findings): MapNode | undefined {
  const whole = (start: number, end: number): Span => ({ source, start, end });
  const text = maskReferences(source.text);
  const refusal = refusalOf(text);
  if (refusal) {
    findings.error(whole(refusal.start, refusal.end), refusal.message);
    return undefined;
  }
  const document = parse(text);
  if (!document) {
    findings.error(whole(0, 0), 'the file is nested too deeply to be read');
    return undefined;
  }
  const reported = new Set<number>();
  for (const { code, message, pos } of document.errors) {
    const said = explainYaml(code, message, source.text, pos[0], pos[1]);
    const line = source.lineAt(said.start);
    if (reported.has(line)) continue;
    reported.add(line);
    findings.error(whole(said.start, said.end), said.message);
  }
  if (document.errors.length > 0) return undefined;
  for (const { pos } of document.warnings) {
    const tag = source.text.slice(pos[0], pos[1]);
    findings.error(whole(pos[0], pos[1]), `the tag ${tag} means nothing here; put a text that starts with ! in quotes`);
  }
  const root = document.contents;
  if (!root || (isScalar(root) && root.value === null)) {
    findings.error(
      whole(0, 0),
      'the file is empty; it needs at least exporters, or what `lnmt-collector sample-config` prints',
    );
    return undefined;
  }
  const tree = new Reader(source, findings).read(root);
  if (tree.kind === 'map') return tree;
  findings.error(
    tree.span,
    `a pipeline file is a map of blocks (receivers, exporters, pipelines, …), not ${tree.kind === 'list' ? 'a list' : 'a single value'}`,
  );
  return undefined;
}

function parse(text: string) {
  try {
    return parseDocument(text, {
      schema: 'core',
      version: '1.2',
      merge: false,
      uniqueKeys: false,
      resolveKnownTags: false,
      prettyErrors: false,
      logLevel: 'error',
    });
  } catch (error) {
    // The parser recurses: thousands of [ in a row end its stack.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

interface Anchored {
  /** Undefined while the anchored value is being read: an alias to it would contain itself. */
  node: Node | undefined;
  values: number;
}

class Reader {
  readonly #source: Source;
  readonly #findings: Findings;
  readonly #anchors = new Map<string, Anchored>();
  #values = 0;
  #depth = 0;
  #tooMany = false;

  constructor(source: Source, findings: Findings) {
    this.#source = source;
    this.#findings = findings;
  }

  read(parsed: ParsedNode | null): Node {
    if (!parsed) return this.#empty(this.#source.text.length);
    if (isAlias(parsed)) return this.#alias(parsed.source, this.#span(parsed));
    const before = this.#values;
    this.#values += 1;
    const anchored: Anchored = { node: undefined, values: 0 };
    if (parsed.anchor !== undefined) this.#anchors.set(parsed.anchor, anchored);
    this.#depth += 1;
    const node = this.#depth > MAX_DEPTH ? this.#tooDeep(this.#span(parsed)) : this.#value(parsed);
    this.#depth -= 1;
    anchored.node = node;
    anchored.values = this.#values - before;
    return node;
  }

  #value(parsed: ParsedNode): Node {
    if (isMap(parsed)) return this.#map(parsed.items, this.#span(parsed));
    if (isSeq(parsed))
      return {
        kind: 'list',
        span: this.#span(parsed),
        items: parsed.items.map((item) => this.read(item as ParsedNode | null)),
      };
    return this.#scalar(parsed as Scalar.Parsed);
  }

  #scalar(scalar: Scalar.Parsed): ScalarNode {
    const span = this.#span(scalar);
    const quoted = scalar.type !== Scalar.PLAIN && scalar.type !== undefined;
    const value: unknown = scalar.value;
    if (!quoted && typeof value === 'string' && /^[“”„‘’‚«»]/.test(value)) {
      this.#findings.hint(
        span,
        'these are typographic quotes, which YAML takes for a part of the text; type " or \' in their place',
      );
    }
    if (typeof value === 'string') return { kind: 'scalar', span, value: unmaskReferences(value), quoted };
    if (typeof value === 'number' || typeof value === 'boolean' || value === null)
      return { kind: 'scalar', span, value, quoted };
    return { kind: 'scalar', span, value: this.#source.text.slice(span.start, span.end), quoted };
  }

  #alias(name: string, span: Span): Node {
    const anchored = this.#anchors.get(name);
    if (!anchored) {
      // The usual reason: a glob. `*.log` is an alias to YAML.
      const glob = /[.*/?]/.test(name);
      const meant = nearest(name, this.#anchors.keys());
      this.#findings.error(
        span,
        glob
          ? `*${name} is read by YAML as an alias; write '*${name}' in quotes`
          : `there is no anchor &${name} before this alias${didYouMean(meant)}`,
        meant,
      );
      return this.#unknown(span);
    }
    if (!anchored.node) {
      this.#findings.error(span, `the value of &${name} contains itself through this alias`);
      return this.#unknown(span);
    }
    if (this.#values + anchored.values > MAX_VALUES) {
      // Once: those that follow are no other mistake.
      if (!this.#tooMany) {
        this.#tooMany = true;
        const most = MAX_VALUES.toLocaleString('en');
        this.#findings.error(span, `the aliases of this file come to more than ${most} values at this one`);
      }
      return this.#unknown(span);
    }
    this.#values += anchored.values;
    return anchored.node;
  }

  #map(items: readonly { key: ParsedNode; value: ParsedNode | null }[], span: Span): MapNode {
    const entries = new Map<string, Entry>();
    const merged: Entry[] = [];
    for (const { key, value } of items) {
      const keySpan = this.#span(key);
      if (isScalar(key) && key.type === Scalar.PLAIN && key.source === '<<') {
        merged.push(...this.#merge(this.read(value), keySpan));
        continue;
      }
      const name = this.#keyOf(key, keySpan);
      // Read also where its key is no use: anchors in it may be wanted.
      const node = value ? this.read(value) : this.#empty(Math.min(keySpan.end + 1, this.#source.text.length));
      if (name === undefined) continue;
      const first = entries.get(name);
      if (first) {
        const { line } = this.#source.positionAt(first.keySpan.start);
        this.#findings.error(
          keySpan,
          `"${name}" is here a second time; the first is on line ${line}: keep one of them`,
        );
        continue;
      }
      entries.set(name, { key: name, keySpan, value: node });
    }
    // What is written in the map itself wins over what it merges; the first of several merged maps wins.
    for (const entry of merged) if (!entries.has(entry.key)) entries.set(entry.key, entry);
    return { kind: 'map', span, entries };
  }

  #merge(node: Node, keySpan: Span): Entry[] {
    if (node.kind === 'map') return [...node.entries.values()];
    if (node.kind === 'list' && node.items.every((item) => item.kind === 'map'))
      return node.items.flatMap((item) => this.#merge(item, keySpan));
    if (!isUnknown(node))
      this.#findings.error(keySpan, '<< merges a map, or a list of maps, such as *anchor; this is neither');
    return [];
  }

  #keyOf(key: ParsedNode, span: Span): string | undefined {
    if (isScalar(key) && key.type === Scalar.PLAIN && /^[\s\u200B]/.test(key.source)) {
      const spaces = /^[\s\u200B]+/.exec(key.source)![0].length;
      this.#findings.error(
        { ...span, end: span.start + spaces },
        'this line is indented with characters that only look like spaces (no-break spaces, from a web page?); type spaces',
      );
      return undefined;
    }
    if (isScalar(key) && key.value !== null)
      return unmaskReferences(typeof key.value === 'string' ? key.value : key.source);
    this.#findings.error(
      span,
      isScalar(key)
        ? 'a key is missing before this colon'
        : 'a key must be a text; put one that has brackets, braces or a leading * in quotes',
    );
    return undefined;
  }

  #tooDeep(span: Span): Node {
    this.#findings.error(span, `nested more than ${MAX_DEPTH} deep`);
    return this.#unknown(span);
  }

  #empty(offset: number): ScalarNode {
    return { kind: 'scalar', span: { source: this.#source, start: offset, end: offset }, value: null, quoted: false };
  }

  #unknown(span: Span): ScalarNode {
    return {
      kind: 'scalar',
      span,
      value: null,
      quoted: false,
      substitution: { text: '', pieces: [], fromOutside: false, missing: true },
    };
  }

  #span({ range }: ParsedNode): Span {
    const [start, end] = range;
    return { source: this.#source, start, end: Math.max(start, end) };
  }
}
