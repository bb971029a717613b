/** An event as a person at a terminal wants it: what and how bad first, details dim, nothing in it obeyed by the terminal. */
import { styleText } from 'node:util';
import type { Event, Level } from '../../component/event.ts';
import { allDetailsOf, bodyOf, keyValue, originOf, priorityOf } from '../../lib/layout.ts';
import { cut, visible, visibleLine } from '../../lib/visible.ts';

type Style = Parameters<typeof styleText>[0];
export type Paint = (style: Style, text: string) => string;

export const plain: Paint = (_style, text) => text;
// Whether to colour is the exporter's decision: it knows its stream. Newer Nodes would look at stdout.
export const coloured: Paint = (style, text) => styleText(style, text, { validateStream: false });

const BADGES: Readonly<Record<Level, readonly [style: Style, text: string]>> = {
  debug: [['gray'], ' debug    '],
  info: [['blue', 'bold'], ' info     '],
  warning: [['black', 'bgYellow'], ' warning  '],
  error: [['whiteBright', 'bold', 'bgRed'], ' error    '],
  critical: [['whiteBright', 'bold', 'bgMagenta'], ' CRITICAL '],
};
const TITLES: Readonly<Record<Level, Style | undefined>> = {
  debug: 'gray',
  info: undefined,
  warning: undefined,
  error: 'bold',
  critical: 'bold',
};

/** Under the source: as far in as time and badge take. */
const INDENT = ' '.repeat(24);
/** Said by the columns already, or too long for a terminal. */
const UNSHOWN = new Set(['facility', 'severity', 'hostname', 'host', 'appname', 'procid', 'raw', 'time_unix_nano']);
/** How well the sender's clock is set: logger(1) says it with each message. */
const TIME_QUALITY = 'structured_data.timeQuality.';
const MAX_VALUE = 200;
const MAX_DETAILS = 1_000;
const MAX_MESSAGE_LINES = 50;
/** Title and message share a line up to so many characters. */
const MAX_SHARED = 90;

/** The event, with its line ends. Times are local, as a person at a terminal reads them. */
export function pretty(event: Event, paint: Paint): string {
  const [badge, level] = BADGES[event.level];
  const title = visibleLine(event.title);
  const style = TITLES[event.level];
  const origin = paint('cyan', visibleLine(originOf(event).join(' · ')));
  const lines = [
    `${paint('dim', localTime(event.timestamp))} ${paint(badge, level)} ${origin}  ${style ? paint(style, title) : title}`,
  ];
  const body = bodyLines(event);
  if (body.length === 1 && title.length + body[0]!.length <= MAX_SHARED)
    lines[0] += ` ${paint('dim', '—')} ${body[0]!}`;
  else for (const line of body) lines.push(`${INDENT}${line}`);
  const details = detailsLine(event, paint);
  if (details !== '') lines.push(`${INDENT}${details}`);
  return `${lines.join('\n')}\n`;
}

/** What the message says beyond the title, as lines. */
function bodyLines(event: Event): string[] {
  const body = visible(bodyOf(event).replaceAll('\r\n', '\n')).trimEnd();
  if (body === '') return [];
  const lines = body.replaceAll('\t', '  ').split('\n');
  // A syslog title is the first line: it need not be read twice.
  if (lines[0]!.trim() === visibleLine(event.title).trim()) lines.shift();
  if (lines.length <= MAX_MESSAGE_LINES) return lines;
  return [...lines.slice(0, MAX_MESSAGE_LINES), `… ${lines.length - MAX_MESSAGE_LINES} more lines`];
}

function detailsLine(event: Event, paint: Paint): string {
  const parts: string[] = [];
  if (event.eventType !== 'custom') parts.push(paint('magenta', visibleLine(event.eventType)));
  const priority = priorityOf(event);
  const details = priority === undefined ? [] : [visibleLine(priority)];
  for (const [name, value] of allDetailsOf(event))
    if (!UNSHOWN.has(name) && !name.startsWith(TIME_QUALITY)) details.push(keyValue(name, cut(value, MAX_VALUE)));
  if (details.length > 0) parts.push(paint('dim', cut(details.join('  '), MAX_DETAILS)));
  if (event.tags.length > 0) parts.push(paint('green', event.tags.map((tag) => `#${visibleLine(tag)}`).join(' ')));
  return parts.join('  ');
}

/** `12:00:00.000`; the day is known to who looks on. */
function localTime(timestamp: number): string {
  const time = new Date(timestamp);
  if (Number.isNaN(time.getTime())) return '--:--:--.---';
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${String(time.getMilliseconds()).padStart(3, '0')}`;
}
