/**
 * The files being read, kept in step with what is on the disk: new ones, renamed ones, copies,
 * and those that are gone but still have a writer.
 */
import { open, stat, type FileHandle } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf } from '../../component/errors.ts';
import type { Context, Counter } from '../../component/component.ts';
import { HEAD_BYTES, matches, NO_BYTES, readAt, recognise, type Remembered } from './fingerprint.ts';
import type { Search } from './search.ts';
import { bornBeside } from './siblings.ts';
import { Tail, type Position } from './tail.ts';

/** How long a file that was deleted, or moved out of sight, is read on after its last line. */
const DELETED_QUIET_MS = 5_000;
const MOVED_QUIET_MS = 60_000;

/** How long a file that looks like a copy of another waits to see whether that one is truncated. */
const COPY_WAIT_MS = 2_000;

/** A file's times are those of the kernel's last tick, so they can lie before the moment they were made. */
const CLOCK_STEP_MS = 20;

/** Handles kept open; past it those of silent files are closed until they grow. */
const MAX_OPEN = 512;

/** Gone files are remembered for a day, and so many at the most. */
const REMEMBER_MS = 86_400_000;
const MAX_REMEMBERED = 10_000;

export class Tails {
  readonly #context: Context;
  readonly #rotations: Counter;
  readonly #tails = new Map<string, Tail>();
  readonly #remembered = new Map<string, Remembered>();
  /** Unix milliseconds when the last look began. */
  #lookedAt = Infinity;
  /** Files that may be copies, and since when they wait. */
  readonly #waiting = new Map<string, number>();
  /** Files that begin like gzip: rotated ones that were read before they were compressed. */
  readonly #compressed = new Set<string>();
  /** Paths of which a trouble was logged, and which. */
  readonly #troubles = new Map<string, string>();

  constructor(context: Context) {
    this.#context = context;
    this.#rotations = context.counter('file_rotations', 'Files that were renamed, deleted or truncated.');
  }

  values(): IterableIterator<Tail> {
    return this.#tails.values();
  }

  /** Folders in which a rotation would show. */
  get folders(): Set<string> {
    const folders = new Set<string>();
    for (const tail of this.#tails.values()) if (tail.goneSince === undefined) folders.add(dirname(tail.path));
    return folders;
  }

  restore(files: readonly Remembered[]): void {
    for (const file of files) this.#remembered.set(file.key, file);
  }

  /** Takes those of `other` that `wanted` says, with their handles and what is on its way. */
  adopt(other: Tails, wanted: (tail: Tail) => boolean): void {
    for (const [key, tail] of other.#tails) {
      if (!wanted(tail)) continue;
      other.#tails.delete(key);
      tail.handOver();
      this.#tails.set(key, tail);
    }
    for (const [key, file] of other.#remembered) this.#remembered.set(key, file);
  }

  remember(): Remembered[] {
    const files = [...this.#tails.values()].map((tail) => tail.remember());
    files.push(...this.#remembered.values());
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
    const seen = new Set<string>();
    const opened = new Map<string, Tail>();
    for (const path of await search.paths(() => clock.monotonic())) {
      try {
        const stats = await stat(path);
        if (!stats.isFile()) continue;
        const key = `${stats.dev}:${stats.ino}`;
        const known = this.#tails.get(key) ?? opened.get(key);
        if (known) this.#seen(known, path, stats, seen);
        else {
          const tail = await this.#find(path, key, stats, startAtEnd, first, [...this.#tails.values(), ...opened.values()]);
          if (tail) opened.set(key, tail);
        }
        seen.add(key);
        this.#troubles.delete(path);
      } catch (error) {
        this.trouble(path, error);
      }
    }
    // Where a path has another file than before, there may have been a third in between.
    const changed = new Set<string>();
    for (const tail of opened.values()) {
      this.#tails.set(tail.key, tail);
      if (!first) changed.add(tail.path);
    }
    for (const tail of this.#tails.values()) {
      if (seen.has(tail.key)) continue;
      if (tail.goneSince === undefined) changed.add(tail.path);
      await this.#gone(tail, now);
    }
    for (const path of changed) {
      for (const between of await bornBeside(path, this.#lookedAt - CLOCK_STEP_MS)) await this.#between(between, search);
    }
    this.#lookedAt = lookedAt;
    if (this.#tails.size > MAX_OPEN) await this.#closeSilent();
    this.#forget(clock.now());
  }

  /** Logs what is wrong with a file, once until it is mended. A file that vanished meanwhile is no trouble. */
  trouble(path: string, error: unknown): void {
    const code = codeOf(error);
    if (code === 'ENOENT' || this.#troubles.get(path) === code || this.#troubles.size >= 1_000) return;
    this.#troubles.set(path, code);
    const advice = code === 'EACCES' ? ': give the collector read access to it, or exclude it' : '';
    this.#context.log.warn(`${path} cannot be read (${code})${advice}`);
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
  async #find(path: string, key: string, stats: Stats, startAtEnd: boolean, first: boolean, others: readonly Tail[]): Promise<Tail | undefined> {
    const identity = `${key}:${stats.birthtimeMs}`;
    if (this.#compressed.has(identity)) return undefined;
    const handle = await open(path, 'r');
    let kept = false;
    try {
      const { dev, ino } = await handle.stat();
      if (`${dev}:${ino}` !== key) return undefined;
      const head = await readAt(handle, 0, HEAD_BYTES);
      if (head[0] === 0x1f && head[1] === 0x8b) {
        this.#compressed.add(identity);
        this.#context.log.debug(`${path} is compressed, and not read`);
        return undefined;
      }
      const position = await this.#positionOf(handle, key, head, stats, startAtEnd, first);
      if (!position) return undefined;
      this.#waiting.delete(key);
      this.#remembered.delete(key);
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

  /** Where to read on; undefined while that cannot be told. */
  async #positionOf(handle: FileHandle, key: string, bytes: Buffer, stats: Stats, startAtEnd: boolean, first: boolean): Promise<Position | undefined> {
    const head = { bytes };
    const known = this.#remembered.get(key);
    if (known) {
      const mark = await recognise(handle, known);
      if (mark) return { offset: known.offset, skipping: known.skipping, mark, head };
    }
    const start: Position = { offset: 0, skipping: false, mark: NO_BYTES, head };
    if (bytes.length === 0) return start;
    // Copied away before it was truncated: while nobody looked, or by a logger that does so.
    for (const other of this.#remembered.values()) {
      if (other.offset === 0 || !matches(bytes.subarray(0, other.head.length), other.head) || !(await this.#isRewritten(other))) continue;
      const mark = await recognise(handle, other);
      if (mark) return { offset: other.offset, skipping: other.skipping, mark, head };
    }
    for (const other of this.#tails.values()) {
      const before = other.beforeTruncation;
      if (before && (await isCopy(handle, bytes, before))) {
        other.beforeTruncation = undefined;
        return { ...before, head };
      }
      if (first || other.goneSince !== undefined || !(await isCopy(handle, bytes, other.position))) continue;
      const now = this.#context.clock.monotonic();
      const since = this.#waiting.get(key) ?? now;
      this.#waiting.set(key, since);
      if (now - since < COPY_WAIT_MS) return undefined;
    }
    return startAtEnd ? endOf(handle, stats.size, head) : start;
  }

  /** Whether a remembered file is still at its path, but with other contents. */
  async #isRewritten(known: Remembered): Promise<boolean> {
    try {
      const handle = await open(known.path, 'r');
      try {
        const { dev, ino } = await handle.stat();
        return `${dev}:${ino}` === known.key && (await recognise(handle, known)) === undefined;
      } finally {
        await handle.close();
      }
    } catch {
      return false;
    }
  }

  /** Reads on in a file that no pattern finds any more, until its writer has been silent for long enough. */
  async #gone(tail: Tail, now: number): Promise<void> {
    if (tail.goneSince === undefined) {
      tail.goneSince = now;
      tail.more = true;
      this.#rotations.add(1);
    }
    let quietMs = DELETED_QUIET_MS;
    if (tail.handle) {
      const { size, mtimeMs, nlink } = await tail.handle.stat();
      if (nlink > 0) quietMs = MOVED_QUIET_MS;
      if (size !== tail.size || mtimeMs !== tail.modifiedMs) {
        tail.size = size;
        tail.modifiedMs = mtimeMs;
        tail.more = true;
        tail.goneSince = now;
        tail.ending = false;
      }
      if (tail.more || !tail.settled || now - tail.goneSince < quietMs) return;
      tail.ending = true;
      if (tail.restSince !== undefined) return;
    }
    await tail.close();
    this.#tails.delete(tail.key);
    this.#remembered.set(tail.key, tail.remember(this.#context.clock.now()));
  }

  /** A file that came and was rotated away between two looks. */
  async #between(path: string, search: Search): Promise<void> {
    if (!search.allows(path)) return;
    try {
      const stats = await stat(path);
      const key = `${stats.dev}:${stats.ino}`;
      if (this.#tails.has(key)) return;
      const tail = await this.#find(path, key, stats, false, false, []);
      if (!tail) return;
      tail.goneSince = this.#context.clock.monotonic();
      this.#tails.set(key, tail);
    } catch (error) {
      this.trouble(path, error);
    }
  }

  async #closeSilent(): Promise<void> {
    const open = [...this.#tails.values()].filter(({ handle }) => handle);
    const silent = open.filter((tail) => !tail.more && tail.goneSince === undefined).sort((a, b) => a.modifiedMs - b.modifiedMs);
    for (const tail of silent.slice(0, Math.max(0, open.length - MAX_OPEN))) await tail.close();
  }

  #forget(now: number): void {
    for (const [key, file] of this.#remembered) {
      const { goneAt = now } = file;
      if (goneAt < now - REMEMBER_MS || this.#remembered.size > MAX_REMEMBERED) this.#remembered.delete(key);
      else if (file.goneAt === undefined) this.#remembered.set(key, { ...file, goneAt });
    }
    if (this.#waiting.size > MAX_REMEMBERED) this.#waiting.clear();
    if (this.#compressed.size > MAX_REMEMBERED) this.#compressed.clear();
  }
}

/** Whether a file that begins with `bytes` has what another one had up to where it was read. */
async function isCopy(handle: FileHandle, bytes: Buffer, { offset, mark, head }: Position): Promise<boolean> {
  const { length } = head.bytes;
  if (offset === 0 || length === 0 || !bytes.subarray(0, length).equals(head.bytes)) return false;
  return mark.equals(await readAt(handle, offset - mark.length, mark.length));
}

/** The beginning of the last, unfinished line: what is being written is not halved. */
async function endOf(handle: FileHandle, size: number, head: Position['head']): Promise<Position> {
  const length = Math.min(size, 65_536);
  const bytes = await readAt(handle, size - length, length);
  const lineEnd = bytes.lastIndexOf(10);
  const offset = lineEnd < 0 ? size - length + bytes.length : size - length + lineEnd + 1;
  const end = lineEnd < 0 ? bytes.length : lineEnd + 1;
  return { offset, skipping: lineEnd < 0 && size > length, mark: Buffer.from(bytes.subarray(Math.max(0, end - 256), end)), head };
}
