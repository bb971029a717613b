/**
 * The files being read, kept in step with what is on the disk: new ones, renamed ones, copies,
 * and those that are gone but still have a writer.
 */
import { open, stat } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf } from '../../component/errors.ts';
import type { Context, Counter } from '../../component/component.ts';
import { Beginnings, MAX_REMEMBERED } from './beginnings.ts';
import { HEAD_BYTES, readAt, type Remembered } from './fingerprint.ts';
import { GzipFile, isGzip } from './gzip-file.ts';
import type { Search } from './search.ts';
import { bornBeside } from './siblings.ts';
import { Tail } from './tail.ts';

/** How long a file that was deleted, or moved out of sight, is read on after its last line. */
const DELETED_QUIET_MS = 5_000;
const MOVED_QUIET_MS = 60_000;

/** A file's times are those of the kernel's last tick, so they can lie before the moment they were made. */
const CLOCK_STEP_MS = 20;

/** Handles kept open; past it files are opened to be read, and closed again. Those of silent files go first. */
export const MAX_OPEN = 512;

interface Archive {
  readonly path: string;
  readonly key: string;
  readonly identity: string;
}

export class Tails {
  readonly #context: Context;
  readonly #rotations: Counter;
  readonly #tails = new Map<string, Tail>();
  readonly #beginnings: Beginnings;
  /** Unix milliseconds when the last look began. */
  #lookedAt = Infinity;
  /** Compressed files that were looked into: nothing in them is left to read. */
  readonly #compressed = new Set<string>();
  /** Those that this look has found, to be looked into once it is known which files are gone. */
  readonly #archives: Archive[] = [];
  /** Paths of which a trouble was logged, and which. */
  readonly #troubles = new Map<string, string>();
  /** Counts hand-overs: a look that was under way at one adds nothing more, and leaves alone what it has given away. */
  #handOvers = 0;

  constructor(context: Context) {
    this.#context = context;
    this.#beginnings = new Beginnings(context.clock);
    this.#rotations = context.counter('file_rotations', 'Files that were renamed, deleted or truncated.');
  }

  values(): IterableIterator<Tail> {
    return this.#tails.values();
  }

  /** Files that are open. */
  get open(): number {
    let open = 0;
    for (const { handle } of this.#tails.values()) if (handle) open += 1;
    return open;
  }

  /** Whether there is nothing to read, and no trouble that was logged. */
  get none(): boolean {
    return this.#tails.size === 0 && this.#troubles.size === 0 && this.#compressed.size === 0;
  }

  /** Folders in which a rotation would show. */
  get folders(): Set<string> {
    const folders = new Set<string>();
    for (const tail of this.#tails.values()) if (tail.goneSince === undefined) folders.add(dirname(tail.path));
    return folders;
  }

  restore(files: readonly Remembered[]): void {
    this.#beginnings.remember(files);
  }

  /** Takes those of `other` that `wanted` says, with their handles and what is on its way. */
  adopt(other: Tails, wanted: (tail: Tail) => boolean): void {
    other.#handOvers += 1;
    for (const [key, tail] of other.#tails) {
      if (!wanted(tail)) continue;
      other.#tails.delete(key);
      tail.handOver();
      const own = this.#tails.get(key);
      if (own) void this.#close(own);
      this.#tails.set(key, tail);
    }
    this.#beginnings.remember(other.#beginnings.remembered());
    for (const key of this.#tails.keys()) this.#beginnings.taken(key);
  }

  remember(): Remembered[] {
    const files = [...this.#tails.values()].map((tail) => tail.remember());
    files.push(...this.#beginnings.remembered());
    return files.length > MAX_REMEMBERED ? files.slice(0, MAX_REMEMBERED) : files;
  }

  async close(): Promise<void> {
    for (const tail of this.#tails.values()) await tail.close().catch(() => {});
  }

  /** One look at the disk. `startAtEnd`: files that nobody has seen before are read from their end. */
  async look(search: Search, startAtEnd: boolean, first: boolean): Promise<void> {
    const { clock } = this.#context;
    const now = clock.monotonic();
    const lookedAt = clock.now();
    const handOvers = this.#handOvers;
    this.#archives.length = 0;
    const seen = new Set<string>();
    const opened = new Map<string, Tail>();
    let open = this.open;
    const paths = await search.paths(() => clock.monotonic());
    for (const path of paths) {
      if (handOvers !== this.#handOvers) break;
      try {
        const stats = await stat(path);
        if (!stats.isFile()) continue;
        const key = `${stats.dev}:${stats.ino}`;
        const known = this.#tails.get(key) ?? opened.get(key);
        if (known) this.#seen(known, path, stats, seen);
        else {
          const tail = await this.#find(path, key, stats, startAtEnd, first, [
            ...this.#tails.values(),
            ...opened.values(),
          ]);
          if (tail) {
            opened.set(key, tail);
            if (open < MAX_OPEN) open += 1;
            else await tail.close();
          }
        }
        seen.add(key);
        this.#troubles.delete(path);
      } catch (error) {
        this.trouble(path, error);
      }
    }
    if (this.#troubles.size > 0) this.#forgetTroubles(new Set(paths));
    // Where a path has another file than before, there may have been a third in between.
    const changed = new Set<string>();
    for (const tail of opened.values()) {
      if ((await this.#add(tail, handOvers)) && !first) changed.add(tail.path);
    }
    for (const tail of this.#tails.values()) {
      if (handOvers !== this.#handOvers) return;
      if (seen.has(tail.key)) continue;
      if (tail.goneSince === undefined) changed.add(tail.path);
      await this.#gone(tail, now);
    }
    for (const archive of this.#archives.splice(0)) await this.#lookInto(archive, handOvers);
    for (const path of changed) {
      for (const between of await bornBeside(path, this.#lookedAt - CLOCK_STEP_MS))
        await this.#between(between, search, handOvers);
    }
    if (handOvers !== this.#handOvers) return;
    this.#lookedAt = lookedAt;
    if (this.#tails.size > MAX_OPEN) await this.#closeSilent();
    this.#beginnings.forget();
    if (this.#compressed.size > MAX_REMEMBERED) this.#compressed.clear();
  }

  /** Logs what is wrong with a file, once until it is mended. A file that vanished meanwhile is no trouble. */
  trouble(path: string, error: unknown): void {
    const code = codeOf(error);
    if (code === 'ENOENT' || this.#troubles.get(path) === code || this.#troubles.size >= 1_000) return;
    this.#troubles.set(path, code);
    const advice = code === 'EACCES' ? ': give the collector read access to it, or exclude it' : '';
    this.#context.log.warn(`${path} cannot be read (${code})${advice}`);
  }

  /** Files that are gone are not mended any more. */
  #forgetTroubles(found: ReadonlySet<string>): void {
    for (const path of this.#troubles.keys()) if (!found.has(path)) this.#troubles.delete(path);
  }

  /** False, and closed, where it is being read already, or what was found since the look began is a successor's. */
  async #add(tail: Tail, handOvers: number): Promise<boolean> {
    if (handOvers !== this.#handOvers || this.#tails.has(tail.key)) {
      await this.#close(tail);
      return false;
    }
    this.#tails.set(tail.key, tail);
    this.#beginnings.taken(tail.key);
    return true;
  }

  #seen(tail: Tail, path: string, stats: Stats, seen: ReadonlySet<string>): void {
    // The same file under two names is read once, under the name it has had.
    if (!seen.has(tail.key)) tail.path = path;
    tail.goneSince = undefined;
    if (stats.size === tail.size && stats.mtimeMs === tail.modifiedMs) return;
    tail.size = stats.size;
    tail.modifiedMs = stats.mtimeMs;
    tail.more = true;
  }

  /** A tail for a file that was not being read; undefined if it is none to read, or not yet. */
  async #find(
    path: string,
    key: string,
    stats: Stats,
    startAtEnd: boolean,
    first: boolean,
    others: readonly Tail[],
  ): Promise<Tail | undefined> {
    const identity = `${key}:${stats.birthtimeMs}`;
    if (this.#compressed.has(identity)) return undefined;
    const handle = await open(path, 'r');
    let kept = false;
    try {
      const { dev, ino } = await handle.stat();
      if (`${dev}:${ino}` !== key) return undefined;
      const head = await readAt(handle, 0, HEAD_BYTES);
      if (isGzip(head)) {
        this.#archives.push({ path, key, identity });
        return undefined;
      }
      const file = { handle, key, size: stats.size, head };
      const position = await this.#beginnings.positionOf(file, this.#tails.values(), startAtEnd, first);
      if (!position) return undefined;
      const tail = new Tail(key, path, handle, position);
      tail.size = stats.size;
      tail.modifiedMs = stats.mtimeMs;
      tail.predecessor = others.find((other) => other.path === path && other.key !== key);
      kept = true;
      return tail;
    } finally {
      if (!kept) await handle.close();
    }
  }

  /** Reads on in a file that was compressed before it was read to its end. */
  async #lookInto({ path, key, identity }: Archive, handOvers: number): Promise<void> {
    if (handOvers !== this.#handOvers) return;
    this.#compressed.add(identity);
    let handle: GzipFile | undefined;
    try {
      handle = new GzipFile(await open(path, 'r'), (error) => this.trouble(path, error));
      const { size, mtimeMs } = await handle.stat();
      const head = await readAt(handle, 0, HEAD_BYTES);
      const position = await this.#beginnings.positionInArchive({ handle, key, size, head });
      if (!position) {
        await handle.close();
        return;
      }
      const tail = new Tail(key, path, handle, position);
      tail.size = size;
      tail.modifiedMs = mtimeMs;
      if (!(await this.#add(tail, handOvers))) this.#compressed.delete(identity);
    } catch (error) {
      this.trouble(path, error);
      await handle?.close().catch(() => {});
    }
  }

  /** Reads on in a file that no pattern finds any more, until its writer has been silent for long enough. */
  async #gone(tail: Tail, now: number): Promise<void> {
    if (tail.goneSince === undefined) {
      tail.goneSince = now;
      tail.more = true;
      this.#rotations.add(1);
    }
    const stats = await tail.handle?.stat().catch((error: unknown) => this.trouble(tail.path, error));
    if (this.#tails.get(tail.key) !== tail) return;
    if (stats) {
      const { size, mtimeMs, nlink } = stats;
      if (size !== tail.size || mtimeMs !== tail.modifiedMs) {
        tail.size = size;
        tail.modifiedMs = mtimeMs;
        tail.more = true;
        tail.goneSince = now;
        tail.ending = false;
      }
      const quietMs = nlink > 0 ? MOVED_QUIET_MS : DELETED_QUIET_MS;
      if (tail.more || !tail.settled || now - tail.goneSince < quietMs) return;
      tail.ending = true;
      if (tail.restSince !== undefined) return;
    }
    // Lines that were refused are sent again from memory.
    if (tail.settled) {
      this.#tails.delete(tail.key);
      this.#beginnings.remember([tail.remember(this.#context.clock.now())]);
    }
    await this.#close(tail);
  }

  async #close(tail: Tail): Promise<void> {
    await tail.close().catch((error: unknown) => this.trouble(tail.path, error));
  }

  /** A file that came and was rotated away between two looks. */
  async #between(path: string, search: Search, handOvers: number): Promise<void> {
    if (handOvers !== this.#handOvers || !search.allows(path)) return;
    try {
      const stats = await stat(path);
      const key = `${stats.dev}:${stats.ino}`;
      if (this.#tails.has(key)) return;
      const tail = await this.#find(path, key, stats, false, false, []);
      if (!tail) return;
      tail.goneSince = this.#context.clock.monotonic();
      await this.#add(tail, handOvers);
    } catch (error) {
      this.trouble(path, error);
    }
  }

  async #closeSilent(): Promise<void> {
    const open = [...this.#tails.values()].filter(({ handle }) => handle);
    const silent = open
      .filter((tail) => !tail.more && tail.goneSince === undefined)
      .sort((a, b) => a.modifiedMs - b.modifiedMs);
    for (const tail of silent.slice(0, Math.max(0, open.length - MAX_OPEN))) {
      if (this.#tails.get(tail.key) === tail) await this.#close(tail);
    }
  }
}
