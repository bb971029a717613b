/**
 * What of an event people are shown, and in which words: shared by the exporters whose readers are people.
 */
import type { Event, Level } from '../component/event.ts';
import { rfc3339 } from './event-json.ts';
import { textOf } from './template-text.ts';
import { visibleLine } from './visible.ts';

/** One colour a level, dark enough to be read on white and light enough on black. */
export const LEVEL_COLORS: Readonly<Record<Level, string>> = {
  debug: '#8a94a6',
  info: '#2f7fd1',
  warning: '#e0900c',
  error: '#d93a2b',
  critical: '#9b1c2e',
};

/** Metadata that says how an event came in, not what it says; structured and raw parts that would fill a message. */
const PLUMBING = new Set([
  'raw',
  'remote',
  'severity',
  'facility',
  'priority_defaulted',
  'year_inferred',
  'structured_data',
  'time_unix_nano',
]);
/** Shown in the context line rather than as fields. */
const ORIGIN = new Set(['hostname', 'host', 'appname', 'procid', 'msgid']);

/** Numbers of a report, or of a summary of what a limit held back: its title and message say them all. */
const DIGEST = new Set(['report', 'suppressed', 'first', 'last', 'key', 'by_level', 'by_source', 'top_titles']);

/** Whether the event sums up others in its message. */
export function isDigest({ eventType, tags }: Event): boolean {
  return eventType === 'report' || tags.includes('suppressed');
}

/** The message, unless the title says all of it already. */
export function bodyOf(event: Event): string {
  const { title, message } = event;
  return message === title || message === '' ? '' : message;
}

/** Names and printed values of the metadata worth showing, in their order; nested objects two levels deep as `outer.middle.inner`. */
export function detailsOf(event: Event): [name: string, value: string][] {
  const details: [string, string][] = [];
  for (const [name, value] of Object.entries(event.metadata)) {
    if (PLUMBING.has(name) || ORIGIN.has(name)) continue;
    if (DIGEST.has(name) && isDigest(event)) continue;
    addDetail(details, name, value);
  }
  return details;
}

/** All of the metadata, as names and printed values; nested objects two levels deep as `outer.middle.inner`. */
export function allDetailsOf(event: Event): [name: string, value: string][] {
  const details: [string, string][] = [];
  for (const [name, value] of Object.entries(event.metadata)) addDetail(details, name, value);
  return details;
}

/** Syslog's structured data is two levels deep. */
const MAX_DEPTH = 2;

function addDetail(details: [string, string][], name: string, value: unknown, depth = 0): void {
  if (depth === MAX_DEPTH || typeof value !== 'object' || value === null || Array.isArray(value)) {
    const text = safeTextOf(value);
    if (text !== '') details.push([name, text]);
    return;
  }
  for (const [inner, item] of Object.entries(value)) addDetail(details, `${name}.${inner}`, item, depth + 1);
}

/** `textOf` for values that JSON cannot hold too. */
function safeTextOf(value: unknown): string {
  try {
    return textOf(value);
  } catch {
    return '[cannot be shown]';
  }
}

/** `nginx · web-1 · 812`: source, host and process, each once. */
export function originOf(event: Event): string[] {
  const { hostname, host, appname, procid } = event.metadata;
  const parts = [event.source];
  const name = typeof hostname === 'string' ? hostname : host;
  if (typeof name === 'string') parts.push(name);
  if (typeof appname === 'string') parts.push(appname);
  const seen = [...new Set(parts.filter((part) => part !== ''))];
  if (typeof procid === 'string' || typeof procid === 'number') seen.push(`pid ${procid}`);
  return seen;
}

/** `daemon.err` as syslog writes it; undefined for what did not come from syslog. */
export function priorityOf(event: Event): string | undefined {
  const { facility, severity } = event.metadata;
  return typeof facility === 'string' && typeof severity === 'string' ? `${facility}.${severity}` : undefined;
}

/** One readable line: `2026-01-15T12:00:00.000Z WARNING nginx: title | message key=value #tag`. */
export function lineOf(event: Event): string {
  const body = bodyOf(event);
  // A syslog title is the message's beginning: the message says it again.
  const text = body.startsWith(event.title) ? body : body === '' ? event.title : `${event.title} | ${body}`;
  let line = `${rfc3339(event.timestamp)} ${event.level.toUpperCase().padEnd(8)} ${visibleLine(event.source)}: ${visibleLine(text.trimEnd())}`;
  for (const [name, value] of allDetailsOf(event)) if (name !== 'raw') line += ` ${keyValue(name, value)}`;
  for (const tag of event.tags) line += ` #${visibleLine(tag)}`;
  return line;
}

/** `name=value`, quoted where a reader could not tell where it ends. */
export function keyValue(name: string, value: string): string {
  return `${visibleLine(name)}=${/^[^\s"=]+$/.test(value) ? visibleLine(value) : `"${visibleLine(value).replaceAll('"', '\\"')}"`}`;
}
