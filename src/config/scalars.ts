/**
 * Single values: what a text from outside means where a number or a boolean is wanted, and why a
 * value as YAML read it will not do.
 */
import type { Field } from '../component/schema.ts';
import { parseDuration } from '../lib/duration.ts';
import { parseSize } from '../lib/size.ts';
import type { Span } from './source.ts';
import type { Node } from './tree.ts';

type ScalarField = Extract<Field, { type: 'string' | 'number' | 'integer' | 'boolean' }>;
type Unquoted = Exclude<ScalarField, { type: 'string' }>;

const BOOLEANS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  '1': true,
  false: false,
  no: false,
  off: false,
  '0': false,
};

const NUMBER = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/;

/** What a substituted text comes to; undefined where it is not of the option's type. */
export function fromText(field: Unquoted, text: string): number | boolean | undefined {
  const trimmed = text.trim();
  if (field.type === 'boolean')
    return Object.hasOwn(BOOLEANS, trimmed.toLowerCase()) ? BOOLEANS[trimmed.toLowerCase()] : undefined;
  if (field.format === 'duration') return parseDuration(trimmed);
  if (field.format === 'size') return parseSize(trimmed);
  if (!NUMBER.test(trimmed)) return undefined;
  const value = Number(trimmed);
  return field.type === 'integer' && !Number.isSafeInteger(value) ? undefined : value;
}

/** Passes for a value that is not at hand (`validate --no-secrets`). */
export function standIn(field: ScalarField): unknown {
  if (field.type === 'string')
    return field.enum?.[0] ?? (field.format === undefined ? 'not-at-hand' : (TEXTS[field.format] ?? 'not-at-hand'));
  if (field.type === 'boolean') return field.default ?? false;
  return field.default ?? field.minimum ?? (field.exclusiveMinimum ?? 0) + 1;
}

const TEXTS: Readonly<Record<string, string>> = {
  uri: 'https://not-at-hand.invalid/',
  address: 'not-at-hand.invalid:1',
  listen: 'tcp://127.0.0.1:1',
  email: 'not-at-hand@example.invalid',
  expression: 'true',
  field: 'source',
};

/** The rest of the sentence `port …`; `written` is the value as it is written, undefined where it must not be shown. */
export function whyNot(field: ScalarField, node: Node, written: string | undefined): string {
  const wanted = wantedBy(field);
  if (node.kind === 'list') return `takes ${wanted}, not a list`;
  if (node.kind === 'map') {
    const template = field.type === 'string' && node.span.source.text.startsWith('{', node.span.start);
    return `takes ${wanted}, not a map${template ? '; put a text that starts with { in quotes' : ''}`;
  }
  const { value, substitution, quoted, span } = node;
  if (value === null && span.end === span.start)
    return comment(node) ?? `has no value; it takes ${wanted}: write one, or remove the line`;
  if (substitution?.fromOutside) return `takes ${wanted}, and ${written ?? 'what is filled in here'} holds none`;
  const shown = written ?? 'this';
  if (field.type === 'string') {
    const read = value === null ? 'nothing at all' : typeof value === 'boolean' ? 'a boolean' : 'a number';
    return `takes a text, but YAML reads ${shown} as ${read}; write ${written === undefined ? 'it in quotes' : `'${written}' in quotes`}`;
  }
  const text = typeof value === 'string' ? value : undefined;
  if (field.type === 'boolean' && text !== undefined) {
    const meant = fromText(field, text);
    if (meant === undefined) return `takes true or false, not ${shown}`;
    if (quoted) return `takes ${meant}, without quotes`;
    return `takes true or false, and YAML 1.2 reads ${shown} as a text; write ${meant}`;
  }
  if (text !== undefined && quoted && fromText(field, text) !== undefined)
    return `takes ${wanted}, without quotes: write ${text.trim()}`;
  if (
    field.type !== 'boolean' &&
    field.format === 'size' &&
    text !== undefined &&
    /^\d+(?:\.\d+)?\s*[kmgt]$/i.test(text)
  ) {
    return `takes a size with its whole unit: write ${text.toUpperCase()}iB (1024) or ${text.toUpperCase()}B (1000)`;
  }
  return `takes ${wanted}, not ${shown}`;
}

function wantedBy(field: ScalarField): string {
  if (field.type === 'string') return field.enum ? `one of ${field.enum.join(', ')}` : 'a text';
  if (field.type === 'boolean') return 'true or false';
  if (field.format === 'duration') return 'a duration such as 30s, 5m or 1h';
  if (field.format === 'size') return 'a size such as 64KiB or 10MB';
  return field.type === 'integer' ? 'a whole number' : 'a number';
}

/** `channel: #alerts`: to YAML a key without a value, and a comment. */
export function commentAfter({ source, start }: Span): Span | undefined {
  const { text } = source;
  const lineStart = source.lineStart(source.lineAt(Math.max(0, start - 1)));
  const from = text.lastIndexOf(':', start);
  const found = from < lineStart ? null : /^:[ \t]+(#\S[^\r\n]*)/.exec(text.slice(from, from + 400));
  const at = found ? from + found[0].length - found[1]!.length : 0;
  return found ? { source, start: at, end: at + found[1]!.trimEnd().length } : undefined;
}

function comment({ span }: Node): string | undefined {
  const found = commentAfter(span);
  const text = found?.source.text.slice(found.start, found.end);
  return text === undefined ? undefined : `has no value: YAML reads ${text} as a comment; write '${text}' in quotes`;
}
