/**
 * What was read of the journal and is not safe yet, and the place up to which everything is. A
 * reload hands it to the next instance.
 */
import type { Settlement, Sink } from '../../component/component.ts';
import type { Event } from '../../component/event.ts';

/** A place in the journal. */
export interface Position {
  readonly cursor: string | undefined;
  /** Unix milliseconds: for a journal that no longer has the cursor, or before there is one. */
  readonly time: number;
}

interface Batch {
  readonly lines: readonly string[];
  readonly bytes: number;
  readonly position: Position;
  state: 'waiting' | 'pushed' | 'safe';
}

export class Ledger {
  /** Everything up to here is safe. */
  committed: Position | undefined;
  /** Where reading goes on. */
  read: Position | undefined;
  /** Told how each batch ended; set by whose ledger it is. */
  settled: (settlement: Settlement) => void = () => {};
  readonly #batches: Batch[] = [];
  #bytes = 0;

  /** Bytes of lines that are not safe yet. */
  get bytes(): number {
    return this.#bytes;
  }

  get isSettled(): boolean {
    return this.#batches.length === 0;
  }

  add(lines: readonly string[], bytes: number, position: Position): void {
    this.#batches.push({ lines, bytes, position, state: 'waiting' });
    this.#bytes += bytes;
    this.read = position;
  }

  /**
   * Pushes what waits, oldest first, while there is room; true if nothing waits any more. A batch
   * that does not end safely waits again.
   */
  push(sink: Sink, eventsOf: (lines: readonly string[]) => Event[]): boolean {
    // A batch that settles at once leaves the list while it is gone through.
    for (const batch of [...this.#batches]) {
      if (batch.state !== 'waiting') continue;
      if (!sink.hasRoom()) return false;
      batch.state = 'pushed';
      sink.push(eventsOf(batch.lines), (settlement) => {
        batch.state = settlement === 'safe' ? 'safe' : 'waiting';
        this.#commit();
        this.settled(settlement);
      });
    }
    return true;
  }

  #commit(): void {
    while (this.#batches[0]?.state === 'safe') {
      const { position, bytes } = this.#batches.shift()!;
      this.committed = position;
      this.#bytes -= bytes;
    }
  }
}
