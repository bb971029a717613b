/**
 * Index names with values of an event in them. An event's text must not choose where it is written:
 * what is not a letter, digit, `.`, `_` or `-` becomes `-`, and a name that is still none is refused.
 *
 * https://www.elastic.co/guide/en/elasticsearch/reference/current/indices-create-index.html
 */
import type { Event } from '../../component/event.ts';
import { rfc3339 } from '../../lib/event-json.ts';
import { compileTemplate } from '../../lib/template.ts';

/** `{date}` is the event's day in UTC, as 2026.01.31. A value from the event is cleaned; the rest is as it was written. */
export function indexNamer(template: string): (event: Event) => string {
  const render = compileTemplate(template, clean);
  return (event) => render(event, { date: rfc3339(event.timestamp).slice(0, 10).replaceAll('-', '.') });
}

function clean(value: string): string {
  return value
    .slice(0, 128)
    .toLowerCase()
    .replaceAll(/[^\p{Ll}\p{Lo}\p{N}._-]+/gu, '-');
}

/** Why `name` can be no index; undefined if it can. */
export function problemWithIndex(name: string): string | undefined {
  if (name === '') return 'the index name is empty';
  if (Buffer.byteLength(name) > 255) return 'the index name is longer than 255 bytes';
  if (name === '.' || name === '..' || /^[-_+.]/.test(name)) return 'the index name begins with one of - _ + .';
  if (/[\\/*?"<>| ,#:\p{Cc}]/u.test(name))
    return 'the index name has a character that none may have: \\ / * ? " < > | , # : or a blank';
  if (name !== name.toLowerCase()) return 'the index name has capital letters';
  return undefined;
}
