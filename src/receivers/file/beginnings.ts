/**
 * Where to read on in a file that was just found: where it was left, if it is known or the copy of
 * one that is; else at its beginning or its end.
 */
import { open, stat } from 'node:fs/promises';
import type { Clock } from '../../component/component.ts';
import { aloneBytes } from '../../lib/own-bytes.ts';
import {
  fingerprintOf,
  MARK_BYTES,
  matches,
  NO_BYTES,
  readAt,
  recognise,
  type Fingerprint,
  type Remembered,
} from './fingerprint.ts';
import type { ReadableFile } from './gzip-file.ts';
import type { Position, Tail } from './tail.ts';

/** Gone files are remembered for a day, and so many at the most. */
const REMEMBER_MS = 86_400_000;
export const MAX_REMEMBERED = 10_000;

/** How long a file that looks like a copy of another waits to see whether that one is truncated. */
const COPY_WAIT_MS = 2_000;

/** How far back from the end of a file the beginning of its last line is looked for. */
const LAST_LINE_BYTES = 65_536;

export interface FoundFile {
  readonly handle: ReadableFile;
  readonly key: string;
  readonly size: number;
  /** Its first bytes. */
  readonly head: Buffer;
}

export class Beginnings {
  readonly #clock: Clock;
  readonly #remembered = new Map<string, Remembered>();
  /** What was remembered of files that turned out to be written anew: a copy may have the old contents. */
  #rewritten: Remembered[] = [];
  /** Files that may be copies, and since when they wait. */
  readonly #waiting = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  remember(files: Iterable<Remembered>): void {
    for (const file of files) this.#remembered.set(file.key, file);
  }

  /** A file is being read: what was remembered of it is of no more use. */
  taken(key: string): void {
    this.#remembered.delete(key);
  }

  remembered(): Iterable<Remembered> {
    return this.#remembered.values();
  }

  /** Forgets what has been gone for long, or is too much. */
  forget(): void {
    const now = this.#clock.now();
    for (const [key, file] of this.#remembered) {
      const { goneAt = now } = file;
      if (goneAt < now - REMEMBER_MS || this.#remembered.size > MAX_REMEMBERED) this.#remembered.delete(key);
      else if (file.goneAt === undefined) this.#remembered.set(key, { ...file, goneAt });
    }
    if (this.#waiting.size > MAX_REMEMBERED) this.#waiting.clear();
    if (this.#rewritten.length > MAX_REMEMBERED) this.#rewritten = [];
  }

  /** Undefined while it cannot be told. */
  async positionOf(
    file: FoundFile,
    tails: Iterable<Tail>,
    startAtEnd: boolean,
    first: boolean,
  ): Promise<Position | undefined> {
    const head = { bytes: file.head };
    const known = this.#remembered.get(file.key);
    if (known) {
      const mark = await recognise(file.handle, known);
      if (mark) return { offset: known.offset, skipping: known.skipping, mark, head };
      this.#remembered.delete(file.key);
      this.#rewritten.push(known);
    }
    if (file.head.length > 0) {
      const copy = (await this.#copyOfRemembered(file)) ?? (await this.#copyOfTail(file, tails, first));
      if (copy === 'perhaps') return undefined;
      if (copy) return { ...copy, head };
    }
    this.#waiting.delete(file.key);
    if (startAtEnd) return endOf(file, head);
    return { offset: 0, skipping: false, mark: NO_BYTES, head };
  }

  /** Where to read on in a compressed file: where it was left, before it was compressed or after; undefined where it was never read. */
  async positionInArchive(file: FoundFile): Promise<Position | undefined> {
    for (const known of [...this.#rewritten, ...this.#remembered.values()]) {
      const { length } = known.head;
      if (known.offset === 0 || !matches(file.head.subarray(0, length), known.head)) continue;
      // What is still there was not compressed.
      if (known.key !== file.key && this.#remembered.has(known.key) && (await isThere(known))) continue;
      const mark = await recognise(file.handle, known);
      if (!mark) continue;
      this.#remembered.delete(known.key);
      return { offset: known.offset, skipping: known.skipping, mark, head: { bytes: file.head } };
    }
    return undefined;
  }

  /** Copied away before it was truncated, while the collector was not running. */
  async #copyOfRemembered(file: FoundFile): Promise<Position | undefined> {
    const heads = new Map<number, Fingerprint>();
    const hasHead = ({ offset, head: { length, hash } }: Remembered): boolean => {
      if (offset === 0 || length > file.head.length) return false;
      const head = heads.get(length) ?? fingerprintOf(file.head.subarray(0, length));
      heads.set(length, head);
      return head.hash === hash;
    };
    for (const other of [...this.#rewritten, ...this.#remembered.values()]) {
      if (!hasHead(other) || (this.#remembered.has(other.key) && !(await isRewritten(other)))) continue;
      const mark = await recognise(file.handle, other);
      if (mark) return { offset: other.offset, skipping: other.skipping, mark, head: { bytes: file.head } };
    }
    return undefined;
  }

  /** A copy of a file that was truncated after, or, while it was not, perhaps one. */
  async #copyOfTail(file: FoundFile, tails: Iterable<Tail>, first: boolean): Promise<Position | 'perhaps' | undefined> {
    for (const tail of tails) {
      const before = tail.beforeTruncation;
      if (before && (await isCopy(file, before))) {
        tail.beforeTruncation = undefined;
        return before;
      }
      if (first || tail.goneSince !== undefined || !(await isCopy(file, tail.position))) continue;
      const now = this.#clock.monotonic();
      const since = this.#waiting.get(file.key) ?? now;
      this.#waiting.set(file.key, since);
      if (now - since < COPY_WAIT_MS) return 'perhaps';
    }
    return undefined;
  }
}

/** Whether a file has what another one had, up to where that one was read. */
async function isCopy(file: FoundFile, { offset, mark, head }: Position): Promise<boolean> {
  const { length } = head.bytes;
  if (offset === 0 || length === 0 || !file.head.subarray(0, length).equals(head.bytes)) return false;
  return mark.equals(await readAt(file.handle, offset - mark.length, mark.length));
}

async function isThere({ path, key }: Remembered): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && `${found.dev}:${found.ino}` === key;
}

/** Whether a remembered file is still at its path, but with other contents. */
async function isRewritten(known: Remembered): Promise<boolean> {
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

/** The beginning of the last, unfinished line: what is being written is not halved. */
async function endOf({ handle, size }: FoundFile, head: Position['head']): Promise<Position> {
  const from = Math.max(0, size - LAST_LINE_BYTES);
  const bytes = await readAt(handle, from, size - from);
  const lineEnd = bytes.lastIndexOf(10);
  const end = lineEnd < 0 ? bytes.length : lineEnd + 1;
  const mark = aloneBytes(bytes, Math.max(0, end - MARK_BYTES), end);
  return { offset: from + end, skipping: lineEnd < 0 && from > 0, mark, head };
}
