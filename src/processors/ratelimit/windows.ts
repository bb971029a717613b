/**
 * The windows of all keys, `max_keys` of them; keys beyond those share one.
 *
 * A key that had to share and later gets a window of its own begins with what the shared one saw:
 * no key passes more than the limit by changing places.
 */
import { ownText, shortKey, shortKeyAgain } from '../../lib/own-text.ts';
import { Window, type Limits } from './window.ts';

/** Keys looked at, when there is no room for a new one, for one that is idle. */
const LOOKED_AT = 4;

/** Longer keys, such as messages, are kept as a hash: ten thousand of them must not fill the memory. */
const MAX_KEY = 256;

/** What is held back of a key, and told in a summary. */
export interface Keyed<H> {
  readonly window: Window;
  readonly key: string | undefined;
  held: H | undefined;
  /** Monotonic; when the last summary was sent. */
  summarisedAt: number;
}

export class Windows<H> {
  readonly #maxKeys: number;
  readonly #limits: Limits;
  readonly #byKey = new Map<string, Keyed<H>>();
  readonly #shared: Keyed<H> = keyed(undefined);
  /** Goes round the keys, a few for each new one: a scan of all of them for each event would stop the world. */
  #hand: Iterator<[string, Keyed<H>]> = this.#byKey.entries();

  constructor(maxKeys: number, limits: Limits) {
    this.#maxKeys = maxKeys;
    this.#limits = limits;
  }

  of(key: string, now: number): Keyed<H> {
    const short = shortKey(key, MAX_KEY);
    return this.#byKey.get(short) ?? this.#open(short, now);
  }

  /** The one that `of` would give, without making room for it. */
  peek(key: string): Keyed<H> {
    return this.#byKey.get(shortKey(key, MAX_KEY)) ?? this.#shared;
  }

  /** Puts a key back as it was; more of them than `max_keys` stay until they are idle. */
  restore(key: string | undefined): Keyed<H> {
    if (key === undefined) return this.#shared;
    const short = shortKeyAgain(key, MAX_KEY);
    const restored = keyed<H>(short);
    this.#byKey.set(short, restored);
    return restored;
  }

  /** Those that are not as good as new, the shared one among them. */
  *active(now: number): Iterable<Keyed<H>> {
    for (const entry of this.#byKey.values()) if (!this.#isIdle(entry, now)) yield entry;
    if (!this.#isIdle(this.#shared, now)) yield this.#shared;
  }

  #open(key: string, now: number): Keyed<H> {
    if (this.#byKey.size >= this.#maxKeys) this.#forgetIdle(now);
    if (this.#byKey.size >= this.#maxKeys) return this.#shared;
    const own = ownText(key);
    const opened = keyed<H>(own, this.#isIdle(this.#shared, now) ? new Window() : this.#shared.window.copy());
    this.#byKey.set(own, opened);
    return opened;
  }

  #forgetIdle(now: number): void {
    for (let looked = 0; looked < LOOKED_AT; looked += 1) {
      const next = this.#hand.next();
      if (next.done) this.#hand = this.#byKey.entries();
      else if (this.#isIdle(next.value[1], now)) this.#byKey.delete(next.value[0]);
    }
  }

  #isIdle({ window, held }: Keyed<H>, now: number): boolean {
    return held === undefined && window.isIdle(now, this.#limits.windowMs);
  }
}

/** A key with a window that has seen nothing. */
export function keyed<H>(key: string | undefined, window = new Window()): Keyed<H> {
  return { key, window, held: undefined, summarisedAt: -Infinity };
}
