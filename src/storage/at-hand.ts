/**
 * The events of a disk queue that are at hand in memory: the oldest waiting ones, in order, and a
 * few critical ones from further behind. Just queued events stay at hand while there are few; else
 * they are read from the log when their turn comes near.
 */
import type { Clock, Logger } from '../component/component.ts';
import { codeOf } from '../component/errors.ts';
import type { Event } from '../component/event.ts';
import type { DiskLog } from './disk-log.ts';
import { decodeEvent } from './event-codec.ts';
import { RECORD_OVERHEAD } from './record-format.ts';
import type { StoredRecord } from './segment.ts';

export interface Entry {
  readonly sequence: number;
  readonly event: Event;
  /** When it was queued, in Unix milliseconds. */
  readonly since: number;
  /** On disk. */
  readonly bytes: number;
}

/** Events are read ahead while those at hand take up less than this on disk. */
const AT_HAND_BYTES = 2 * 1024 * 1024;

/** One read. Its events share the chunk that was read. */
const READ_RECORDS = 1_000;
const READ_BYTES = 256 * 1024;

/** Critical events at hand from further behind. */
const GRAVE_AHEAD = 64;

const RETRY_MS = 1_000;

export class AtHand {
  readonly #log: DiskLog;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** In order; those before `#head` are gone. */
  #entries: Entry[] = [];
  #head = 0;
  #bytes = 0;
  /** How many of the entries are critical. */
  #grave = 0;
  /** Every waiting event before this one is at hand or on lease. */
  #through: number;
  /** Up to here `pushed` has told; what the log has beyond is about to be told, and need not be read. */
  #known: number;
  /** Critical events from behind `#through`, in order, and the numbers of those still on disk: none where they have no precedence. */
  readonly #ahead: Entry[] = [];
  readonly #graveOnDisk: number[];
  /** Undefined until the first `take` says it. */
  #graveFirst: boolean | undefined;
  /** Numbers from `#through` on that were taken out of turn, in order. */
  readonly #early = new Set<number>();
  #filling: Promise<void> | undefined;
  #cancelRetry: (() => void) | undefined;
  #stopped = false;
  /** Called when events are at hand after there were none. */
  onMore: () => void = () => {};

  /** `graveOnDisk`: the numbers of critical events that were found at the start. */
  constructor(log: DiskLog, graveOnDisk: number[], clock: Clock, logger: Logger) {
    this.#log = log;
    this.#graveOnDisk = graveOnDisk;
    this.#clock = clock;
    this.#logger = logger;
    this.#through = log.first;
    this.#known = log.next;
    this.fill();
  }

  get oldestSince(): number | undefined {
    return (this.#entries[this.#head] ?? this.#ahead[0])?.since;
  }

  /** Numbers that are kept of critical events on disk, beside those at hand. For tests. */
  get noted(): number {
    return this.#graveOnDisk.length + this.#early.size;
  }

  /** Events that were just synced. */
  pushed(first: number, events: readonly Event[], since: number, sizes: readonly number[]): void {
    const wasEmpty = this.#isEmpty();
    this.#known = first + events.length;
    // Not in order with those at hand: what lies between is still on disk, or a read under way has them already.
    const fits = first === this.#through && this.#bytes < AT_HAND_BYTES && !this.#filling;
    for (const [index, event] of events.entries()) {
      const sequence = first + index;
      if (fits) this.#add({ sequence, event, since, bytes: sizes[index]! });
      else if (this.#graveFirst !== false && sequence >= this.#through && event.level === 'critical')
        this.#graveOnDisk.push(sequence);
    }
    if (fits) {
      this.#advance(this.#known);
      if (wasEmpty) this.onMore();
    } else {
      this.fill();
    }
  }

  /** The oldest events; with `graveFirst`, critical ones before others. */
  take(max: number, graveFirst: boolean): Entry[] {
    this.#graveFirst ||= graveFirst;
    if (!this.#graveFirst) this.#graveOnDisk.length = 0;
    const taken = graveFirst ? this.#takeGrave(max) : this.#ahead.splice(0, max);
    while (taken.length < max && this.#head < this.#entries.length) taken.push(this.#shift());
    this.#tidy();
    this.fill();
    return taken;
  }

  /** These are to be taken before all others, in their order. */
  giveBack(entries: readonly Entry[]): void {
    const wasEmpty = this.#isEmpty();
    this.#entries.splice(0, this.#head, ...entries);
    this.#head = 0;
    for (const { event, bytes } of entries) {
      // They may wait long, and are not all of their chunk.
      event.received?.detach();
      this.#bytes += bytes;
      if (event.level === 'critical') this.#grave += 1;
    }
    if (wasEmpty && entries.length > 0) this.onMore();
  }

  /** Takes the oldest out, for good, until they make up `bytes`, and not more than `max` events. Reads on where it leaves none at hand. */
  drop(bytes: number, max: number): Entry[] {
    const dropped: Entry[] = [];
    for (let left = bytes; left > 0 && dropped.length < max && this.#head < this.#entries.length;) {
      const entry = this.#shift();
      left -= entry.bytes;
      dropped.push(entry);
    }
    this.#tidy();
    this.fill();
    return dropped;
  }

  /** Reads on, unless there is enough at hand. */
  fill(): void {
    if (this.#stopped || this.#cancelRetry || !this.#wantsMore()) return;
    this.#filling ??= this.#fill().finally(() => {
      this.#filling = undefined;
      // What came while it ended.
      this.fill();
    });
  }

  /** Resolves once more is at hand; false if there is no more, or not now. */
  async filled(): Promise<boolean> {
    this.fill();
    if (!this.#filling) return false;
    await this.#filling;
    return true;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelRetry?.();
    await this.#filling;
  }

  #wantsMore(): boolean {
    if (this.#bytes < AT_HAND_BYTES / 2 && this.#through < this.#known) return true;
    return this.#graveFirst === true && this.#ahead.length < GRAVE_AHEAD / 2 && this.#graveOnDisk.length > 0;
  }

  async #fill(): Promise<void> {
    try {
      await this.#fillAhead();
      while (!this.#stopped && this.#bytes < AT_HAND_BYTES && this.#through < this.#known) {
        const { records, next } = await this.#log.read(this.#through, READ_RECORDS, READ_BYTES);
        const wasEmpty = this.#isEmpty();
        for (const record of records) {
          if (this.#early.has(record.sequence)) continue;
          const entry = this.#entryOf(record);
          if (entry) this.#add(entry);
        }
        this.#advance(next);
        if (wasEmpty && !this.#isEmpty()) this.onMore();
        await this.#fillAhead();
      }
    } catch (error) {
      this.#logger.warn('a queue cannot be read for now', { reason: codeOf(error) });
      this.#cancelRetry = this.#clock.schedule(RETRY_MS, () => {
        this.#cancelRetry = undefined;
        this.fill();
      });
    }
  }

  async #fillAhead(): Promise<void> {
    if (!this.#graveFirst) return;
    let at = 0;
    while (!this.#stopped && this.#ahead.length < GRAVE_AHEAD && at < this.#graveOnDisk.length) {
      const sequence = this.#graveOnDisk[at]!;
      at += 1;
      if (this.#early.has(sequence)) continue;
      const record = await this.#log.readOne(sequence);
      const entry = record && this.#entryOf(record);
      if (!entry) continue;
      const wasEmpty = this.#isEmpty();
      this.#early.add(sequence);
      this.#ahead.push(entry);
      if (wasEmpty) this.onMore();
    }
    this.#graveOnDisk.splice(0, at);
  }

  /** Of what is before `through` no numbers are needed any more, delivered or not. */
  #advance(through: number): void {
    this.#through = through;
    for (const sequence of this.#early) {
      if (sequence >= through) break;
      this.#early.delete(sequence);
    }
    const passed = this.#graveOnDisk.findIndex((sequence) => sequence >= through);
    this.#graveOnDisk.splice(0, passed < 0 ? this.#graveOnDisk.length : passed);
  }

  #entryOf({ sequence, payload }: StoredRecord): Entry | undefined {
    const queued = decodeEvent(payload);
    if (queued) return { sequence, ...queued, bytes: payload.length + RECORD_OVERHEAD };
    this.#log.unreadable(sequence);
    return undefined;
  }

  #takeGrave(max: number): Entry[] {
    const taken: Entry[] = [];
    if (this.#grave > 0) {
      const rest: Entry[] = [];
      for (let index = this.#head; index < this.#entries.length; index += 1) {
        const entry = this.#entries[index]!;
        if (taken.length < max && entry.event.level === 'critical') taken.push(entry);
        else rest.push(entry);
      }
      this.#entries = rest;
      this.#head = 0;
      this.#grave -= taken.length;
      for (const { event, bytes } of taken) {
        // Those around them wait on.
        event.received?.detach();
        this.#bytes -= bytes;
      }
    }
    taken.push(...this.#ahead.splice(0, max - taken.length));
    return taken;
  }

  #add(entry: Entry): void {
    this.#entries.push(entry);
    this.#bytes += entry.bytes;
    if (entry.event.level === 'critical') this.#grave += 1;
  }

  #shift(): Entry {
    const entry = this.#entries[this.#head]!;
    this.#head += 1;
    this.#bytes -= entry.bytes;
    if (entry.event.level === 'critical') this.#grave -= 1;
    return entry;
  }

  #isEmpty(): boolean {
    return this.#head === this.#entries.length && this.#ahead.length === 0;
  }

  #tidy(): void {
    if (this.#head === this.#entries.length) this.#entries.length = 0;
    else if (this.#head < 1_024 || this.#head * 2 < this.#entries.length) return;
    else this.#entries.splice(0, this.#head);
    this.#head = 0;
  }
}
