import type {
  Clock,
  Context,
  Counter,
  Logger,
  ProcessorOutput,
  Settlement,
  Sink,
} from '../../src/component/component.ts';
import { newMetadata, type Event } from '../../src/component/event.ts';

/** A clock that stands still until it is advanced; due callbacks run in order of their time. */
export class FakeClock implements Clock {
  time = Date.UTC(2026, 0, 15, 12);
  #timers: { at: number; callback: () => void }[] = [];

  now(): number {
    return this.time;
  }

  monotonic(): number {
    return this.time;
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const timer = { at: this.time + delayMs, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  advance(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.time = Math.max(this.time, next.at);
      next.callback();
    }
    this.time = end;
  }

  get pending(): number {
    return this.#timers.length;
  }
}

export interface LogLine {
  level: keyof Logger;
  message: string;
  fields?: object | undefined;
}

export interface FakeContext extends Context {
  readonly clock: FakeClock;
  readonly lines: LogLine[];
  /** What each counter has come to, by its name and the values of its labels. */
  readonly counts: Record<string, number>;
}

export function fakeContext(id = 'test'): FakeContext {
  const lines: LogLine[] = [];
  const counts: Record<string, number> = {};
  const write = (level: keyof Logger) => (message: string, fields?: object) =>
    void lines.push({ level, message, fields });
  return {
    id,
    clock: new FakeClock(),
    log: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
    lines,
    counts,
    counter(name, _description, labels): Counter {
      const key = labels ? `${name} ${Object.values(labels).join(' ')}` : name;
      counts[key] ??= 0;
      return { add: (count) => void (counts[key]! += count) };
    },
  };
}

export function event(fields: Partial<Event> = {}): Event {
  const { metadata, ...rest } = fields;
  return {
    eventId: 'e1',
    timestamp: Date.UTC(2026, 0, 15, 12),
    eventType: 'custom',
    level: 'info',
    source: 'test',
    title: 'title',
    message: 'message',
    tags: [],
    ...rest,
    metadata: Object.assign(newMetadata(), metadata),
  };
}

/** What a processor said while it processed. */
export class FakeOutput implements ProcessorOutput {
  readonly emitted: Event[] = [];
  readonly drops: Record<'filtered' | 'suppressed', number> = { filtered: 0, suppressed: 0 };
  readonly failures: Event[] = [];

  dropped(reason: 'filtered' | 'suppressed', events: number): void {
    this.drops[reason] += events;
  }

  failed(_error: unknown, event: Event): void {
    this.failures.push(event);
  }

  emit(event: Event): void {
    this.emitted.push(event);
  }
}

/** A sink that keeps what it is given; full while `room` is false. */
export class FakeSink implements Sink {
  readonly events: Event[] = [];
  readonly batches: number[] = [];
  readonly refusals: Record<string, number> = {};
  room = true;
  isCrowded = false;
  /** How batches settle; undefined leaves them unsettled in `unsettled`. */
  settlement: Settlement | undefined = 'safe';
  readonly unsettled: ((settlement: Settlement) => void)[] = [];
  readonly #waiting: (() => void)[] = [];

  push(batch: Event[], settled?: (settlement: Settlement) => void): boolean {
    if (!this.room) {
      this.refused('queue_full', batch.length);
      settled?.('full');
      return false;
    }
    this.batches.push(batch.length);
    this.events.push(...batch);
    if (settled) {
      if (this.settlement) settled(this.settlement);
      else this.unsettled.push(settled);
    }
    return this.room;
  }

  hasRoom(): boolean {
    return this.room;
  }

  crowded(): boolean {
    return this.isCrowded;
  }

  drained(signal: AbortSignal): Promise<void> {
    if (this.room) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.push(resolve);
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
  }

  makeRoom(): void {
    this.room = true;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  refused(reason: string, events: number): void {
    this.refusals[reason] = (this.refusals[reason] ?? 0) + events;
  }
}
