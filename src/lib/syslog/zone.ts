/** Local times of a time zone as Unix milliseconds, daylight saving included. */

const QUARTER_HOUR = 900_000;
const DAY = 86_400_000;
const CACHED = 4_096;

let ownName: string | undefined;

/** An IANA time zone, or the process's own. Times that a clock change skips or repeats are read as JavaScript's Date does. */
export class Zone {
  readonly #name: string | undefined;
  readonly #format: Intl.DateTimeFormat | undefined;
  /** Offsets by quarter hour of UTC, the finest that zones change at: asking Intl takes microseconds. */
  readonly #offsets = new Map<number, number>();
  /** The last answers: messages come with the time they are sent at. */
  #wallQuarter = NaN;
  #wallOffset = 0;
  #wallAt = NaN;
  #wall = new Date(0);

  /** Throws a RangeError where the name is not a time zone. */
  constructor(name?: string) {
    this.#name = name;
    if (name === undefined) return;
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /** The process's own has one too. */
  get name(): string {
    return this.#name ?? (ownName ??= new Intl.DateTimeFormat().resolvedOptions().timeZone);
  }

  /** `wall` is the local time as if it were UTC (`Date.UTC`). */
  toUtc(wall: number): number {
    const quarter = Math.floor(wall / QUARTER_HOUR);
    if (quarter !== this.#wallQuarter) {
      this.#wallOffset = wall - this.#resolve(wall);
      this.#wallQuarter = quarter;
    }
    return wall - this.#wallOffset;
  }

  /** The local date and time at `utc`, in the fields of UTC. The same object as long as `utc` is the same. */
  toWall(utc: number): Date {
    if (utc !== this.#wallAt) {
      const offset = this.#format ? this.#offsetAt(utc) : -new Date(utc).getTimezoneOffset() * 60_000;
      this.#wall = new Date(utc + offset);
      this.#wallAt = utc;
    }
    return this.#wall;
  }

  #resolve(wall: number): number {
    if (!this.#format) {
      const at = new Date(wall);
      return new Date(
        at.getUTCFullYear(),
        at.getUTCMonth(),
        at.getUTCDate(),
        at.getUTCHours(),
        at.getUTCMinutes(),
        at.getUTCSeconds(),
        at.getUTCMilliseconds(),
      ).getTime();
    }
    const before = this.#offsetAt(wall - DAY);
    const after = this.#offsetAt(wall + DAY);
    const early = wall - before;
    if (before === after || this.#offsetAt(early) === before) return early;
    const late = wall - after;
    return this.#offsetAt(late) === after ? late : early;
  }

  #offsetAt(utc: number): number {
    const quarter = Math.floor(utc / QUARTER_HOUR);
    let offset = this.#offsets.get(quarter);
    if (offset === undefined) {
      offset = wallOf(this.#format!, quarter * QUARTER_HOUR) - quarter * QUARTER_HOUR;
      if (this.#offsets.size >= CACHED) this.#offsets.clear();
      this.#offsets.set(quarter, offset);
    }
    return offset;
  }
}

/** Whether `name` is a time zone this Node knows. */
export function isZone(name: string): boolean {
  try {
    return new Zone(name) instanceof Zone;
  } catch {
    return false;
  }
}

function wallOf(format: Intl.DateTimeFormat, utc: number): number {
  const part: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(utc)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
