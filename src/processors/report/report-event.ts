/** The event that a report is: a message that reads well in a mail and in a chat, and the numbers for programs. */
import { randomUUID } from 'node:crypto';
import { newMetadata, type Event, type Level } from '../../component/event.ts';
import type { Counts } from '../../lib/counts.ts';
import { rfc3339 } from '../../lib/event-json.ts';
import type { Digest } from './digest.ts';

/** As wide as a digit also where letters are not all of one width. */
const FIGURE_SPACE = '\u2007';

export interface Look {
  readonly title: string;
  readonly level: Level;
  /** Rows of a list at the most. */
  readonly top: number;
  readonly timezone: string | undefined;
}

export function reportOf(digest: Digest, { title, level, top, timezone }: Look, now: number): Event {
  const { from, events, suppressed, levels, sources, types, titles } = digest;
  const metadata = newMetadata();
  metadata['report'] = Object.assign(newMetadata(), {
    from: rfc3339(from),
    to: rfc3339(now),
    events,
    suppressed,
    ...(!digest.isEmpty && { first: rfc3339(digest.first), last: rfc3339(digest.last) }),
    by_level: record(levels),
    by_source: record(sources.top(top), sources),
    by_type: record(types.top(top), types),
    top_titles: titles.top(top).map(([text, count]) => ({ title: text, count })),
  });
  const period = `${timeIn(from, timezone)} – ${timeIn(now, timezone)}${timezone === undefined ? '' : ` (${timezone})`}`;
  const parts = digest.isEmpty
    ? [period, 'Nothing happened.']
    : [
        period,
        `The first at ${timeIn(digest.first, timezone)}, the last at ${timeIn(digest.last, timezone)}.`,
        ...(suppressed > 0 ? [`${counted(suppressed, 'more event')} held back by limits.`] : []),
        ...list('Levels', levels, 0),
        ...(types.size > 1 ? list('Types', types.top(top), others(types, top)) : []),
        ...list('Sources', sources.top(top), others(sources, top)),
        ...list('Most often', titles.top(top), 0),
      ];
  return {
    eventId: randomUUID(),
    timestamp: now,
    eventType: 'report',
    level,
    source: 'lnmt-collector',
    title: `${title}: ${digest.isEmpty ? 'nothing happened' : [counted(events, 'event'), ...grave(levels)].join(', ')}`,
    message: parts.join('\n\n'),
    metadata,
    tags: [],
  };
}

/** Those that a title should not keep from its reader. */
function grave(levels: readonly (readonly [Level, number])[]): string[] {
  return levels
    .filter(([level]) => level !== 'debug' && level !== 'info')
    .map(([level, count]) => `${grouped(count)} ${level}`);
}

/** `10,647`. */
function grouped(count: number): string {
  return count.toLocaleString('en');
}

function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** A heading, and the counts right-aligned under it. */
function list(heading: string, rows: readonly (readonly [string, number])[], left: number): string[] {
  if (rows.length === 0) return [];
  const shown = left > 0 ? [...rows, ['others', left] as const] : rows;
  const width = Math.max(...shown.map(([, count]) => grouped(count).length));
  const lines = shown.map(([text, count]) => {
    const line = text.replaceAll(/\s+/g, ' ').trim();
    return `${grouped(count).padStart(width, FIGURE_SPACE)}  ${line === '' ? '(empty)' : line}`;
  });
  return [[heading, ...lines].join('\n')];
}

/** How many events the counts beyond the first `top` stand for. */
function others(counts: Counts, top: number): number {
  const beyond = counts.top(Infinity).slice(top);
  return beyond.reduce((sum, [, count]) => sum + count, counts.others);
}

function record(rows: readonly (readonly [string, number])[], counts?: Counts): object {
  const made = newMetadata();
  for (const [name, count] of rows) made[name] = count;
  const left = counts ? others(counts, rows.length) : 0;
  if (left > 0) made['others'] = left;
  return made;
}

/** `Thu 15 Jan, 08:00`. */
function timeIn(time: number, timezone: string | undefined): string {
  const format = new Intl.DateTimeFormat('en-GB', {
    ...(timezone !== undefined && { timeZone: timezone }),
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return format.format(time);
}
