/**
 * An event as a Telegram message: level and title in bold, the message, the details worth showing,
 * and where it came from. A message has 4,096 characters once its markup is taken out.
 *
 * https://core.telegram.org/bots/api#html-style
 */
import type { Event, Level } from '../../component/event.ts';
import { rfc3339 } from '../../lib/event-json.ts';
import { bodyOf, detailsOf, originOf, priorityOf } from '../../lib/layout.ts';
import type { Template } from '../../lib/template.ts';
import { cut } from '../../lib/visible.ts';

const MAX_TEXT = 4_096;
const MAX_TITLE = 300;
const MAX_BODY = 2_500;
const MAX_NAME = 60;
const MAX_VALUE = 200;
const MAX_ORIGIN = 300;

/** There are no colours in Telegram. */
const MARKS: Readonly<Record<Level, string>> = { debug: '⚪', info: '🔵', warning: '🟠', error: '🔴', critical: '🚨' };

const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]|\p{Cs}/gu;

/** Text from events as Telegram shows it: no markup, and no mention of anybody. */
export function escapeHtml(text: string): string {
  return escaped(unmentioned(plain(text)));
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function plain(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(CONTROL, '');
}

/** A word joiner keeps @names from calling their owners. */
function unmentioned(text: string): string {
  return text.replaceAll(/(?<!\w)@(?=\w)/g, '@\u2060');
}

/** The default layout. */
export function htmlOf(event: Event): string {
  const parts: string[] = [];
  let left = MAX_TEXT;
  // Lengths are of what is shown: tags and escapes do not count.
  const add = (text: string, max: number, tag?: 'b' | 'i' | 'pre'): void => {
    // In a block nothing is a mention, and all can be copied as it is.
    const piece = cut(tag === 'pre' ? plain(text) : unmentioned(plain(text)), Math.min(max, left - 1));
    if (piece.trim() === '' || left <= 10) return;
    left -= piece.length + 1;
    parts.push(tag === undefined ? escaped(piece) : `<${tag}>${escaped(piece)}</${tag}>`);
  };
  const title = event.title.replaceAll(/\s+/g, ' ').trim();
  add(`${MARKS[event.level]} ${event.level.toUpperCase()}${title === '' ? '' : ` · ${title}`}`, MAX_TITLE, 'b');
  const body = bodyOf(event).trimEnd();
  add(body, MAX_BODY, body.includes('\n') ? 'pre' : undefined);
  const origin = cut(originLine(event), MAX_ORIGIN);
  const room = left - origin.length - 20;
  let used = 0;
  for (const [name, value] of detailsOf(event)) {
    const line = `${cut(name, MAX_NAME)}: ${cut(value, MAX_VALUE)}`.replaceAll(/\s+/g, ' ');
    used += unmentioned(line).length + 1;
    if (used > room) {
      add('…', 1);
      break;
    }
    add(line, MAX_TEXT);
  }
  add(origin, MAX_ORIGIN, 'i');
  return parts.join('\n');
}

/** The template's text; one that is too long is cut, and loses its markup. */
export function templated(event: Event, template: Template): string {
  const html = template(event).trim();
  if (html === '') return htmlOf(event);
  if (html.length <= MAX_TEXT) return html;
  const text = html
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
  return text.length <= MAX_TEXT ? html : escaped(cut(text, MAX_TEXT));
}

function originLine(event: Event): string {
  const parts = originOf(event);
  parts.push(`${rfc3339(event.timestamp).slice(0, 19).replace('T', ' ')} UTC`);
  if (event.eventType !== 'custom') parts.push(event.eventType);
  const priority = priorityOf(event);
  if (priority !== undefined) parts.push(priority);
  if (event.tags.length > 0) parts.push(event.tags.map((tag) => `#${tag}`).join(' '));
  return parts.join(' · ');
}
