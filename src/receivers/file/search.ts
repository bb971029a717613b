/** Which paths the `include` patterns find now, without those that `exclude` names. */
import path from 'node:path';
import { ConfigError } from '../../component/errors.ts';
import { compileGlob, expandGlob } from '../../lib/glob.ts';

/** A search that takes longer than this share of the time between two is done less often. */
const MAX_SHARE = 0.05;

export class Search {
  readonly #include: readonly string[];
  readonly #included: readonly ((text: string) => boolean)[];
  readonly #excluded: readonly ((text: string) => boolean)[];
  #found: readonly string[] = [];
  #nextAt = -Infinity;

  constructor(include: readonly string[], exclude: readonly string[]) {
    this.#include = include.map((pattern) => path.normalize(pattern));
    this.#included = this.#include.map((pattern, index) => compile(pattern, ['include', index]));
    this.#excluded = exclude.map((pattern, index) => {
      const matches = compile(path.normalize(pattern), ['exclude', index]);
      // A pattern without a folder is for names anywhere.
      return pattern.includes('/') ? matches : (file: string) => matches(path.basename(file));
    });
  }

  /** Says whether two configurations look for the same files. */
  get key(): string {
    return JSON.stringify(this.#include);
  }

  /** For messages. */
  get patterns(): string {
    return this.#include.join(' or ');
  }

  matches(file: string): boolean {
    return this.#included.some((matches) => matches(file)) && this.allows(file);
  }

  allows(file: string): boolean {
    return !this.#excluded.some((matches) => matches(file));
  }

  /** Paths in order. `monotonic` is asked before and after, to keep the cost of searching down. */
  async paths(monotonic: () => number): Promise<readonly string[]> {
    const startedAt = monotonic();
    if (startedAt < this.#nextAt) return this.#found;
    const found = new Set<string>();
    for (const pattern of this.#include) {
      for (const file of await expandGlob(pattern)) if (this.allows(file)) found.add(file);
    }
    const endedAt = monotonic();
    this.#nextAt = endedAt + (endedAt - startedAt) / MAX_SHARE;
    this.#found = [...found];
    return this.#found;
  }

  /** The next call of `paths` searches, however short ago the last one was. */
  hurry(): void {
    this.#nextAt = -Infinity;
  }
}

function compile(pattern: string, place: readonly (string | number)[]): (text: string) => boolean {
  try {
    return compileGlob(pattern);
  } catch (error) {
    throw error instanceof RangeError ? new ConfigError(error.message, { path: place }) : error;
  }
}
