/** What was left out of one event's repeats, and the event that tells of them. */
import { randomUUID } from 'node:crypto';
import { LEVELS, newMetadata, rankOf, type Event, type Level } from '../../component/event.ts';
import { formatDuration } from '../../lib/duration.ts';
import { rfc3339 } from '../../lib/event-json.ts';
import { ownText } from '../../lib/own-text.ts';
import { spanText } from '../../lib/span-text.ts';
import { cut } from '../../lib/visible.ts';

const MAX_TITLE = 200;
const MAX_MESSAGE = 2_000;

export class Repeats {
  count = 0;
  /** Wall-clock times of the first and the last that was left out. */
  readonly first: number;
  last: number;
  level: Level;
  readonly #eventType: string;
  readonly #source: string;
  readonly #title: string;
  readonly #message: string;

  constructor({ level, eventType, source, title, message }: Omit<Event, 'eventId'>, wallNow: number) {
    this.first = wallNow;
    this.last = wallNow;
    this.level = level;
    this.#eventType = ownText(eventType);
    this.#source = ownText(source);
    this.#title = ownText(cut(title, MAX_TITLE));
    this.#message = ownText(cut(message, MAX_MESSAGE));
  }

  add(level: Level, wallNow: number): void {
    this.count += 1;
    this.last = wallNow;
    if (rankOf(level) > rankOf(this.level)) this.level = level;
  }

  /** `Repeated 12 times in 5m: disk full`. */
  summary(windowMs: number, wallNow: number): Event {
    const { count, first, last } = this;
    const metadata = newMetadata();
    Object.assign(metadata, { suppressed: count, first: rfc3339(first), last: rfc3339(last) });
    const times = count === 1 ? 'once more' : `${count} times`;
    return {
      eventId: randomUUID(),
      timestamp: wallNow,
      eventType: this.#eventType,
      level: this.level,
      source: this.#source,
      title: `Repeated ${times} in ${formatDuration(windowMs)}: ${this.#title}`,
      message: `${spanText(first, last)}:\n${this.#message}`,
      metadata,
      tags: ['suppressed'],
    };
  }

  export(): object {
    const { count, first, last, level } = this;
    return {
      count,
      first,
      last,
      level,
      type: this.#eventType,
      source: this.#source,
      title: this.#title,
      message: this.#message,
    };
  }

  /** Undefined for what is no export of one. */
  static import(exported: unknown): Repeats | undefined {
    if (typeof exported !== 'object' || exported === null) return undefined;
    const { count, first, last, level, type, source, title, message } = exported as Partial<Record<string, unknown>>;
    if (typeof count !== 'number' || typeof first !== 'number' || typeof last !== 'number') return undefined;
    const known = LEVELS.find((name) => name === level);
    if (!known || typeof type !== 'string' || typeof source !== 'string') return undefined;
    if (typeof title !== 'string' || typeof message !== 'string') return undefined;
    const fields = {
      level: known,
      eventType: type,
      source,
      title,
      message,
      timestamp: first,
      metadata: newMetadata(),
      tags: [],
    };
    const repeats = new Repeats(fields, first);
    repeats.count = count;
    repeats.last = last;
    return repeats;
  }
}
