/**
 * From the tree to the values a schema speaks of: durations to milliseconds, sizes to bytes, single
 * items to lists, what `${…}` brought in to the type of its option. It knows how a value is written,
 * so what it refuses it refuses in those terms; the rules between values are Ajv's.
 */
import type { Catalog } from '../component/catalog.ts';
import type { Field } from '../component/schema.ts';
import { parseDuration, secondsToMs } from '../lib/duration.ts';
import { parseSize } from '../lib/size.ts';
import type { Findings } from './findings.ts';
import { writtenOffset } from './scalar-offsets.ts';
import type { Span } from './source.ts';
import { isSecretHeader, looksLikePlaceholder, looksSecretUrl } from './secrets.ts';
import { didYouMean } from './suggest.ts';
import { isUnknown, plainOf, type ListNode, type MapNode, type Node, type Path, type ScalarNode } from './tree.ts';
import { commentAfter, fromText, standIn, whyNot } from './scalars.ts';

export interface Prepared {
  readonly value: unknown;
  /** JSON pointers of values about which all is said: already refused, or not at hand. */
  readonly settled: ReadonlySet<string>;
}

/** `node` as `field` has it. What cannot be had is null, and among the settled. */
export function prepare(field: Field, node: Node, formats: Catalog['formats'], findings: Findings): Prepared {
  const settled = new Set<string>();
  const value = new Preparation(formats, findings, settled).any(field, node, [], false);
  return { value, settled };
}

export function pointer(path: Path): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** `retry.max_interval`, `to_emails[0]`. */
export function pathText(path: Path): string {
  let text = '';
  for (const step of path) text += typeof step === 'number' ? `[${step}]` : text === '' ? step : `.${step}`;
  return text;
}

class Preparation {
  readonly #formats: Catalog['formats'];
  readonly #findings: Findings;
  readonly #settled: Set<string>;

  constructor(formats: Catalog['formats'], findings: Findings, settled: Set<string>) {
    this.#formats = formats;
    this.#findings = findings;
    this.#settled = settled;
  }

  any(field: Field, node: Node, path: Path, secret: boolean): unknown {
    if (isAnyType(field)) return plainOf(node);
    if (isUnknown(node) && (field.type === 'object' || field.type === 'array')) {
      this.#settled.add(pointer(path));
      return field.type === 'array' ? [] : null;
    }
    switch (field.type) {
      case 'object':
        return this.#object(field, node, path);
      case 'array':
        return this.#list(field, node, path, secret);
      default:
        return this.#scalar(field, node, path, secret || ('writeOnly' in field && field.writeOnly === true));
    }
  }

  #object(field: Extract<Field, { type: 'object' }>, node: Node, path: Path): unknown {
    const value = Object.create(null) as Record<string, unknown>;
    // A key with everything below it commented out.
    if (node.kind === 'scalar' && node.value === null) return value;
    if (node.kind !== 'map')
      return this.#refuse(node, path, `${name(path)} takes a map of options, not ${kindOf(node)}`);
    const headers = path.at(-1) === 'headers';
    for (const [key, entry] of node.entries) {
      const inner = [...path, key];
      if (!('properties' in field)) {
        // Most headers are no secret, whatever their schema says to be safe: hiding `LNMT` would hide it everywhere.
        const item = headers ? { type: 'string' as const } : field.additionalProperties;
        value[key] = this.any(item, entry.value, inner, headers && isSecretHeader(key, textOf(entry.value)));
      } else if (Object.hasOwn(field.properties, key))
        value[key] = this.any(field.properties[key]!, entry.value, inner, false);
      else value[key] = null; // Ajv says that it is unknown.
    }
    return value;
  }

  #list(field: Extract<Field, { type: 'array' }>, node: Node, path: Path, secret: boolean): unknown {
    if (node.kind === 'list')
      return node.items.map((item, index) => this.any(field.items, item, [...path, index], secret));
    if (node.kind === 'scalar' && node.value === null) return [];
    if (field.orOne && (node.kind === 'scalar' || field.items.type === 'object'))
      return [this.any(field.items, node, [...path, 0], secret)];
    const how =
      node.kind === 'scalar' &&
      !node.substitution &&
      node.span.source.lineAt(node.span.start) === node.span.source.lineAt(node.span.end)
        ? `: write [${written(node)}]`
        : '';
    return this.#refuse(node, path, `${name(path)} takes a list, not ${kindOf(node)}${secret ? '' : how}`);
  }

  #scalar(
    field: Extract<Field, { type: 'string' | 'number' | 'integer' | 'boolean' }>,
    node: Node,
    path: Path,
    secret: boolean,
  ): unknown {
    if (node.kind !== 'scalar') return this.#refuse(node, path, `${name(path)} ${whyNot(field, node, undefined)}`);
    if (secret) this.#keepSecret(node, path, field.type === 'string' && field.format === 'uri');
    const { substitution } = node;
    if (substitution?.missing) {
      this.#settled.add(pointer(path));
      return standIn(field);
    }
    if (field.type === 'string') {
      const text = substitution ? substitution.text : node.value;
      if (typeof text !== 'string')
        return this.#refuse(node, path, `${name(path)} ${whyNot(field, node, secret ? undefined : written(node))}`);
      this.#checkFormat(field.format, text, node, path, secret);
      return text;
    }
    const value = substitution?.fromOutside ? fromText(field, substitution.text) : fromYaml(field, node);
    return (
      value ?? this.#refuse(node, path, `${name(path)} ${whyNot(field, node, secret ? undefined : written(node))}`)
    );
  }

  #checkFormat(
    format: keyof Catalog['formats'] | undefined,
    text: string,
    node: ScalarNode,
    path: Path,
    secret: boolean,
  ): void {
    const problem = format && this.#formats[format]?.(text);
    if (!problem) return;
    const { message, offset, length = 1, suggestion } = problem;
    const { source, start: valueStart, end: valueEnd } = node.span;
    const start = offset === undefined ? valueStart : writtenOffset(node, offset);
    const end = offset === undefined ? valueEnd : Math.max(start + 1, writtenOffset(node, offset + length));
    const said = `${name(path)}: ${message}`;
    const more = secret || message.includes('did you mean') ? '' : didYouMean(suggestion);
    this.#settled.add(pointer(path));
    this.#findings.error(
      { source, start: Math.min(start, source.text.length), end },
      secret ? this.#findings.secrets.maskedMessage(said, text) : said + more,
      secret ? undefined : suggestion,
    );
  }

  #keepSecret(node: ScalarNode, path: Path, isUrl: boolean): void {
    const { secrets } = this.#findings;
    secrets.addSpan(node.span);
    const { substitution } = node;
    if (node.value === null) return;
    if (!substitution?.missing) {
      const text = substitution ? substitution.text : String(node.value);
      secrets.addValue(text);
      // `Bearer TOKEN`: the token alone is no less of a secret.
      const token = /^(?:Bearer|Basic|Token|Splunk|ApiKey)\s+(\S+)$/i.exec(text)?.[1];
      if (token !== undefined) secrets.addValue(token);
    }
    let inClear = !substitution;
    for (const piece of substitution?.pieces ?? []) {
      if (piece.fromOutside) secrets.addValue(piece.text);
    }
    if (substitution && !substitution.pieces.some((piece) => piece.fromOutside) && !substitution.missing)
      inClear = true;
    const harmless = looksLikePlaceholder(String(node.value)) || (isUrl && !looksSecretUrl(String(node.value)));
    if (inClear && !harmless) {
      const variable =
        path
          .filter((step) => typeof step === 'string')
          .at(-1)
          ?.toString()
          .toUpperCase()
          .replace(/\W+/g, '_') ?? 'SECRET';
      this.#findings.secretInClear(
        node.span,
        `${name(path)} is a secret written in the clear; keep it out of the file with \${env:${variable}} or \${file:/run/secrets/${variable.toLowerCase()}}`,
      );
    }
  }

  #refuse(node: Node, path: Path, message: string): null {
    this.#settled.add(pointer(path));
    this.#findings.error(shortSpan(node), message);
    return null;
  }
}

function textOf(node: Node): string {
  return node.kind === 'scalar' ? String(node.substitution?.text ?? node.value) : '';
}

function isAnyType(field: Field): field is Extract<Field, { type: readonly unknown[] }> {
  return typeof field.type !== 'string';
}

function fromYaml(
  field: { readonly type: 'number' | 'integer' | 'boolean'; readonly format?: 'duration' | 'size' },
  { value }: ScalarNode,
): number | boolean | undefined {
  if (field.type === 'boolean') return typeof value === 'boolean' ? value : undefined;
  if (typeof value === 'string') {
    if (field.format === 'duration') return parseDuration(value);
    return field.format === 'size' ? parseSize(value) : undefined;
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  if (field.format === 'duration') return secondsToMs(value);
  if (field.type === 'integer' || field.format === 'size') return Number.isSafeInteger(value) ? value : undefined;
  return value;
}

function name(path: Path): string {
  return path.length === 0 ? 'this' : pathText(path);
}

function kindOf(node: ListNode | MapNode | ScalarNode): string {
  if (node.kind !== 'scalar') return node.kind === 'list' ? 'a list' : 'a map';
  return node.substitution?.fromOutside
    ? 'a value from outside'
    : typeof node.value === 'string'
      ? 'a text'
      : 'a single value';
}

function written({ span }: ScalarNode): string {
  const text = span.source.text.slice(span.start, span.end);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

/** A list or a map is pointed at by its beginning; an empty value by the comment in its place, or by what is before it. */
export function shortSpan({ kind, span }: Node): Span {
  const { source, start, end } = span;
  if (kind !== 'scalar') return { source, start, end: start + 1 };
  if (end > start) return span;
  const comment = commentAfter(span);
  if (comment) return comment;
  let before = start - 1;
  while (before > 0 && /\s/.test(source.text[before]!)) before -= 1;
  return { source, start: Math.max(0, before), end: Math.max(0, before) + 1 };
}
