/** What both bodies of a mail say, so that they say the same. */
import type { Event, Level } from '../../component/event.ts';
import { LEVELS } from '../../component/event.ts';
import { allDetailsOf, bodyOf, detailsOf, isDigest, originOf } from '../../lib/layout.ts';
import { reportParts, type ReportParts } from '../../lib/report-parts.ts';
import { cut, visible, visibleLine } from '../../lib/visible.ts';

export interface Facts {
  readonly eventId: string;
  readonly level: Level;
  readonly title: string;
  /** `nginx · web-1 · pid 812`. */
  readonly origin: string;
  readonly eventType: string;
  readonly body: string;
  /** The body again, in its parts, where the event is a report. */
  readonly report?: ReportParts;
  readonly details: readonly (readonly [name: string, value: string])[];
  readonly tags: readonly string[];
  /** In the zone of this machine; the same as `utc` where that is its zone. */
  readonly local: string;
  readonly utc: string;
}

/** Mail clients cut a message at about 100 kB: one event may fill a third of that, one of many less. */
const SIZES = { alone: { body: 20_000, rows: 60, value: 1_000 }, among: { body: 1_500, rows: 8, value: 200 } };

/** Nothing in it is markup, a control character or longer than a mail bears. */
export function factsOf(event: Event, zone: string, size: keyof typeof SIZES): Facts {
  const max = SIZES[size];
  const all = isDigest(event) ? detailsOf(event) : allDetailsOf(event);
  const details = all
    .slice(0, max.rows)
    .map(([name, value]) => [cut(visibleLine(name), 100), cut(visible(value), max.value)] as const);
  if (all.length > max.rows) details.push(['…', `${all.length - max.rows} more`]);
  const body = cut(visible(bodyOf(event).replaceAll('\r\n', '\n')).trimEnd(), max.body);
  const report = reportParts({ ...event, message: body });
  return {
    eventId: cut(visibleLine(event.eventId), 256),
    level: event.level,
    title: cut(visibleLine(event.title.replaceAll(/\s+/g, ' ').trim()), 300),
    origin: cut(visibleLine(originOf(event).join(' · ')), 200),
    eventType: cut(visibleLine(event.eventType), 64),
    body,
    ...(report && { report }),
    details,
    tags: event.tags.slice(0, 30).map((tag) => cut(visibleLine(tag), 60)),
    local: timeIn(event.timestamp, zone),
    utc: timeIn(event.timestamp, 'UTC'),
  };
}

/** `2 critical, 1 warning`, gravest first. */
export function countsOf(events: readonly Event[]): string {
  const parts: string[] = [];
  for (const level of LEVELS.toReversed()) {
    const count = events.filter((event) => event.level === level).length;
    if (count > 0) parts.push(`${count} ${level}`);
  }
  return parts.join(', ');
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** `Thu, 15 Jan 2026, 13:00:00 CET`. */
function timeIn(timestamp: number, zone: string): string {
  const time = new Date(timestamp);
  if (Number.isNaN(time.getTime())) return 'unknown';
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      weekday: 'short',
      day: 'numeric',
      month: 'short',
      year: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      timeZoneName: 'short',
    });
    formats.set(zone, format);
  }
  return format.format(time);
}
