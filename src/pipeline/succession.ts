/**
 * A queue that took over from another one, when `queue.type` was edited: what waits in the old one is
 * delivered first, from where it is, and then the old one is closed. Nothing is copied, so nothing can
 * be lost or repeated on the way, and a long backlog on disk never has to fit into memory.
 */
import type { Settlement } from '../component/component.ts';
import type { Event } from '../component/event.ts';
import type { Lease, Queue, QueueLimits } from './queue.ts';

export class Succession implements Queue {
  readonly current: Queue;
  #former: Queue | undefined;
  /** The former is to become the current one of a successor: it stays open even when it has drained. */
  #lent = false;
  #closing: Promise<unknown> = Promise.resolve();
  readonly recovered: number;
  readonly damaged: number;

  /** `found` says that the former was just opened too, with what it held. */
  constructor(former: Queue, current: Queue, found = false) {
    this.#former = former;
    this.current = current;
    this.recovered = current.recovered + (found ? former.recovered : 0);
    this.damaged = current.damaged + (found ? former.damaged : 0);
  }

  /**
   * The former, if it still holds events: an edit back goes back to it. It stays open from then on, until
   * `takeBack`: deliveries go on while the edit is tried. Resolves once it is closed otherwise.
   */
  async lendFormer(): Promise<Queue | undefined> {
    this.#endFormer();
    this.#lent = this.#former !== undefined;
    await this.#closing;
    return this.#former;
  }

  /** The edit that it was lent to was refused. */
  takeBack(): void {
    this.#lent = false;
    this.#endFormer();
  }

  get full(): boolean {
    return this.current.full;
  }

  get failing(): boolean {
    return this.current.failing;
  }

  get events(): number {
    return this.current.events + (this.#former?.events ?? 0);
  }

  get bytes(): number {
    return this.current.bytes + (this.#former?.bytes ?? 0);
  }

  get waiting(): number {
    return this.current.waiting + (this.#former?.waiting ?? 0);
  }

  get arriving(): number {
    return this.current.arriving + (this.#former?.arriving ?? 0);
  }

  get oldestSince(): number | undefined {
    return this.#former?.oldestSince ?? this.current.oldestSince;
  }

  push(events: readonly Event[], settled: (settlement: Settlement) => void): void {
    this.current.push(events, settled);
  }

  take(maxEvents: number, graveFirst: boolean): Lease | undefined {
    this.#endFormer();
    // While the former has events that are not at hand yet, the current one's turn has not come.
    if (this.#former && this.#former.waiting + this.#former.arriving > 0)
      return this.#former.take(maxEvents, graveFirst);
    return this.current.take(maxEvents, graveFirst);
  }

  set onReady(listener: () => void) {
    this.current.onReady = listener;
    if (this.#former) this.#former.onReady = listener;
  }

  set onRoom(listener: () => void) {
    this.current.onRoom = listener;
  }

  set onDropped(listener: Queue['onDropped']) {
    this.current.onDropped = listener;
    if (this.#former) this.#former.onDropped = listener;
  }

  configure(limits: QueueLimits): void {
    this.current.configure(limits);
  }

  async close(): Promise<{ readonly lost: number }> {
    const queues = [this.current, ...(this.#former ? [this.#former] : [])];
    await this.#closing;
    const closed = await Promise.all(queues.map((queue) => queue.close()));
    return { lost: closed.reduce((sum, { lost }) => sum + lost, 0) };
  }

  #endFormer(): void {
    if (this.#lent || !this.#former || this.#former.events + this.#former.arriving > 0) return;
    this.#closing = this.#former.close();
    this.#former = undefined;
  }
}

/**
 * The queue that follows `running`, whose type was edited: the one that it followed, if that still holds
 * events, else what `open` opens. `undo` is given what puts `running` back as it was.
 */
export async function succeed(
  running: Queue,
  open: () => Promise<Queue>,
  undo: (() => Promise<void>)[],
): Promise<Succession> {
  if (!(running instanceof Succession)) return new Succession(running, await open());
  undo.push(async () => running.takeBack());
  return new Succession(running.current, (await running.lendFormer()) ?? (await open()));
}
