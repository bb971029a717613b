/**
 * An event as an Adaptive Card: level and title, the message, the details worth showing, and where
 * it came from. All text is in text runs, which know no Markdown: nothing has to be escaped.
 *
 * A message has about 28 KB, which Teams has been seen to count in UTF-16
 * (https://learn.microsoft.com/microsoftteams/limits-specifications-teams#chat): a card that is
 * longer is made again with less of its message and details.
 */
import type { Event, Level } from '../../component/event.ts';
import { rfc3339 } from '../../lib/event-json.ts';
import { bodyOf, detailsOf, originOf, priorityOf } from '../../lib/layout.ts';
import type { Template } from '../../lib/template.ts';
import { cut, visible } from '../../lib/visible.ts';

/** UTF-16 units, and half of what there is in bytes. */
const MAX_UNITS = 13_500;
const MAX_BYTES = 27_000;

const MAX_TITLE = 300;
const MAX_NAME = 60;
const MAX_ORIGIN = 500;

/** What is left of message and details from try to try; the last one always fits. */
const TRIES = [
  { text: 5_000, lines: 60, details: 15, value: 200 },
  { text: 2_000, lines: 25, details: 10, value: 100 },
  { text: 500, lines: 5, details: 5, value: 50 },
  { text: 100, lines: 1, details: 0, value: 0 },
] as const;

type Room = (typeof TRIES)[number];

/** The colours a card may have: the theme of its reader decides what they look like. */
const COLORS: Readonly<Record<Level, string>> = {
  debug: 'Default',
  info: 'Accent',
  warning: 'Warning',
  error: 'Attention',
  critical: 'Attention',
};

const STYLES: Readonly<Record<Level, string>> = {
  debug: 'default',
  info: 'default',
  warning: 'warning',
  error: 'attention',
  critical: 'attention',
};

/** The message as JSON. A template's text stands in place of title, message and details. */
export function messageOf(event: Event, template?: Template): string {
  const text = template?.(event).trim() ?? '';
  let message = '';
  for (const room of TRIES) {
    message = JSON.stringify(envelope(event, text === '' ? layout(event, room) : lines(text, room)));
    if (message.length <= MAX_UNITS && Buffer.byteLength(message) <= MAX_BYTES) break;
  }
  return message;
}

function envelope(event: Event, items: readonly object[]): object {
  const card = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    msteams: { width: 'Full' },
    body: [{ type: 'Container', style: STYLES[event.level], bleed: true, items }],
  };
  // The summary is what a notification shows.
  const summary = cut(headline(event), MAX_TITLE);
  return {
    type: 'message',
    summary,
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content: card }],
  };
}

function layout(event: Event, room: Room): object[] {
  const blocks = [
    block([{ text: cut(headline(event), MAX_TITLE), weight: 'Bolder', size: 'Medium', color: COLORS[event.level] }]),
  ];
  const body = bodyOf(event);
  if (body.trim() !== '') blocks.push(...lines(body, room));
  const details = detailsOf(event);
  for (const [name, value] of details.slice(0, room.details)) {
    const shown = oneLine(visible(value));
    blocks.push(
      block(
        [
          { text: `${cut(oneLine(visible(name)), MAX_NAME)}: `, weight: 'Bolder' },
          { text: cut(shown, room.value) || ' ' },
        ],
        'None',
      ),
    );
  }
  if (details.length > room.details)
    blocks.push(block([{ text: `… and ${details.length - room.details} more`, isSubtle: true }], 'None'));
  blocks.push(block([{ text: cut(origin(event), MAX_ORIGIN), isSubtle: true, size: 'Small' }]));
  return blocks;
}

/** A block a line: what a line end in a text run looks like differs from client to client. */
function lines(text: string, room: Room): object[] {
  const all = cut(visible(text.trimEnd().replaceAll('\r\n', '\n')), room.text).split('\n');
  const font = all.length > 1 && { fontType: 'Monospace' };
  const blocks = all
    .slice(0, room.lines)
    .map((line, index) => block([{ text: line === '' ? ' ' : line, ...font }], index === 0 ? 'Default' : 'None'));
  if (all.length > room.lines)
    blocks.push(block([{ text: `… and ${all.length - room.lines} more lines`, isSubtle: true }], 'None'));
  return blocks;
}

interface Run {
  readonly text: string;
  readonly weight?: string;
  readonly size?: string;
  readonly color?: string;
  readonly fontType?: string;
  readonly isSubtle?: boolean;
}

function block(runs: readonly Run[], spacing = 'Default'): object {
  return {
    type: 'RichTextBlock',
    ...(spacing !== 'Default' && { spacing }),
    inlines: runs.map((run) => ({ type: 'TextRun', ...run })),
  };
}

function headline({ level, title }: Event): string {
  const shown = oneLine(visible(title));
  return shown === '' ? level.toUpperCase() : `${level.toUpperCase()} · ${shown}`;
}

function origin(event: Event): string {
  const parts = originOf(event);
  parts.push(`${rfc3339(event.timestamp).slice(0, 19).replace('T', ' ')} UTC`);
  if (event.eventType !== 'custom') parts.push(event.eventType);
  const priority = priorityOf(event);
  if (priority !== undefined) parts.push(priority);
  if (event.tags.length > 0) parts.push(event.tags.map((tag) => `#${tag}`).join(' '));
  return oneLine(visible(parts.join(' · ')));
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
