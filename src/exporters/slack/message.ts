/**
 * An event as a Slack message: a headline, which is also the notification, and under it an
 * attachment with the level's colour bar: the message, the details worth showing, and where it came from.
 *
 * Sizes: a section has 3,000 characters, 10 fields of 2,000; all blocks together about 13,200
 * (undocumented, https://github.com/slackapi/bolt-js/issues/2509). The cuts here stay below 8,000.
 */
import type { Event } from '../../component/event.ts';
import { bodyOf, detailsOf, LEVEL_COLORS, originOf, priorityOf } from '../../lib/layout.ts';
import { reportParts, type ReportParts } from '../../lib/report-parts.ts';
import type { Template } from '../../lib/template.ts';
import { cutMrkdwn, dateToken, escapeMrkdwn, paragraph } from './mrkdwn.ts';
import { reportTexts } from './report.ts';

const MAX_SECTION = 3_000;
const MAX_HEADLINE = 300;
const MAX_FIELDS = 10;
const MAX_NAME = 60;
const MAX_VALUE = 300;
const MAX_CONTEXT = 1_000;

export interface SlackMessage {
  readonly text?: string;
  readonly attachments: readonly [Attachment];
}

interface Attachment {
  readonly color: string;
  /** Read out by clients that show no blocks. */
  readonly fallback: string;
  readonly blocks: readonly Block[];
}

type Block =
  | { readonly type: 'section'; readonly text: Text }
  | { readonly type: 'section'; readonly fields: readonly Text[] }
  | { readonly type: 'context'; readonly elements: readonly Text[] };

/** `verbatim`: no name or address in it becomes a link or a mention. */
interface Text {
  readonly type: 'mrkdwn';
  readonly text: string;
  readonly verbatim: true;
}

/** The default layout. */
export function message(event: Event): SlackMessage {
  const blocks: Block[] = [];
  const report = reportParts(event);
  const body = bodyOf(event);
  if (report) blocks.push(...reportBlocks(report));
  else if (body.trim() !== '') blocks.push({ type: 'section', text: mrkdwn(paragraph(body, MAX_SECTION)) });
  const fields = fieldsOf(event);
  if (fields.length > 0) blocks.push({ type: 'section', fields });
  blocks.push({ type: 'context', elements: [mrkdwn(contextOf(event))] });
  return {
    text: headlineOf(event),
    attachments: [{ color: LEVEL_COLORS[event.level], fallback: fallbackOf(event), blocks }],
  };
}

function reportBlocks(parts: ReportParts): Block[] {
  const { intro, short, long } = reportTexts(parts);
  const blocks: Block[] = [];
  if (intro.trim() !== '') blocks.push({ type: 'section', text: mrkdwn(intro) });
  if (short.length > 0) blocks.push({ type: 'section', fields: short.map(mrkdwn) });
  for (const list of long) blocks.push({ type: 'section', text: mrkdwn(list) });
  return blocks;
}

/** The template's text in place of the layout; the colour bar stays. Values in it were escaped by the template. */
export function templated(event: Event, template: Template): SlackMessage {
  const text = cutMrkdwn(template(event).trim(), MAX_SECTION);
  const blocks: Block[] = [{ type: 'section', text: mrkdwn(text === '' ? headlineOf(event) : text) }];
  return { attachments: [{ color: LEVEL_COLORS[event.level], fallback: fallbackOf(event), blocks }] };
}

function headlineOf(event: Event): string {
  return `*${event.level.toUpperCase()}* · ${titleOf(event)}`;
}

function fallbackOf(event: Event): string {
  return `[${event.level}] ${titleOf(event)}`;
}

function titleOf({ title }: Event): string {
  return cutMrkdwn(escapeMrkdwn(title.replaceAll(/\s+/g, ' ').trim()), MAX_HEADLINE);
}

function fieldsOf(event: Event): Text[] {
  const details = detailsOf(event);
  const shown = details.length > MAX_FIELDS ? details.slice(0, MAX_FIELDS - 1) : details;
  const fields = shown.map(([name, value]) => field(name, value));
  const hidden = details.slice(shown.length);
  if (hidden.length > 0) fields.push(field(`${hidden.length} more`, hidden.map(([name]) => name).join(', ')));
  return fields;
}

function field(name: string, value: string): Text {
  return mrkdwn(`*${cutMrkdwn(escapeMrkdwn(name), MAX_NAME)}*\n${cutMrkdwn(escapeMrkdwn(value), MAX_VALUE)}`);
}

/** `nginx · web-1 · 15 Jan 12:00:00 · security_event · auth.warning · #prod`. */
function contextOf(event: Event): string {
  const parts = originOf(event).map(escapeMrkdwn);
  parts.push(dateToken(event.timestamp));
  if (event.eventType !== 'custom') parts.push(escapeMrkdwn(event.eventType));
  const priority = priorityOf(event);
  if (priority !== undefined) parts.push(escapeMrkdwn(priority));
  if (event.tags.length > 0) parts.push(event.tags.map((tag) => escapeMrkdwn(`#${tag}`)).join(' '));
  // A cut must not halve the date's markup: parts are left out whole, or cut on their own.
  let context = '';
  for (const part of parts) {
    const next = context === '' ? '' : ' · ';
    const rest = MAX_CONTEXT - context.length - next.length;
    if (part.length > rest && (part.startsWith('<!date') || rest < 10)) break;
    context += next + cutMrkdwn(part, Math.min(rest, 300));
  }
  return context;
}

function mrkdwn(text: string): Text {
  return { type: 'mrkdwn', text, verbatim: true };
}
