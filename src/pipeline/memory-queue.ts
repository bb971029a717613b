/** The queue of `type: memory`: fast, bounded, gone with the process. */
import type { Settlement } from '../component/component.ts';
import { sizeOf, type Event } from '../component/event.ts';
import type { Lease, Queue, QueueLimits } from './queue.ts';

/** What one push brought, or what is left of it. `from` is the first event that still waits. */
interface Entry {
  readonly events: readonly Event[];
  readonly since: number;
  from: number;
  bytes: number;
}

/**
 * Batches that may share memory with the chunks they came in. One waiting line can hold a whole
 * chunk (64 KiB), so past this many batches lines are moved into memory of their own.
 */
const BATCHES_IN_CHUNKS = 64;

export class MemoryQueue implements Queue {
  onReady: () => void = () => {};
  onRoom: () => void = () => {};
  onDropped: (events: number) => void = () => {};
  events = 0;
  bytes = 0;
  waiting = 0;
  #entries: Entry[] = [];
  /** Entries before this index are empty; the array is cut when half of it is. */
  #head = 0;
  #limits: QueueLimits;
  readonly #now: () => number;

  constructor(limits: QueueLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  get full(): boolean {
    return this.#limits.onFull === 'block' && this.bytes >= this.#limits.maxBytes;
  }

  get oldestSince(): number | undefined {
    return this.waiting === 0 ? undefined : this.#entries[this.#head]?.since;
  }

  push(events: readonly Event[], settled: (settlement: Settlement) => void): void {
    if (events.length > 0) {
      const detach = this.#entries.length - this.#head >= BATCHES_IN_CHUNKS;
      let bytes = 0;
      for (const event of events) {
        bytes += sizeOf(event);
        if (detach) event.received?.detach();
      }
      this.#entries.push({ events, since: this.#now(), from: 0, bytes });
      this.#hold(events.length, bytes);
      if (this.#limits.onFull === 'drop_oldest' && this.bytes > this.#limits.maxBytes) this.#dropOldest();
      this.onReady();
    }
    settled('safe');
  }

  take(maxEvents: number, graveFirst: boolean): Lease | undefined {
    if (this.waiting === 0) return undefined;
    if (graveFirst) this.#graveToFront(maxEvents);
    const taken: Entry[] = [];
    let count = 0;
    while (count < maxEvents && this.#head < this.#entries.length) {
      const entry = this.#entries[this.#head]!;
      const waiting = entry.events.length - entry.from;
      const part = this.#split(entry, Math.min(waiting, maxEvents - count));
      if (entry.from === entry.events.length) this.#head += 1;
      count += part.events.length;
      taken.push(part);
    }
    this.waiting -= count;
    this.#tidy();
    return this.#lease(taken);
  }

  configure(limits: QueueLimits): void {
    const wasFull = this.full;
    this.#limits = limits;
    if (limits.onFull === 'drop_oldest' && this.bytes > limits.maxBytes) this.#dropOldest();
    if (wasFull && !this.full) this.onRoom();
  }

  close(): Promise<{ lost: number }> {
    const lost = this.events;
    this.#entries = [];
    this.#head = 0;
    this.waiting = 0;
    this.#release(this.events, this.bytes);
    return Promise.resolve({ lost });
  }

  #hold(events: number, bytes: number): void {
    this.events += events;
    this.waiting += events;
    this.bytes += bytes;
  }

  #release(events: number, bytes: number): void {
    const wasFull = this.full;
    this.events -= events;
    this.bytes -= bytes;
    if (wasFull && !this.full) this.onRoom();
  }

  /** The first `count` waiting events of an entry, as an entry of their own. */
  #split(entry: Entry, count: number): Entry {
    if (entry.from === 0 && count === entry.events.length) {
      entry.from = count;
      return { events: entry.events, since: entry.since, from: 0, bytes: entry.bytes };
    }
    const events = entry.events.slice(entry.from, entry.from + count);
    const bytes = sum(events);
    entry.from += count;
    entry.bytes -= bytes;
    return { events, since: entry.since, from: 0, bytes };
  }

  #lease(entries: Entry[]): Lease {
    const [first] = entries;
    const events = entries.length === 1 ? first!.events : entries.flatMap((entry) => entry.events as Event[]);
    let bytes = 0;
    for (const entry of entries) bytes += entry.bytes;
    return {
      events,
      since: first!.since,
      settle: () => this.#release(events.length, bytes),
      giveBack: (rest) => {
        const wasIdle = this.waiting === 0;
        const kept = sum(rest);
        if (rest.length > 0) {
          this.#entries.splice(0, this.#head, { events: rest, since: first!.since, from: 0, bytes: kept });
          this.#head = 0;
          this.waiting += rest.length;
        }
        this.#release(events.length - rest.length, bytes - kept);
        if (wasIdle && rest.length > 0) this.onReady();
      },
    };
  }

  /** Moves the oldest critical events before all others, if any waits. */
  #graveToFront(max: number): void {
    const grave: Event[] = [];
    let since: number | undefined;
    for (let index = this.#head; index < this.#entries.length && grave.length < max; index += 1) {
      const entry = this.#entries[index]!;
      const rest: Event[] = [];
      for (let at = entry.from; at < entry.events.length; at += 1) {
        const event = entry.events[at]!;
        if (grave.length < max && event.level === 'critical') {
          grave.push(event);
          since ??= entry.since;
        } else rest.push(event);
      }
      if (rest.length < entry.events.length - entry.from) {
        this.#entries[index] = { events: rest, since: entry.since, from: 0, bytes: sum(rest) };
      }
    }
    if (since === undefined) return;
    const rest = this.#entries.slice(this.#head).filter((entry) => entry.events.length > entry.from);
    this.#entries = [{ events: grave, since, from: 0, bytes: sum(grave) }, ...rest];
    this.#head = 0;
  }

  #dropOldest(): void {
    let dropped = 0;
    while (this.bytes > this.#limits.maxBytes && this.waiting > 1) {
      const entry = this.#entries[this.#head]!;
      const bytes = sizeOf(entry.events[entry.from]!);
      entry.from += 1;
      entry.bytes -= bytes;
      this.bytes -= bytes;
      this.events -= 1;
      this.waiting -= 1;
      dropped += 1;
      if (entry.from === entry.events.length) this.#head += 1;
    }
    this.#tidy();
    if (dropped > 0) this.onDropped(dropped);
  }

  #tidy(): void {
    if (this.#head > 256 && this.#head * 2 > this.#entries.length) {
      this.#entries.splice(0, this.#head);
      this.#head = 0;
    } else if (this.#head === this.#entries.length) {
      this.#entries.length = 0;
      this.#head = 0;
    }
  }
}

function sum(events: readonly Event[]): number {
  let bytes = 0;
  for (const event of events) bytes += sizeOf(event);
  return bytes;
}
