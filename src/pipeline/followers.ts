/** Who waits to hear what becomes of an event at an exporter: `alert` and the library. While nobody does, it costs nothing. */
import type { Event } from '../component/event.ts';

export type Fate =
  | { readonly kind: 'sent' }
  /** For good: it is a dead letter. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** It waits: the destination is in trouble, or the collector stops. */
  | { readonly kind: 'held'; readonly reason: string; readonly misconfigured: boolean };

export class Followers {
  /** Told of every end, where somebody watches the graph. */
  onEnded: ((events: readonly Event[], fate: Fate) => void) | undefined;
  readonly #waiting = new Map<string, ((fate: Fate) => void)[]>();

  /** Calls back once, with the next that becomes of the event, or of all that wait. The returned function ends it. */
  follow(eventId: string, learn: (fate: Fate) => void): () => void {
    const others = this.#waiting.get(eventId);
    if (others) others.push(learn);
    else this.#waiting.set(eventId, [learn]);
    return () => {
      const left = this.#waiting.get(eventId)?.filter((other) => other !== learn) ?? [];
      if (left.length > 0) this.#waiting.set(eventId, left);
      else this.#waiting.delete(eventId);
    };
  }

  ended(events: readonly Event[], fate: Fate): void {
    this.onEnded?.(events, fate);
    if (this.#waiting.size === 0) return;
    for (const { eventId } of events) {
      const learn = this.#waiting.get(eventId);
      this.#waiting.delete(eventId);
      for (const one of learn ?? []) one(fate);
    }
  }

  /** Everything that waits goes on waiting, for this reason. */
  held(reason: string, misconfigured = false): void {
    if (this.#waiting.size === 0) return;
    const all = [...this.#waiting.values()].flat();
    this.#waiting.clear();
    for (const learn of all) learn({ kind: 'held', reason, misconfigured });
  }
}
