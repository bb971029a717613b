/**
 * One file, by its inode, and how far it was read. Every read begins with the bytes before the
 * offset: if they are not what they were, the file was written anew, and is read from its beginning.
 */
import { open } from 'node:fs/promises';
import type { Settlement } from '../../component/component.ts';
import type { Event } from '../../component/event.ts';
import { aloneBytes } from '../../lib/own-bytes.ts';
import type { ChunkMemory } from './chunk-memory.ts';
import { lengthOfBom } from './encoding.ts';
import {
  fingerprintOf,
  HEAD_BYTES,
  MARK_BYTES,
  NO_BYTES,
  readAt,
  type Fingerprint,
  type Remembered,
} from './fingerprint.ts';
import { GzipFile, type ReadableFile } from './gzip-file.ts';
import { containerLinesOf, type ContainerLines } from './container-lines.ts';
import type { LineOptions } from './lines.ts';

const CHUNK_BYTES = 256 * 1_024;

/** Regions of a file that may wait to be settled; their bytes are kept until they are. */
const MAX_WAITING = 8;

/** How far a file was read. */
export interface Position {
  readonly offset: number;
  readonly skipping: boolean;
  /** The bytes before the offset. */
  readonly mark: Buffer;
  /** The first bytes of the file as it was then. */
  readonly head: Head;
}

/** Grows with a young file; another object once the file is written anew. */
export interface Head {
  bytes: Buffer;
}

/** Lines on their way through the pipelines; kept until they are safe, to be sent again if they are not. */
interface Region {
  readonly lines: ContainerLines;
  readonly after: Position;
  state: 'waiting' | 'safe' | 'again';
}

/** Events to be pushed, and what to tell once they are settled. */
export interface Batch {
  readonly events: Event[];
  readonly settled: (settlement: Settlement) => void;
}

export interface TailOptions extends LineOptions {
  eventsOf(lines: ContainerLines, path: string): Event[];
  readonly memory: ChunkMemory;
}

export class Tail {
  readonly key: string;
  path: string;
  handle: ReadableFile | undefined;
  /** Read through gzip. */
  readonly compressed: boolean;
  /** As the last look at the file saw them. */
  size = 0;
  modifiedMs = -1;
  /** There may be something to read. */
  more = true;
  /** Monotonic time since when the bytes after the offset are no complete line; undefined where there are none. */
  restSince: number | undefined;
  /** Monotonic time since when the file is not found any more and silent. */
  goneSince: number | undefined;
  /** Nothing more will come: what is unfinished is taken as it is. */
  ending = false;
  /** The file that had this path before: its lines come first. */
  predecessor: Tail | undefined;
  /** Where reading was when the file was last truncated, by which a copy of it is known. */
  beforeTruncation: Position | undefined;
  /** Monotonic time before which nothing is sent again. */
  againAt = 0;
  #reading: Position;
  #safe: Position;
  readonly #regions: Region[] = [];
  #restLength = 0;
  #chunkBytes = CHUNK_BYTES;
  /** Counts hand-overs: what a predecessor's read brings after one is left alone. */
  #owners = 0;

  constructor(key: string, path: string, handle: ReadableFile, position: Position) {
    this.key = key;
    this.path = path;
    this.handle = handle;
    this.compressed = handle instanceof GzipFile;
    this.#reading = position;
    this.#safe = position;
  }

  get position(): Position {
    return this.#reading;
  }

  /** Whether another read would have somewhere to go. */
  get blocked(): boolean {
    return this.#regions.length >= MAX_WAITING || this.again;
  }

  /** Whether some lines were refused and have to be sent again. */
  get again(): boolean {
    return this.#regions.some(({ state }) => state === 'again');
  }

  /** Bytes of memory that wait with their lines to be settled. */
  get heldBytes(): number {
    let bytes = 0;
    for (const { lines } of this.#regions) bytes += lines.bytes.length;
    return bytes;
  }

  /** Whether everything that was read is safe. */
  get settled(): boolean {
    return this.#regions.length === 0;
  }

  handOver(): void {
    this.#owners += 1;
    this.more = true;
  }

  async close(): Promise<void> {
    const { handle } = this;
    this.handle = undefined;
    await handle?.close();
  }

  /**
   * Reads on by one chunk; the file is opened where it is not. Gives the lines in it, of which all may have been
   * left out; undefined where there were none. `flush` takes an unfinished line or record as it is.
   */
  async read(
    options: TailOptions,
    flush: boolean,
    now: number,
    onTruncated: () => void,
  ): Promise<ContainerLines | undefined> {
    const owner = this.#owners;
    const handle = this.handle ?? (await this.#reopen(owner));
    if (!handle) return undefined;
    const { offset, mark, skipping } = this.#reading;
    const left = this.compressed ? Infinity : this.size - offset;
    const wanted = Math.min(this.#chunkBytes, Math.max(4_096, left + 1_024));
    const buffer = options.memory.take(mark.length + wanted);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset - mark.length);
    if (owner !== this.#owners) return undefined;
    if (bytesRead < mark.length || buffer.compare(mark, 0, mark.length, 0, mark.length) !== 0) {
      this.#truncated();
      onTruncated();
      return undefined;
    }
    const atEnd = bytesRead < buffer.length;
    const from = mark.length + (offset === 0 ? lengthOfBom(buffer, 0, bytesRead, options.encoding) : 0);
    const lines = containerLinesOf(buffer, from, bytesRead, skipping, flush && atEnd, options);
    const rest = bytesRead - lines.end;
    this.more = !atEnd;
    // Nothing complete in a full chunk: a longer one, up to what is certainly cut.
    this.#chunkBytes =
      lines.end === from && !atEnd ? Math.min(2 * this.#chunkBytes, options.maxBytes + CHUNK_BYTES) : CHUNK_BYTES;
    if (rest === 0) this.restSince = undefined;
    else if (rest !== this.#restLength || this.restSince === undefined) this.restSince = now;
    this.#restLength = rest;
    await this.#growHead(handle, buffer, bytesRead, owner);
    if (owner !== this.#owners) return undefined;
    const keepsNothing = lines.spans.length === 0;
    if (lines.end > mark.length)
      this.#moveTo(offset + lines.end - mark.length, keepsNothing ? { ...lines, bytes: NO_BYTES } : lines, buffer);
    if (keepsNothing || lines.bytes !== buffer) options.memory.giveBack(buffer);
    return lines.length > 0 ? lines : undefined;
  }

  /** Undefined where another file has the path by now, or somebody else has this one. */
  async #reopen(owner: number): Promise<ReadableFile | undefined> {
    const handle = await open(this.path, 'r');
    let kept = false;
    try {
      const { dev, ino } = await handle.stat();
      if (owner !== this.#owners) return undefined;
      if (`${dev}:${ino}` !== this.key) {
        // Moved: it is read where the next look finds it.
        this.more = false;
        this.modifiedMs = -1;
        return undefined;
      }
      kept = true;
      this.handle = this.compressed ? new GzipFile(handle, () => {}) : handle;
      return this.handle;
    } finally {
      if (!kept) await handle.close();
    }
  }

  /** The batch of what `read` just gave; `onSettled` is told when a settlement changes what there is to do. */
  batch(lines: ContainerLines, options: TailOptions, onSettled: (settlement: Settlement) => void): Batch {
    return this.#batchOf(this.#regions.at(-1)!, lines, options, onSettled);
  }

  /** Batches of lines that were refused, in order, from bytes that were kept. */
  *refused(options: TailOptions, onSettled: (settlement: Settlement) => void): Generator<Batch> {
    for (const region of [...this.#regions]) {
      if (region.state === 'again') yield this.#batchOf(region, region.lines, options, onSettled);
    }
  }

  /** What to remember of it: how far every line is safe. */
  remember(goneAt?: number): Remembered {
    const { offset, skipping, mark, head } = this.#safe;
    return { key: this.key, path: this.path, offset, skipping, head: cached(head.bytes), mark: cached(mark), goneAt };
  }

  #batchOf(
    region: Region,
    lines: ContainerLines,
    options: TailOptions,
    onSettled: (settlement: Settlement) => void,
  ): Batch {
    region.state = 'waiting';
    return {
      events: options.eventsOf(lines, this.path),
      settled: (settlement) => {
        region.state = settlement === 'safe' ? 'safe' : 'again';
        this.#advance();
        onSettled(settlement);
      },
    };
  }

  #moveTo(offset: number, lines: ContainerLines, buffer: Buffer): void {
    const mark = aloneBytes(buffer, Math.max(0, lines.end - MARK_BYTES), lines.end);
    const after: Position = { offset, skipping: lines.skipping, mark, head: this.#reading.head };
    this.#reading = after;
    // Without lines there is nothing to wait for but what is before.
    this.#regions.push({ lines, after, state: lines.spans.length > 0 ? 'waiting' : 'safe' });
    this.#advance();
  }

  #truncated(): void {
    this.beforeTruncation = this.#reading;
    const after: Position = { offset: 0, skipping: false, mark: NO_BYTES, head: { bytes: NO_BYTES } };
    this.#reading = after;
    this.#restLength = 0;
    this.restSince = undefined;
    this.more = true;
    const lines: ContainerLines = {
      bytes: NO_BYTES,
      spans: [],
      truncated: undefined,
      end: 0,
      skipping: false,
      length: 0,
    };
    this.#regions.push({ lines, after, state: 'safe' });
    this.#advance();
  }

  /** Settlements come in any order; the offset moves past what is safe without a gap. */
  #advance(): void {
    while (this.#regions[0]?.state === 'safe') this.#safe = this.#regions.shift()!.after;
  }

  async #growHead(handle: ReadableFile, buffer: Buffer, bytesRead: number, owner: number): Promise<void> {
    const { head, offset, mark } = this.#reading;
    if (head.bytes.length >= HEAD_BYTES || head.bytes.length >= offset - mark.length + bytesRead) return;
    if (offset === mark.length) head.bytes = aloneBytes(buffer, 0, Math.min(bytesRead, HEAD_BYTES));
    else {
      const bytes = await readAt(handle, 0, HEAD_BYTES);
      if (owner === this.#owners) head.bytes = bytes;
    }
  }
}

const hashes = new WeakMap<Buffer, Fingerprint>();

/** A snapshot is taken each second, of files of which few have changed. */
function cached(bytes: Buffer): Fingerprint {
  let fingerprint = hashes.get(bytes);
  if (!fingerprint) {
    fingerprint = fingerprintOf(bytes);
    hashes.set(bytes, fingerprint);
  }
  return fingerprint;
}
