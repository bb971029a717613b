/** The event that says what was held back: readable on a telephone at three in the morning. */
import { randomUUID } from 'node:crypto';
import { newMetadata, type Event } from '../../component/event.ts';
import { formatDuration } from '../../lib/duration.ts';
import { rfc3339 } from '../../lib/event-json.ts';
import { spanText } from '../../lib/span-text.ts';
import { counted, listOf, onlySource, titleLines } from '../../lib/summary-words.ts';
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
      ...titleLines(titles, TOP_TITLES),
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
