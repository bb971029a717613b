/** The event that says what was held back: readable on a telephone at three in the morning. */
import { randomUUID } from 'node:crypto';
import { newMetadata, type Event } from '../../component/event.ts';
import type { Counts } from '../../lib/counts.ts';
import { formatDuration } from '../../lib/duration.ts';
import { rfc3339 } from '../../lib/event-json.ts';
import { spanText } from '../../lib/span-text.ts';
import type { Held } from './held.ts';
import type { Limits } from './window.ts';

const TOP_TITLES = 5;
const TOP_SOURCES = 5;

export function summaryOf(held: Held, { limit, windowMs }: Limits, wallNow: number): Event {
  const { suppressed, label, first, last, sources, titles } = held;
  const metadata = newMetadata();
  Object.assign(metadata, {
    suppressed,
    first: rfc3339(first),
    last: rfc3339(last),
    by_level: counted(held.levels),
    by_source: counted(sources.top(Infinity), sources.others),
    top_titles: titles.top(TOP_TITLES).map(([title, count]) => ({ title, count })),
    key: label.key,
  });
  return {
    eventId: randomUUID(),
    timestamp: wallNow,
    eventType: 'custom',
    level: held.gravest,
    source: onlySource(sources) ?? 'lnmt-collector',
    title: titleOf(held, windowMs),
    message: [
      `${spanText(first, last)}. At most ${limit} in ${formatDuration(windowMs)} pass.`,
      `Levels: ${held.levels.map(([level, count]) => `${count} ${level}`).join(', ')}`,
      ...(sources.size > 1 ? [`Sources: ${listOf(sources, TOP_SOURCES)}`] : []),
      'Most often:',
      ...titles.top(TOP_TITLES).map(([title, count]) => `  ${count} × ${title === '' ? '(no title)' : title}`),
    ].join('\n'),
    metadata,
    tags: ['suppressed'],
  };
}

/** `12 more events from nginx were held back in 1h`. */
function titleOf({ suppressed, label, sources }: Held, windowMs: number): string {
  const events = suppressed === 1 ? 'event' : 'events';
  const were = suppressed === 1 ? 'was' : 'were';
  const kind = label.rest === '' ? '' : ` (${label.rest})`;
  const from = onlySource(sources) ?? `${sources.others > 0 ? 'more than ' : ''}${sources.size} sources`;
  return `${suppressed} more ${events}${kind} from ${from} ${were} held back in ${formatDuration(windowMs)}`;
}

function onlySource(sources: Counts): string | undefined {
  const [top] = sources.top(1);
  return sources.size === 1 && sources.others === 0 && top && top[0] !== '' ? top[0] : undefined;
}

function counted(counts: readonly (readonly [string, number])[], others = 0): Record<string, unknown> {
  const record = newMetadata();
  for (const [name, count] of counts) record[name] = count;
  if (others > 0) record['others'] = others;
  return record;
}

function listOf(counts: Counts, most: number): string {
  const shown = counts.top(most);
  const left = counts.size - shown.length;
  const more = left > 0 || counts.others > 0 ? ', and others' : '';
  return shown.map(([name, count]) => `${count} ${name === '' ? '(empty)' : name}`).join(', ') + more;
}
