/** What the http exporter sends: events as JSON, as lines of JSON, or in the words of a template. */
import type { Encoded } from '../../component/component.ts';
import type { Event } from '../../component/event.ts';
import { stringifyEvent } from '../../lib/event-json.ts';
import { lineOf } from '../../lib/layout.ts';
import { compileTemplate } from '../../lib/template.ts';

export type Format = 'json' | 'ndjson' | 'text';

export const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  text: 'text/plain; charset=utf-8',
};

/** One event to a request, or where `batched` all in one: JSON as an array, the others as lines. */
export function bodies(
  format: Format,
  template: string | undefined,
  batched: boolean,
): (events: readonly Event[]) => Encoded<string>[] {
  const one = writer(format, template);
  const end = format === 'json' ? '' : '\n';
  if (!batched) return (events) => events.map((event) => ({ request: one(event) + end, events: 1 }));
  const [open, separator, close] = format === 'json' ? ['[', ',', ']'] : ['', '\n', '\n'];
  return (events) =>
    events.length === 0 ? [] : [{ request: open + events.map(one).join(separator) + close, events: events.length }];
}

function writer(format: Format, template: string | undefined): (event: Event) => string {
  if (template === undefined) return format === 'text' ? lineOf : stringifyEvent;
  const render = compileTemplate(template, format === 'text' ? undefined : insideJsonString);
  if (format !== 'ndjson') return (event) => render(event);
  // A template may be written over several lines; white space between JSON tokens means nothing.
  return (event) => render(event).replaceAll(/\s*\n\s*/g, ' ');
}

/** As `JSON.stringify`, without the quotes: a template has its own around the placeholder. */
function insideJsonString(text: string): string {
  return TO_ESCAPE.test(text) ? JSON.stringify(text).slice(1, -1) : text;
}

/** What `JSON.stringify` writes otherwise: quotes, backslashes, control characters, half surrogate pairs. Looking is cheaper than writing. */
const TO_ESCAPE = /["\\\u0000-\u001f\ud800-\udfff]/;
