/**
 * Hands batches to the sink, and keeps senders that can wait (connections) waiting while it is full.
 * Nothing that was read from a connection is pushed into a full sink: it stays here, at most one
 * chunk a connection, and goes first when there is room.
 */
import type { Sink } from '../component/component.ts';
import type { Event } from '../component/event.ts';

export interface Pausable {
  pause(): void;
  resume(): void;
}

export class Flow {
  readonly #sink: Sink;
  readonly #senders: () => Iterable<Pausable>;
  readonly #waiting: Event[][] = [];
  #wait: AbortController | undefined;

  constructor(sink: Sink, senders: () => Iterable<Pausable>) {
    this.#sink = sink;
    this.#senders = senders;
  }

  get paused(): boolean {
    return this.#wait !== undefined;
  }

  /** From a sender that can wait. Keeps the order. */
  deliver(batch: Event[]): void {
    if (this.#waiting.length === 0 && this.#sink.hasRoom()) {
      if (this.#sink.push(batch)) return;
    } else {
      this.#waiting.push(batch);
    }
    this.#pause();
  }

  /** From a sender that cannot wait: where there is no room, the sink counts the loss. */
  deliverNow(batch: Event[]): void {
    this.#sink.push(batch);
  }

  /** Takes what another flow still holds, and its pause. */
  takeOver(other: Flow): void {
    this.#waiting.push(...other.#waiting.splice(0));
    const wasPaused = other.paused;
    other.#resume();
    if (wasPaused || this.#waiting.length > 0) this.#pause();
  }

  /** Pushes what waits, room or not: the sink counts what it refuses. */
  flush(): void {
    for (const batch of this.#waiting.splice(0)) this.#sink.push(batch);
    this.#wait?.abort();
    this.#wait = undefined;
  }

  #pause(): void {
    if (this.#wait) return;
    const wait = new AbortController();
    this.#wait = wait;
    for (const sender of this.#senders()) sender.pause();
    this.#sink.drained(wait.signal).then(
      () => {
        if (this.#wait === wait) this.#continue();
      },
      () => {},
    );
  }

  #continue(): void {
    this.#wait = undefined;
    let room = true;
    while (room && this.#waiting.length > 0 && this.#sink.hasRoom()) room = this.#sink.push(this.#waiting.shift()!);
    if (!room || this.#waiting.length > 0) this.#pause();
    else this.#resume();
  }

  #resume(): void {
    this.#wait?.abort();
    this.#wait = undefined;
    for (const sender of this.#senders()) sender.resume();
  }
}
