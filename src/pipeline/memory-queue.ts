/**
 * The queue of `type: memory`: fast, bounded, gone with the process. Before an exporter that writes
 * to this machine's disk itself, it says `safe` only once that is done.
 */
import type { Settlement } from '../component/component.ts';
import { sizeOf, type Event } from '../component/event.ts';
import { leaveSparseChunks } from '../lib/sparse-chunks.ts';
import type { Lease, Queue, QueueLimits } from './queue.ts';

/** A push that is settled once all its events are delivered, dead-lettered or dropped, counted. */
interface Origin {
  pending: number;
  readonly settled: (settlement: Settlement) => void;
}

/** What one push brought, or what is left of it. `from` is the first event that still waits. */
interface Entry {
  readonly events: readonly Event[];
  readonly since: number;
  readonly origin: Origin | undefined;
  from: number;
  bytes: number;
}

/**
 * Batches that may share memory with the chunks they came in, however little of them they need. Past
 * this many, what is left of a chunk that was mostly filtered away is moved into memory of its own:
 * one line can hold a whole chunk (64 KiB).
 */
const BATCHES_IN_CHUNKS = 64;

/** In place of an entry that was taken: what is delivered must not stay in memory until the array is cut. */
const TAKEN: Entry = { events: [], since: 0, origin: undefined, from: 0, bytes: 0 };

export class MemoryQueue implements Queue {
  onReady: () => void = () => {};
  onRoom: () => void = () => {};
  onDropped: Queue['onDropped'] = () => {};
  readonly recovered = 0;
  readonly damaged = 0;
  readonly failing = false;
  readonly arriving = 0;
  events = 0;
  bytes = 0;
  waiting = 0;
  #entries: Entry[] = [];
  /** Entries before this index are empty; the array is cut when half of it is. */
  #head = 0;
  #limits: QueueLimits;
  readonly #now: () => number;
  readonly #safe: 'held' | 'delivered';

  /** `safe`: when a push is settled. A queue that waits until delivery gives no grave event precedence. */
  constructor(limits: QueueLimits, now: () => number, safe: 'held' | 'delivered' = 'held') {
    this.#limits = limits;
    this.#now = now;
    this.#safe = safe;
  }

  get full(): boolean {
    return this.#limits.onFull === 'block' && this.bytes >= this.#limits.maxBytes;
  }

  get oldestSince(): number | undefined {
    return this.waiting === 0 ? undefined : this.#entries[this.#head]?.since;
  }

  push(events: readonly Event[], settled: (settlement: Settlement) => void): void {
    if (events.length === 0) {
      settled('safe');
      return;
    }
    const origin = this.#safe === 'delivered' ? { pending: events.length, settled } : undefined;
    if (this.#entries.length - this.#head >= BATCHES_IN_CHUNKS) leaveSparseChunks(events);
    const bytes = sum(events);
    this.#entries.push({ events, since: this.#now(), origin, from: 0, bytes });
    this.#hold(events.length, bytes);
    if (this.#limits.onFull === 'drop_oldest' && this.bytes > this.#limits.maxBytes) this.#dropOldest();
    if (!origin) settled('safe');
    this.onReady();
  }

  take(maxEvents: number, graveFirst: boolean): Lease | undefined {
    if (this.waiting === 0) return undefined;
    if (graveFirst && this.#safe === 'held') this.#graveToFront(maxEvents);
    const taken: Entry[] = [];
    let count = 0;
    while (count < maxEvents && this.#head < this.#entries.length) {
      const entry = this.#entries[this.#head]!;
      const waiting = entry.events.length - entry.from;
      const part = this.#split(entry, Math.min(waiting, maxEvents - count));
      if (entry.from === entry.events.length) this.#entries[this.#head++] = TAKEN;
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
    for (const origin of new Set(this.#entries.map((entry) => entry.origin))) origin?.settled('failed');
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
      const { events, since, origin, bytes } = entry;
      entry.from = count;
      return { events, since, origin, from: 0, bytes };
    }
    const events = entry.events.slice(entry.from, entry.from + count);
    const bytes = sum(events);
    entry.from += count;
    entry.bytes -= bytes;
    return { events, since: entry.since, origin: entry.origin, from: 0, bytes };
  }

  #lease(entries: Entry[]): Lease {
    const [first] = entries;
    const events = entries.length === 1 ? first!.events : entries.flatMap((entry) => entry.events as Event[]);
    let bytes = 0;
    for (const entry of entries) bytes += entry.bytes;
    return {
      events,
      since: first!.since,
      settle: () => {
        this.#release(events.length, bytes);
        for (const { origin, events: part } of entries) settle(origin, part.length);
      },
      giveBack: (rest) => {
        const left = new Set(rest);
        const back: Entry[] = [];
        for (const { events: part, since, origin } of entries) {
          const kept = part.filter((event) => left.has(event));
          if (kept.length > 0) back.push({ events: kept, since, origin, from: 0, bytes: sum(kept) });
        }
        const kept = back.reduce((total, entry) => total + entry.bytes, 0);
        this.#entries.splice(0, this.#head, ...back);
        this.#head = 0;
        this.waiting += rest.length;
        this.#release(events.length - rest.length, bytes - kept);
        for (const { origin, events: part } of entries)
          settle(origin, part.length - part.filter((event) => left.has(event)).length);
        if (rest.length > 0) this.onReady();
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
        this.#entries[index] = { ...entry, events: rest, from: 0, bytes: sum(rest) };
      }
    }
    if (since === undefined) return;
    const rest = this.#entries.slice(this.#head).filter((entry) => entry.events.length > entry.from);
    this.#entries = [{ events: grave, since, origin: undefined, from: 0, bytes: sum(grave) }, ...rest];
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
      settle(entry.origin, 1);
      if (entry.from === entry.events.length) this.#entries[this.#head++] = TAKEN;
    }
    this.#tidy();
    if (dropped > 0) this.onDropped(dropped, 'queue_full');
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

function settle(origin: Origin | undefined, events: number): void {
  if (!origin || events === 0) return;
  origin.pending -= events;
  if (origin.pending === 0) origin.settled('safe');
}

function sum(events: readonly Event[]): number {
  let bytes = 0;
  for (const event of events) bytes += sizeOf(event);
  return bytes;
}
