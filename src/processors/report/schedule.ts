/** When reports are due: every so long, or as a cron table says, in a time zone. */
import { Cron } from 'croner';

export interface Schedule {
  /** What tells it from others, for what is kept across restarts. */
  readonly text: string;
  /** The first time after `now`, both in Unix milliseconds; `due` is the last one it gave. Infinity: never again. */
  next(now: number, due?: number): number;
}

/** Keeps its beat: what comes late does not make the next one late. */
export function everySchedule(intervalMs: number): Schedule {
  return {
    text: `every ${intervalMs}`,
    next: (now, due = now) => due + (Math.floor(Math.max(0, now - due) / intervalMs) + 1) * intervalMs,
  };
}

/** `0 8 * * 1-5`: 08:00 from Monday to Friday. */
export function cronSchedule(pattern: string, timezone: string | undefined): Schedule {
  const cron = compile(pattern, timezone);
  return {
    text: `cron ${pattern} ${timezone ?? ''}`,
    next: (now) => cron.nextRun(new Date(now))?.getTime() ?? Infinity,
  };
}

/** What is wrong with a cron pattern; undefined if nothing is. */
export function problemWithCron(pattern: string): string | undefined {
  try {
    // A day that no month has would make a report that never comes.
    if (compile(pattern, 'UTC').nextRun(new Date(0))) return undefined;
    return `"${pattern}" is never: no such day exists`;
  } catch {
    return `"${pattern}" is no cron pattern: write minute, hour, day, month and weekday, as in 0 8 * * 1-5`;
  }
}

/** Without a function to call it only reckons: the collector's own clock wakes us. */
function compile(pattern: string, timezone: string | undefined): Cron {
  return new Cron(pattern, { paused: true, mode: '5-part', ...(timezone !== undefined && { timezone }) });
}
