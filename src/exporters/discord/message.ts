/**
 * Events as one Discord message: an embed each, with the level's colour bar, the message, the
 * details worth showing, and where it came from.
 *
 * Sizes: 10 embeds; title 256, description 4,096, 25 fields of 256 and 1,024, footer 2,048; 6,000
 * characters across all embeds of a message. https://docs.discord.com/developers/resources/message#embed-object-embed-limits
 */
import type { Event } from '../../component/event.ts';
import { rfc3339 } from '../../lib/event-json.ts';
import { bodyOf, detailsOf, LEVEL_COLORS, originOf, priorityOf } from '../../lib/layout.ts';
import { reportParts, type ReportList } from '../../lib/report-parts.ts';
import type { Template } from '../../lib/template.ts';
import { cut } from '../../lib/visible.ts';
import { cutMarkdown, escapeMarkdown, paragraph, plain } from './markdown.ts';

export const MAX_EMBEDS = 10;
/** Characters of all embeds of a message. */
export const MAX_TOTAL = 6_000;
const MAX_TITLE = 256;
const MAX_TEMPLATE = 4_096;
/** Leaves room for fields. */
const MAX_MESSAGE = 3_000;
const MAX_FIELDS = 25;
const MAX_NAME = 100;
const MAX_VALUE = 500;
const MAX_FOOTER = 500;
/** Names of details that were left out. */
const MAX_REST = 300;
/** A report has four lists at the most; a field's value has 1,024 characters. */
const MAX_LISTS = 4;
const MAX_LIST = 1_024;
/** Wider values get a line of their own. */
const INLINE = 40;

export interface Embed {
  readonly title?: string;
  readonly description?: string;
  readonly color: number;
  readonly fields?: readonly Field[];
  readonly footer?: { readonly text: string };
  readonly timestamp: string;
}

interface Field {
  readonly name: string;
  readonly value: string;
  readonly inline: boolean;
}

/** The event as Discord shows it; a template's text stands in place of title, message and details. */
export function embedOf(event: Event, template?: Template): Embed {
  const color = Number.parseInt(LEVEL_COLORS[event.level].slice(1), 16);
  const timestamp = rfc3339(event.timestamp);
  const text = template ? cutMarkdown(template(event).trim(), MAX_TEMPLATE) : '';
  if (text !== '') return { description: text, color, timestamp };
  const heading = escapeMarkdown(event.title.replaceAll(/\s+/g, ' ').trim());
  const title = cutMarkdown([event.level.toUpperCase(), heading].filter((part) => part !== '').join(' · '), MAX_TITLE);
  const report = reportParts(event);
  const body = report ? report.intro.join('\n') : bodyOf(event);
  const description =
    body.trim() === ''
      ? undefined
      : report
        ? cutMarkdown(escapeMarkdown(body), MAX_MESSAGE)
        : paragraph(body, MAX_MESSAGE);
  const footer = footerOf(event);
  const lists = report ? report.lists.slice(0, MAX_LISTS).map(listField) : [];
  const used = [title, description ?? '', footer, ...lists.flatMap(({ name, value }) => [name, value])];
  const fields = [...lists, ...fieldsOf(event, MAX_TOTAL - used.reduce((sum, text) => sum + text.length, 0))];
  return {
    title,
    ...(description !== undefined && { description }),
    color,
    ...(fields.length > 0 && { fields }),
    footer: { text: footer },
    timestamp,
  };
}

/** Characters that count against `MAX_TOTAL`. */
export function sizeOfEmbed({ title = '', description = '', fields = [], footer }: Embed): number {
  let size = title.length + description.length + (footer?.text.length ?? 0);
  for (const { name, value } of fields) size += name.length + value.length;
  return size;
}

/** As many details as there is room for; the names of the others in a last field. */
function fieldsOf(event: Event, room: number): Field[] {
  const details = detailsOf(event);
  const fields: Field[] = [];
  let left = room - MAX_REST - MAX_NAME;
  for (const [index, [name, value]] of details.entries()) {
    const one = field(name, value);
    left -= one.name.length + one.value.length;
    if (left < 0 || (fields.length === MAX_FIELDS - 1 && index < details.length - 1)) {
      const hidden = details.slice(index);
      const names = cutMarkdown(escapeMarkdown(hidden.map(([other]) => other).join(', ')), MAX_REST);
      fields.push({ name: `${hidden.length} more`, value: names, inline: false });
      break;
    }
    fields.push(one);
  }
  return fields;
}

/** A blank name or value would have the whole message refused. */
function field(name: string, value: string): Field {
  const shown = cutMarkdown(escapeMarkdown(value.trim()), MAX_VALUE);
  return {
    name: cutMarkdown(escapeMarkdown(name.trim()), MAX_NAME) || '\u200b',
    value: shown || '\u200b',
    inline: shown.length <= INLINE && !shown.includes('\n'),
  };
}

/** A list of a report; short ones stand side by side. */
function listField({ heading, rows }: ReportList): Field {
  let value = '';
  for (const [count, what] of rows) {
    const line = `${value === '' ? '' : '\n'}**${count}**  ${cutMarkdown(escapeMarkdown(what), MAX_NAME)}`;
    if (value.length + line.length > MAX_LIST - 2) {
      value += '\n…';
      break;
    }
    value += line;
  }
  return {
    name: cutMarkdown(escapeMarkdown(heading.trim()), MAX_NAME) || '\u200b',
    value,
    inline: heading !== 'Most often',
  };
}

/** `nginx · web-1 · security_event · auth.warning · #prod`; Discord adds the time. A footer knows no Markdown. */
function footerOf(event: Event): string {
  const parts = originOf(event);
  if (event.eventType !== 'custom') parts.push(event.eventType);
  const priority = priorityOf(event);
  if (priority !== undefined) parts.push(priority);
  if (event.tags.length > 0) parts.push(event.tags.map((tag) => `#${tag}`).join(' '));
  return cut(plain(parts.join(' · ')), MAX_FOOTER);
}
