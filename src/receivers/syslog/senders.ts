/**
 * Counts messages by sender.
 *
 * An operator asks: who sends so much? `sender_messages` says it for the first hundred addresses since
 * the collector started; those after them are one, `other`.
 */
import type { Context, Counter } from '../../component/component.ts';

const MAX_SENDERS = 100;

export class Senders {
  readonly #context: Context;
  readonly #counters = new Map<string, Counter>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** `remote` is undefined for Unix sockets, which are `local`. */
  count(remote = 'local', messages: number): void {
    const known = this.#counters.get(remote);
    (known ?? this.#counterFor(this.#counters.size < MAX_SENDERS ? remote : 'other')).add(messages);
  }

  /** A reload does not begin another hundred. */
  inherit(predecessor: Senders): void {
    for (const [sender, counter] of predecessor.#counters) this.#counters.set(sender, counter);
  }

  #counterFor(sender: string): Counter {
    let counter = this.#counters.get(sender);
    if (!counter) {
      counter = this.#context.counter('sender_messages', 'Messages by sender: the first hundred, and others.', {
        sender,
      });
      this.#counters.set(sender, counter);
    }
    return counter;
  }
}
