/**
 * The keys that passed within the window, oldest first: a Map keeps the order in which they came,
 * and that is the order in which they are forgotten.
 */
import { ownText, shortKey } from '../../lib/own-text.ts';
import type { Repeats } from './repeats.ts';

/** Longer keys, such as messages, are kept as a hash: ten thousand of them must not fill the memory. */
const MAX_KEY = 64;

export interface Seen {
  /** Monotonic. */
  readonly at: number;
  repeats: Repeats | undefined;
}

export class SeenKeys {
  readonly #windowMs: number;
  readonly #maxKeys: number;
  readonly #byKey = new Map<string, Seen>();
  readonly #left: (repeats: Repeats) => void;
  #repeated = 0;

  /** `left` is told of the repeats of each key that is forgotten. */
  constructor(windowMs: number, maxKeys: number, left: (repeats: Repeats) => void) {
    this.#windowMs = windowMs;
    this.#maxKeys = maxKeys;
    this.#left = left;
  }

  /** What is known of a key that passed within the window. */
  get(key: string, now: number): Seen | undefined {
    const seen = this.#byKey.get(shortKey(key, MAX_KEY));
    return seen && now - seen.at < this.#windowMs ? seen : undefined;
  }

  /** Remembers that a key passed. Where there is no room, the oldest is forgotten: too many pass rather than too few. */
  add(key: string, now: number): void {
    this.#put(ownText(shortKey(key, MAX_KEY)), { at: now, repeats: undefined });
  }

  addRepeats(seen: Seen, repeats: Repeats): void {
    seen.repeats = repeats;
    this.#repeated += 1;
  }

  /** Forgets what is a window old. */
  expire(now: number): void {
    for (const [key, { at }] of this.#byKey) {
      if (now - at < this.#windowMs) return;
      this.#forget(key);
    }
  }

  /** When something may have to be told next; infinite where nothing is to be told. */
  get dueAt(): number {
    if (this.#repeated === 0) return Infinity;
    for (const { at } of this.#byKey.values()) return at + this.#windowMs;
    return Infinity;
  }

  /** Keys, their times by the wall clock, and repeats, oldest first. */
  export(offset: number): unknown[] {
    return Array.from(this.#byKey, ([key, { at, repeats }]) =>
      repeats ? [key, Math.round(at + offset), repeats.export()] : [key, Math.round(at + offset)],
    );
  }

  /** Takes back one of what `export` gave, in its order. What would lie in the future counts as just passed. */
  restore(key: string, at: number, now: number, repeats: Repeats | undefined): void {
    const seen: Seen = { at: Math.min(at, now), repeats: undefined };
    this.#put(key, seen);
    if (repeats) this.addRepeats(seen, repeats);
  }

  #put(key: string, seen: Seen): void {
    if (this.#byKey.has(key)) this.#forget(key);
    else if (this.#byKey.size >= this.#maxKeys) {
      const [oldest] = this.#byKey.keys();
      this.#forget(oldest!);
    }
    this.#byKey.set(key, seen);
  }

  #forget(key: string): void {
    const repeats = this.#byKey.get(key)?.repeats;
    this.#byKey.delete(key);
    if (!repeats) return;
    this.#repeated -= 1;
    this.#left(repeats);
  }
}
