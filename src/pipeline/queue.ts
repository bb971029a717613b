import type { Settlement } from '../component/component.ts';
import type { Event } from '../component/event.ts';

/**
 * Events that wait for one exporter, oldest first. It belongs to the exporter's id and outlives
 * its instance. Bounded: what happens at the limit is `on_full` of its options.
 */
export interface Queue {
  /**
   * Holds the events, which it never edits, nor the array. `settled` is called once: `safe` when they
   * are held as firmly as this queue can (in memory: before `push` returns; on disk: synced), `failed`
   * when they could not be. A queue that drops makes room first; one that blocks may go past its
   * limit by the one batch that was let in while it had room.
   */
  push(events: readonly Event[], settled: (settlement: Settlement) => void): void;
  /** True while a queue that blocks is at its limit, and while the storage of any fails or does not keep up. */
  readonly full: boolean;
  /** True while its storage fails: what is full for another reason drains, this waits for somebody to mend it. */
  readonly failing: boolean;
  /** Events and bytes held, those on lease included. */
  readonly events: number;
  readonly bytes: number;
  /** Events that `take` would find now or, from disk, soon. */
  readonly waiting: number;
  /** Events on their way to the disk, not among `events` yet; `onReady` tells when there are none. */
  readonly arriving: number;
  /** When the oldest waiting event was queued, in Unix milliseconds; undefined if none waits. */
  readonly oldestSince: number | undefined;
  /**
   * Leases the oldest events; with `graveFirst`, critical ones before others. Undefined when none is
   * at hand: `onReady` tells when there is.
   */
  take(maxEvents: number, graveFirst: boolean): Lease | undefined;
  /** Called when more events are at hand. One listener: the delivery. */
  set onReady(listener: () => void);
  /** Called when `full` turned false. One listener: the graph. */
  set onRoom(listener: () => void);
  /** Called when events were dropped: to make room, or because the storage did not take them. */
  set onDropped(listener: (events: number, reason: 'queue_full' | 'storage_failed') => void);
  /** Events that were held when it was opened, and how many of them were found damaged; both 0 in memory. */
  readonly recovered: number;
  readonly damaged: number;
  /** New limits from an edited file, in place. */
  configure(limits: QueueLimits): void;
  /** Closes it; what a disk queue holds stays for the next start. Returns what is lost with it (in memory: all it held). */
  close(): Promise<{ readonly lost: number }>;
}

export interface QueueLimits {
  readonly maxBytes: number;
  readonly onFull: 'block' | 'drop_oldest';
}

/** Events that are being delivered. Either `settle` or `giveBack` is called, once. */
export interface Lease {
  readonly events: readonly Event[];
  /** When its oldest event was queued, in Unix milliseconds. */
  readonly since: number;
  /** They are delivered, or dead-lettered: the queue forgets them. */
  settle(): void;
  /** These of them go back to the front, in their order; the queue forgets the others. */
  giveBack(rest: readonly Event[]): void;
}
