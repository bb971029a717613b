/**
 * Templates: texts with values of an event in them.
 *
 * `{level}`, `{title}` and `{metadata.host}` as LNMT documents them; other braces stay as they are
 * written, so that JSON can be written around them. A text with `{{` or `{%` in it is Liquid, where
 * single braces mean nothing. A value that is not there is an empty text.
 */
import type { FormatProblem } from '../component/catalog.ts';
import type { Event } from '../component/event.ts';
import { fieldReader, isFieldPath, OWN_FIELDS, type FieldReader } from './field-path.ts';
import { textOf, timeText } from './template-text.ts';
import { checkLiquid, compileLiquid, type Escape } from './template-liquid.ts';

/** `more` are names beside the event's, such as `count`; they go before metadata keys, not before the event's own fields. */
export type Template = (event: Event, more?: Record<string, unknown>) => string;

export { loadLiquid } from './template-liquid.ts';

const PLACEHOLDER = /\{([A-Za-z_][^{}\s]*)\}/g;
const SIMPLE_OUTPUT = /\{\{-?\s*([A-Za-z_][\w.]*)\s*-?\}\}/g;
const MAX_LENGTH = 64 * 1024;

/** Liquid's own words: never names of fields. */
const WORDS = new Set(['true', 'false', 'nil', 'null', 'empty', 'blank', 'forloop', 'tablerowloop', 'continue']);

/** Whether `text` can only be checked and compiled once `loadLiquid` has been awaited. */
export function needsLiquid(text: string): boolean {
  return isLiquid(text) && simpleParts(text) === undefined;
}

/** What is wrong with `text` as a template; undefined if nothing is. Throws if it needs Liquid, and that is not loaded. */
export function checkTemplate(text: string): FormatProblem | undefined {
  if (text.length > MAX_LENGTH) return { message: `a template has at most ${MAX_LENGTH} characters` };
  return needsLiquid(text) ? checkLiquid(text) : undefined;
}

/**
 * Compiles a template. `escape` is applied to the values, not to the text around them. Throws a
 * plain Error if the text needs Liquid, and that is not loaded.
 */
export function compileTemplate(text: string, escape?: Escape): Template {
  const parts = templateParts(text);
  return parts ? joined(parts, escape) : compileLiquid(text, escape);
}

/** The text and the values of a template in their order; undefined for one that does more than put out values. */
export function templateParts(text: string): Part[] | undefined {
  return isLiquid(text) ? simpleParts(text) : placeholderParts(text);
}

function isLiquid(text: string): boolean {
  return text.includes('{{') || text.includes('{%');
}

interface Value {
  readonly name: string;
  /** Undefined where only `more` can have it: then the text stays as it was written. */
  readonly read: FieldReader | undefined;
  /** Whether `more` may have the name. */
  readonly open: boolean;
  readonly written: string;
}

export type Part = string | Value;

function placeholderParts(text: string): Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const match of text.matchAll(PLACEHOLDER)) {
    const name = match[1]!;
    if (!isFieldPath(name)) continue;
    const known = OWN_FIELDS.has(name) || name.startsWith('metadata.') || name === 'metadata';
    if (match.index > end) parts.push(text.slice(end, match.index));
    parts.push({ name, read: known ? templateReader(name) : undefined, open: !known, written: match[0] });
    end = match.index + match[0].length;
  }
  if (end < text.length) parts.push(text.slice(end));
  return parts;
}

/** The parts of a Liquid text that only puts out fields; undefined if it does more than that. */
function simpleParts(text: string): Part[] | undefined {
  if (text.includes('{%')) return undefined;
  const parts: Part[] = [];
  let end = 0;
  for (const match of text.matchAll(SIMPLE_OUTPUT)) {
    const name = match[1]!;
    if (match[0].includes('{{-') || match[0].includes('-}}')) return undefined;
    if (!isFieldPath(name) || WORDS.has(name) || /\.(size|first|last)$/.test(name)) return undefined;
    if (match.index > end) parts.push(text.slice(end, match.index));
    const open = !OWN_FIELDS.has(name) && !name.startsWith('metadata.') && name !== 'metadata' && !name.includes('.');
    if (name.includes('.') && !name.startsWith('metadata.')) return undefined;
    parts.push({ name, read: templateReader(name), open, written: match[0] });
    end = match.index + match[0].length;
  }
  if (end < text.length) parts.push(text.slice(end));
  return parts.some((part) => typeof part === 'string' && part.includes('{{')) ? undefined : parts;
}

function templateReader(name: string): FieldReader {
  return name === 'timestamp' ? (event) => timeText(event.timestamp) : fieldReader(name);
}

function joined(parts: readonly Part[], escape: Escape | undefined): Template {
  const [only] = parts;
  if (only === undefined) return () => '';
  const print = escape ? (value: unknown) => escape(textOf(value)) : textOf;
  if (parts.every((part) => typeof part === 'string')) {
    const text = parts.join('');
    return () => text;
  }
  const renderers = parts.map((part) => renderer(part, print));
  if (renderers.length === 1) return renderers[0]!;
  return (event, more) => {
    let text = '';
    for (let index = 0; index < renderers.length; index += 1) text += renderers[index]!(event, more);
    return text;
  };
}

function renderer(part: Part, print: (value: unknown) => string): Template {
  if (typeof part === 'string') return () => part;
  const { name, read, open, written } = part;
  if (read && !open) return (event) => print(read(event));
  return (event, more) => {
    if (more && Object.hasOwn(more, name)) return print(more[name]);
    return read ? print(read(event)) : written;
  };
}
