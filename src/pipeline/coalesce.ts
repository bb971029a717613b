/**
 * What waited while a chat room or a mail server had no time for us, told in one message: how many,
 * since when, of which levels and sources, the commonest titles. Critical events are told first, by
 * themselves. Each original is on the books as sent, and as coalesced.
 */
import { randomUUID } from 'node:crypto';
import { LEVELS, newMetadata, rankOf, type Event, type Level } from '../component/event.ts';
import { Counts } from '../lib/counts.ts';
import { rfc3339 } from '../lib/event-json.ts';
import { spanText } from '../lib/span-text.ts';
import { counted, listOf, onlySource, titleLines } from '../lib/summary-words.ts';
import { groupsOf, type Group } from './outcome.ts';

/** Where so many wait after the destination made us wait, they are coalesced. */
export const COALESCE_FROM = 20;

/** Told in one message at the most. */
export const COALESCE_MAX = 5_000;

/** So few are sent as they are, whatever happens to the others. */
const FEW = 5;

const TOP_TITLES = 8;
const TOP_SOURCES = 5;
const MAX_NAMES = 200;

/** Parts events into what goes out: critical ones first; of each part as it is if there are few, `size` a group, else told in one. */
export function coalesce(events: readonly Event[], size: number, now: number): Group[] {
  const grave = events.filter(({ level }) => level === 'critical');
  const others = events.filter(({ level }) => level !== 'critical');
  return [grave, others].flatMap((part) =>
    part.length > FEW ? [{ events: part, told: tellingOf(part, now) }] : groupsOf(part, size),
  );
}

/** One event that tells of these, of which there is at least one. */
function tellingOf(events: readonly Event[], now: number): Event {
  const sources = new Counts(MAX_NAMES, 'forget_rare');
  const titles = new Counts(MAX_NAMES, 'forget_rare');
  const levels = new Map<Level, number>();
  let [first, last] = [Infinity, -Infinity];
  for (const { level, source, title, timestamp } of events) {
    levels.set(level, (levels.get(level) ?? 0) + 1);
    sources.add(source);
    titles.add(title);
    first = Math.min(first, timestamp);
    last = Math.max(last, timestamp);
  }
  const byLevel = LEVELS.toReversed().flatMap((level) =>
    levels.has(level) ? [[level, levels.get(level)!] as const] : [],
  );
  const from = onlySource(sources);
  const metadata = newMetadata();
  Object.assign(metadata, {
    coalesced: events.length,
    first: rfc3339(first),
    last: rfc3339(last),
    by_level: counted(byLevel),
    by_source: counted(sources.top(TOP_SOURCES * 4), sources.others),
    top_titles: titles.top(TOP_TITLES).map(([title, count]) => ({ title, count })),
  });
  return {
    eventId: randomUUID(),
    timestamp: now,
    eventType: commonType(events),
    level: events.reduce<Level>((gravest, { level }) => (rankOf(level) > rankOf(gravest) ? level : gravest), 'debug'),
    source: from ?? 'lnmt-collector',
    title: `${events.length} events${from === undefined ? '' : ` from ${from}`} that had to wait, in one message`,
    message: [
      `${spanText(first, last)}. This destination had no time for them one by one.`,
      `Levels: ${byLevel.map(([level, count]) => `${count} ${level}`).join(', ')}`,
      ...(from === undefined ? [`Sources: ${listOf(sources, TOP_SOURCES)}`] : []),
      'Most often:',
      ...titleLines(titles, TOP_TITLES),
    ].join('\n'),
    metadata,
    tags: ['coalesced'],
  };
}

/** The type of all, if they have one in common. */
function commonType(events: readonly Event[]): string {
  const type = events[0]!.eventType;
  return events.every(({ eventType }) => eventType === type) ? type : 'custom';
}
