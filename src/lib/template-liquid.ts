/**
 * Liquid, for templates with filters, conditions and loops.
 *
 * It is imported on first need: 30 ms and some megabytes that most files never use. A template
 * reads nothing but the event: no files, no prototypes; and is stopped when it takes too long.
 * https://liquidjs.com/tutorials/intro-to-liquid.html
 */
import type { Liquid } from 'liquidjs';
import type { FormatProblem } from '../component/catalog.ts';
import { ConfigError } from '../component/errors.ts';
import { newMetadata, type Event } from '../component/event.ts';
import { textOf, timeText } from './template-text.ts';

export type Escape = (text: string) => string;

/** Characters of templates that are parsed, work of one rendering, and its longest time in milliseconds. */
const LIMITS = { parseLimit: 200_000, memoryLimit: 2_000_000, renderLimit: 1_000 };

let loaded: typeof Liquid | undefined;
const engines = new Map<Escape | undefined, Liquid>();

/** How many different escapes keep an engine of their own: exporters have one each. */
const MAX_ENGINES = 32;

/** Resolves once texts that need Liquid can be checked and compiled. */
export async function loadLiquid(): Promise<void> {
  loaded ??= (await import('liquidjs')).default.Liquid;
}

/** What is wrong with a Liquid text, and where. */
export function checkLiquid(text: string): FormatProblem | undefined {
  const engine = engineFor(undefined);
  try {
    engine.parse(text);
    return undefined;
  } catch (error) {
    return problemOf(error, text);
  }
}

/** A rendering that fails, for want of time or memory, says so in its text: nothing of an event is lost by it. */
export function compileLiquid(text: string, escape?: Escape): (event: Event, more?: Record<string, unknown>) => string {
  const engine = engineFor(escape);
  const template = parsed(engine, text);
  return (event, more) => {
    try {
      return String(engine.renderSync(template, scopeOf(event, more)));
    } catch (error) {
      return `(this template failed: ${firstLine(error)})`;
    }
  };
}

function parsed(engine: Liquid, text: string): ReturnType<Liquid['parse']> {
  try {
    return engine.parse(text);
  } catch (error) {
    const { message, offset } = problemOf(error, text);
    throw new ConfigError(message, offset === undefined ? {} : { offset });
  }
}

function engineFor(escape: Escape | undefined): Liquid {
  if (!loaded)
    throw new Error(
      'Liquid is not loaded yet: await loadLiquid() before templates that need it are checked or compiled',
    );
  const known = engines.get(escape);
  if (known) return known;
  const engine = new loaded({
    ...LIMITS,
    strictFilters: true,
    ownPropertyOnly: true,
    // In place of the file system: a template includes nothing.
    templates: {},
    outputEscape: escape ? (value: unknown) => escape(textOf(value)) : textOf,
  });
  if (engines.size >= MAX_ENGINES) engines.clear();
  engines.set(escape, engine);
  return engine;
}

/** A bare name is a metadata key, as in a field path; `more` goes before those, the event's own fields before all. */
function scopeOf(event: Event, more: Record<string, unknown> | undefined): object {
  return Object.assign(newMetadata(), event.metadata, more, {
    event_id: event.eventId,
    timestamp: timeText(event.timestamp),
    event_type: event.eventType,
    level: event.level,
    source: event.source,
    title: event.title,
    message: event.message,
    metadata: event.metadata,
    tags: event.tags,
  });
}

/** Liquid's errors carry the token at fault, and end with its line and column. */
function problemOf(error: unknown, text: string): { message: string; offset?: number; length?: number } {
  const message = `this is no template: ${firstLine(error).replace(/, line:\d+, col:\d+$/, '')}`;
  if (!(error instanceof Error) || !('token' in error)) return { message };
  const { begin, end } = (error.token ?? {}) as { begin?: unknown; end?: unknown };
  if (typeof begin !== 'number' || begin > text.length) return { message };
  return typeof end === 'number' && end > begin
    ? { message, offset: begin, length: end - begin }
    : { message, offset: begin };
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0]!;
}
