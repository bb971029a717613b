/**
 * The queue of `type: disk`: what waits for a destination survives a crash and a restart.
 *
 * "Is my event safe?": `safe` is said once it is synced, and it is forgotten only once it was
 * delivered or its dead letter is on disk. "Why is it full?": `max_size`; or the disk takes nothing
 * more, which the log says once; it goes on by itself.
 */
import type { Clock, Logger, Settlement } from '../component/component.ts';
import type { Event } from '../component/event.ts';
import { leaveSparseChunks } from '../lib/sparse-chunks.ts';
import { AtHand, type Entry } from './at-hand.ts';
import { DiskLog } from './disk-log.ts';
import { encodeEvents, isGrave } from './event-codec.ts';

export interface DiskQueueLimits {
  readonly maxBytes: number;
  readonly onFull: 'block' | 'drop_oldest';
}

export interface DiskQueueOptions {
  /** Its own; made if need be. */
  readonly directory: string;
  readonly limits: DiskQueueLimits;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told each loss to damage after the start; for those before, see `damaged`. */
  readonly onDamaged?: (events: number) => void;
  /** Dead letters of its events: an event that was refused is forgotten once its letter is on disk. */
  readonly letters?: LettersUnderWay;
}

/** Dead letters of one queue's events that may not be on disk. */
export interface LettersUnderWay {
  /** True if one of these events has a letter among them. */
  includeOneOf(events: readonly Event[]): boolean;
  /** Undefined if there are none; else resolves with whether all got to the disk. */
  flushed(): Promise<boolean> | undefined;
}

/** Events that are being delivered. Either `settle` or `giveBack` is called, once. */
export interface DiskLease {
  readonly events: readonly Event[];
  readonly since: number;
  settle(): void;
  giveBack(rest: readonly Event[]): void;
}

/** Of one file; a sixteenth of a small queue, so that space is freed in small steps. */
const MAX_SEGMENT_BYTES = 4 * 1024 * 1024;
const MIN_SEGMENT_BYTES = 64 * 1024;

/** On their way to the disk: past it senders wait, whatever happens to a full queue, since these bytes and their events are in memory. */
const MAX_PENDING_BYTES = 16 * 1024 * 1024;

const FORGET_AGAIN_MS = 1_000;

/** Structurally the pipeline's Queue; its documentation is there. */
export class DiskQueue {
  readonly #options: DiskQueueOptions;
  readonly #log: DiskLog;
  readonly #atHand: AtHand;
  #limits: DiskQueueLimits;
  #leased = 0;
  #arriving = 0;
  #wasFull = false;
  #dropping: Promise<void> | undefined;
  /** Delivered with events whose dead letters are not on disk yet. */
  #unforgotten: number[] = [];
  #forgetting: Promise<void> | undefined;
  #cancelForget: (() => void) | undefined;
  #closed = false;
  onRoom: () => void = () => {};
  onDropped: (events: number, reason: 'queue_full' | 'storage_failed') => void = () => {};

  /** Opens the queue with what it held. Throws when its directory cannot be used. */
  static async open(options: DiskQueueOptions): Promise<DiskQueue> {
    const { directory, limits, clock, log, onDamaged } = options;
    const graveOnDisk: number[] = [];
    const diskLog = await DiskLog.open({
      directory,
      segmentBytes: Math.max(MIN_SEGMENT_BYTES, Math.min(MAX_SEGMENT_BYTES, limits.maxBytes / 16)),
      clock,
      log,
      onFound: ({ sequence, payload }) => {
        if (isGrave(payload)) graveOnDisk.push(sequence);
      },
      ...(onDamaged ? { onDamaged } : {}),
    });
    return new DiskQueue(options, diskLog, new AtHand(diskLog, graveOnDisk, clock, log));
  }

  private constructor(options: DiskQueueOptions, log: DiskLog, atHand: AtHand) {
    this.#options = options;
    this.#limits = options.limits;
    this.#log = log;
    this.#atHand = atHand;
    log.onSpace = () => this.#roomMayBe();
  }

  get onReady(): () => void {
    return this.#atHand.onMore;
  }

  set onReady(listener: () => void) {
    this.#atHand.onMore = listener;
  }

  /** Events that were held at the start, and how many of them were damaged. For the ledger. */
  get recovered(): number {
    return this.#log.recovered;
  }

  get damaged(): number {
    return this.#log.damaged;
  }

  get events(): number {
    return this.#log.records;
  }

  get bytes(): number {
    return this.#log.bytes + this.#log.pendingBytes;
  }

  get waiting(): number {
    return this.#log.records - this.#leased;
  }

  get arriving(): number {
    return this.#arriving;
  }

  get oldestSince(): number | undefined {
    return this.#atHand.oldestSince;
  }

  get full(): boolean {
    const { maxBytes, onFull } = this.#limits;
    const full =
      this.#log.failing ||
      this.#log.pendingBytes >= MAX_PENDING_BYTES ||
      // Files that one stubborn event holds are bounded too.
      (onFull === 'block' && (this.bytes >= maxBytes || this.#log.diskBytes >= maxBytes + 2 * MAX_SEGMENT_BYTES));
    this.#wasFull ||= full;
    return full;
  }

  get failing(): boolean {
    return this.#log.failing;
  }

  push(events: readonly Event[], settled: (settlement: Settlement) => void): void {
    if (events.length === 0) {
      settled('safe');
      return;
    }
    const since = this.#options.clock.now();
    leaveSparseChunks(events);
    const records = encodeEvents(events, since);
    const { sizes } = records;
    this.#arriving += events.length;
    this.#log.append(records).then(
      (first) => {
        this.#arriving -= events.length;
        this.#atHand.pushed(first, events, since, sizes);
        this.#makeRoom();
        settled('safe');
        this.#roomMayBe();
      },
      () => {
        this.#arriving -= events.length;
        // Not taken: its sender is told, where one listens, and the books balance.
        this.onDropped(events.length, 'storage_failed');
        settled('failed');
        this.onReady();
      },
    );
  }

  take(maxEvents: number, graveFirst: boolean): DiskLease | undefined {
    const entries = this.#atHand.take(maxEvents, graveFirst);
    if (entries.length === 0) return undefined;
    this.#leased += entries.length;
    let since = Infinity;
    for (const entry of entries) since = Math.min(since, entry.since);
    return {
      events: entries.map(({ event }) => event),
      since,
      settle: () => this.#forget(entries),
      giveBack: (rest) => this.#giveBack(entries, rest),
    };
  }

  configure(limits: DiskQueueLimits): void {
    this.#limits = limits;
    this.#makeRoom();
    this.#roomMayBe();
  }

  async close(): Promise<{ readonly lost: number }> {
    this.#closed = true;
    this.#cancelForget?.();
    await this.#forgetting;
    await this.#atHand.stop();
    await this.#dropping;
    await this.#log.close();
    return { lost: 0 };
  }

  #giveBack(entries: readonly Entry[], rest: readonly Event[]): void {
    const byEvent = new Map<Event, Entry[]>();
    for (const entry of entries.toReversed()) {
      const same = byEvent.get(entry.event);
      if (same) same.push(entry);
      else byEvent.set(entry.event, [entry]);
    }
    const back: Entry[] = [];
    for (const event of rest) {
      const entry = byEvent.get(event)?.pop();
      if (entry) back.push(entry);
    }
    this.#leased -= back.length;
    this.#forget([...byEvent.values()].flat());
    this.#atHand.giveBack(back);
  }

  #forget(entries: readonly Entry[]): void {
    const sequences = entries.map(({ sequence }) => sequence);
    if (!this.#options.letters?.includeOneOf(entries.map(({ event }) => event))) {
      this.#acknowledge(sequences);
      return;
    }
    // They may wait long: nothing else is kept of them.
    for (const sequence of sequences) this.#unforgotten.push(sequence);
    if (!this.#cancelForget) this.#forgetting ??= this.#forgetOnceSafe();
  }

  async #forgetOnceSafe(): Promise<void> {
    while (this.#unforgotten.length > 0) {
      const asked = this.#unforgotten;
      this.#unforgotten = [];
      if ((await this.#options.letters?.flushed()) ?? true) {
        this.#acknowledge(asked);
        continue;
      }
      for (const sequence of this.#unforgotten) asked.push(sequence);
      this.#unforgotten = asked;
      if (!this.#closed) this.#cancelForget = this.#options.clock.schedule(FORGET_AGAIN_MS, () => this.#forgetAgain());
      break;
    }
    this.#forgetting = undefined;
  }

  #forgetAgain(): void {
    this.#cancelForget = undefined;
    this.#forgetting ??= this.#forgetOnceSafe();
  }

  #acknowledge(sequences: readonly number[]): void {
    this.#leased -= sequences.length;
    this.#log.acknowledge(sequences);
    this.#roomMayBe();
  }

  #roomMayBe(): void {
    if (!this.#wasFull || this.full) return;
    this.#wasFull = false;
    this.onRoom();
  }

  /** Drops the oldest until the rest fits or is the newest one alone, if that is what the queue is told. */
  #makeRoom(): void {
    if (this.#limits.onFull === 'drop_oldest')
      this.#dropping ??= this.#dropOldest().finally(() => (this.#dropping = undefined));
  }

  async #dropOldest(): Promise<void> {
    for (let excess = this.#excess(); excess > 0 && this.waiting > 1; excess = this.#excess()) {
      const entries = this.#atHand.drop(excess, this.waiting - 1);
      if (entries.length > 0) {
        this.#log.acknowledge(entries.map(({ sequence }) => sequence));
        this.onDropped(entries.length, 'queue_full');
      } else if (!(await this.#atHand.filled())) {
        return;
      }
    }
  }

  #excess(): number {
    return this.#log.bytes - this.#limits.maxBytes;
  }
}
