/**
 * The STRUCTURED-DATA of RFC 5424: what the event came with, then the event's own fields.
 *
 *     [origin ip="192.0.2.1"][lnmt@32473 id="…" type="custom" tags="prod,web"][meta@32473 status="503"]
 *
 * 32473 is the enterprise number that RFC 5612 sets aside for documentation.
 */
import type { Event } from '../../component/event.ts';

const OWN = 'lnmt@32473';
const META = 'meta@32473';

/** Metadata that the header has already, or that repeats the message. */
const IN_HEADER = new Set(['facility', 'severity', 'hostname', 'appname', 'procid', 'msgid', 'structured_data', 'raw']);

/** The elements, or `-`. An event that already carries ours, from another collector, keeps those. */
export function structuredData(event: Event, eventFields: boolean, received = true): string {
  const { metadata } = event;
  let elements = '';
  const given = metadata['structured_data'];
  if (received && isObject(given)) {
    for (const id of Object.keys(given)) {
      const params = given[id];
      elements += `[${name(id)}${isObject(params) ? parameters(params) : ''}]`;
    }
    if (OWN in given) return elements;
  }
  if (eventFields) {
    elements += `[${OWN}${parameter('id', event.eventId)}${parameter('type', event.eventType)}`;
    elements += event.tags.length > 0 ? `${parameter('tags', event.tags.join(','))}]` : ']';
    const own = parameters(metadata, IN_HEADER);
    if (own !== '') elements += `[${META}${own}]`;
  }
  return elements === '' ? '-' : elements;
}

function parameters(values: Readonly<Record<string, unknown>>, leftOut?: ReadonlySet<string>): string {
  let text = '';
  for (const key of Object.keys(values)) {
    if (leftOut?.has(key)) continue;
    const value = values[key];
    // A parameter may repeat: receivers keep its values as a list.
    if (Array.isArray(value)) for (const item of value) text += plain(key, item);
    else text += plain(key, value);
  }
  return text;
}

function plain(key: string, value: unknown): string {
  if (typeof value === 'string') return parameter(key, value);
  const isPlain = typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint';
  return isPlain ? parameter(key, String(value)) : '';
}

function parameter(key: string, value: string): string {
  return ` ${name(key)}="${/["\\\]]/.test(value) ? value.replaceAll(/["\\\]]/g, String.raw`\$&`) : value}"`;
}

/** SD-NAME: 1 to 32 printable US-ASCII characters without `=`, `]`, `"` and blanks. */
function name(text: string): string {
  return text === '' ? '_' : text.slice(0, 32).replaceAll(/[^\x21-\x7e]|[="\]]/g, '_');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
