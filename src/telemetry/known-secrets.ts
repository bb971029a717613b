/**
 * The secrets that may turn up in what is printed: of the configuration in effect, of the one that is
 * being tried, and of a few before them, since what was sent with theirs may still be under way. Not of
 * all that there ever were: each is looked for in each line.
 */
import { isDeepStrictEqual } from 'node:util';

/** Configurations besides the one in effect; those that differ in other things count as one. */
const KEPT = 8;

export class KnownSecrets {
  #inEffect: readonly string[] = [];
  /** Of those that were tried or in effect last, the latest first. */
  #latest: readonly (readonly string[])[] = [];
  #list: readonly string[] = [];

  /** The same array while they are the same. */
  get list(): readonly string[] {
    return this.#list;
  }

  /** Those of a configuration that is about to be tried. */
  tried(secrets: readonly string[]): void {
    // Copied: a slice of the file's text would keep the whole of it alive.
    this.#keep(secrets.map((secret) => Buffer.from(secret).toString()));
  }

  /** The configuration that was tried last is in effect now. */
  tookEffect(): void {
    const former = this.#inEffect;
    this.#inEffect = this.#latest[0] ?? [];
    this.#keep(former);
  }

  #keep(secrets: readonly string[]): void {
    this.#latest = [secrets, ...this.#latest.filter((others) => !isDeepStrictEqual(others, secrets))].slice(0, KEPT);
    const list = [...new Set([this.#inEffect, ...this.#latest].flat())];
    if (!isDeepStrictEqual(list, this.#list)) this.#list = list;
  }
}
