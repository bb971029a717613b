/** Time stamps of web servers and security devices, as Unix milliseconds; undefined where a text is none. */
import type { Zone } from '../../lib/syslog/zone.ts';
import { timeOf } from '../../lib/timestamp.ts';

const MONTHS = new Map(
  ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'].map((name, at) => [name, at]),
);

const ACCESS = /^(\d\d)\/([A-Za-z]{3})\/(\d{4}):(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))? ([+-])(\d\d)(\d\d)$/;
const ASCTIME =
  /^(?:[A-Za-z]{3},? )?([A-Za-z]{3}) {1,2}(\d{1,2}) (?:(\d{4}) )?(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?: (\d{4}))?(?: (UTC|GMT|Z))?$/;
const SLASHED = /^(\d{4})\/(\d\d)\/(\d\d) (\d\d):(\d\d):(\d\d)$/;

/** `10/Oct/2000:13:55:36 -0700`. */
export function accessTime(text: string): number | undefined {
  const match = ACCESS.exec(text);
  const month = MONTHS.get(match?.[2]?.toLowerCase() ?? '');
  if (!match || month === undefined) return undefined;
  const [, day, , year, hour, minute, second, fraction, sign, hours, minutes] = match;
  const wall = wallTime([year, month, day, hour, minute, second], fraction);
  const offset = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return sign === '-' ? wall + offset : wall - offset;
}

/** `Sun Dec 04 04:47:44 2005`, with or without a fraction, and `Dec 04 2005 04:47:44`; in `zone` unless it says UTC. */
export function asctime(text: string, zone: Zone): number | undefined {
  const match = ASCTIME.exec(text);
  const month = MONTHS.get(match?.[1]?.toLowerCase() ?? '');
  if (!match || month === undefined) return undefined;
  const [, , day, yearBefore, hour, minute, second, fraction, yearAfter, utc] = match;
  const year = yearBefore ?? yearAfter;
  if (year === undefined) return undefined;
  const wall = wallTime([year, month, day, hour, minute, second], fraction);
  return utc === undefined ? zone.toUtc(wall) : wall;
}

/** `2026/01/15 12:00:00`, in `zone`. */
export function slashedTime(text: string, zone: Zone): number | undefined {
  const match = SLASHED.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  return zone.toUtc(wallTime([year, Number(month) - 1, day, hour, minute, second], undefined));
}

/** What CEF and LEEF write: Unix milliseconds, or a date. */
export function deviceTime(value: unknown, zone: Zone): number | undefined {
  return timeOf(value) ?? (typeof value === 'string' ? asctime(value, zone) : undefined);
}

type Parts = readonly [
  year: string | undefined,
  month: number,
  day: string | undefined,
  hour: string | undefined,
  minute: string | undefined,
  second: string | undefined,
];

function wallTime([year, month, day, hour, minute, second]: Parts, fraction: string | undefined): number {
  const ms = fraction === undefined ? 0 : Number(fraction.slice(0, 3).padEnd(3, '0'));
  return Date.UTC(Number(year), month, Number(day), Number(hour), Number(minute), Number(second), ms);
}
