import type { Header } from './header.ts';
import { daysIn } from './timestamp.ts';
import type { Zone } from './zone.ts';

const WEEK = 7 * 86_400_000;

/**
 * The Unix milliseconds of a header's time stamp; NaN where there is none, or no such day in its year.
 * A missing year is the current one at `now`; the one before when that would be more than 7 days ahead;
 * the next one for 1 January on 31 December.
 */
export function timeOf(header: Header, zone: Zone, now: number): number {
  if (!header.stamped) return NaN;
  if (header.year >= 0) return inYear(header, header.year, zone);
  const today = zone.toWall(now);
  const year = today.getUTCFullYear();
  if (header.month === 1 && header.day === 1 && today.getUTCMonth() === 11 && today.getUTCDate() === 31) {
    return inYear(header, year + 1, zone);
  }
  const time = inYear(header, year, zone);
  return time > now + WEEK || isLeapDayAhead(header, today) ? inYear(header, year - 1, zone) : time;
}

/** The time of a header's time stamp, or `receivedAt` where it tells none. */
export function timeOr(receivedAt: number, header: Header, zone: Zone): number {
  const time = timeOf(header, zone, receivedAt);
  return Number.isNaN(time) ? receivedAt : time;
}

/** 29 February does not exist this year, and if it did, it would be ahead: the year before is meant. */
function isLeapDayAhead({ month, day }: Header, today: Date): boolean {
  return month === 2 && day === 29 && today.getUTCMonth() < 2 && today.getUTCDate() < 22;
}

function inYear(header: Header, year: number, zone: Zone): number {
  const { month, day, hour, minute, second, millisecond, offset } = header;
  if (day > daysIn(month, year)) return NaN;
  let wall = Date.UTC(year, month - 1, day, hour, minute, second, millisecond);
  // JavaScript takes years below 100 for those of the 20th century; `0001-01-01` is Go's time that was never set.
  if (year < 100) wall = new Date(wall).setUTCFullYear(year);
  return Number.isNaN(offset) ? zone.toUtc(wall) : wall - offset * 60_000;
}
