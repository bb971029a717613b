/**
 * Time stamps as senders write them: RFC 3339 and its common loosenings, and Unix times of any
 * unit. A time without an offset is read in the process's time zone, as syslog's are.
 */
const RFC3339 =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9})\d*)?)? ?(?:([Zz])|([+-])(\d\d):?(\d\d)?)?)?$/;

/** 9999-12-31T23:59:59.999Z: the last one RFC 3339 can write. */
const LAST = 253_402_300_799_999;

/** Unix milliseconds of a text or a number; undefined if it is no time between the years 1970 and 9999. */
export function timeOf(value: unknown): number | undefined {
  if (typeof value === 'number') return unixTimeOf(value);
  if (typeof value !== 'string' || value.length > 64) return undefined;
  const time = rfc3339Of(value);
  if (time !== undefined) return time;
  return /^\d{9,19}(\.\d+)?$/.test(value) ? unixTimeOf(Number(value)) : undefined;
}

/** Seconds, milliseconds, micro- or nanoseconds, told apart by size: each unit's range is 1973 to 5138. */
function unixTimeOf(value: number): number | undefined {
  if (!(value >= 0)) return undefined;
  const ms = value < 1e11 ? value * 1_000 : value < 1e14 ? value : value < 1e17 ? value / 1_000 : value / 1_000_000;
  return ms <= LAST ? Math.floor(ms) : undefined;
}

function rfc3339Of(text: string): number | undefined {
  const match = RFC3339.exec(text);
  if (!match) return undefined;
  const year = Number(match[1]);
  const month = Number(match[2]);
  const day = Number(match[3]);
  const hour = Number(match[4] ?? 0);
  const minute = Number(match[5] ?? 0);
  // A leap second is the same second again: Unix time has none.
  const second = Math.min(Number(match[6] ?? 0), 59);
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  if (hour > 23 || minute > 59 || Number(match[6] ?? 0) > 60) return undefined;
  const ms = match[7] === undefined ? 0 : Number(match[7].slice(0, 3).padEnd(3, '0'));
  let time: number;
  if (match[8] !== undefined) {
    time = Date.UTC(year, month - 1, day, hour, minute, second, ms);
  } else if (match[9] !== undefined) {
    const offset = Number(match[10]) * 60 + Number(match[11] ?? 0);
    if (offset > 24 * 60) return undefined;
    time = Date.UTC(year, month - 1, day, hour, minute, second, ms) - (match[9] === '-' ? -offset : offset) * 60_000;
  } else {
    time = new Date(year, month - 1, day, hour, minute, second, ms).getTime();
  }
  return time >= 0 && time <= LAST ? time : undefined;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
