/**
 * Appends records to the newest segment, many appends with one write and one sync: while one is
 * under way the next ones gather. Each append is told only once its records are on disk.
 *
 * After an error of a write or a sync nobody knows what the file holds past the last good sync, and
 * the kernel may have thrown the pages away: so the file is cut there, never synced again, and the
 * next append begins another one.
 */
import { open, rm, type FileHandle } from 'node:fs/promises';
import { syncDirectory } from './durable.ts';
import { killPoint } from './kill-point.ts';
import type { RecordBatch } from './record-batch.ts';
import { SEGMENT_HEADER } from './record-format.ts';
import { Segment } from './segment.ts';

/** Bytes of one write, about. */
const GROUP_BYTES = 4 * 1024 * 1024;

interface Append {
  readonly batch: RecordBatch;
  readonly resolve: (first: number) => void;
  readonly reject: (error: unknown) => void;
}

export interface WriterEvents {
  /** A segment was begun; it is the newest. */
  opened(segment: Segment): void;
  /** Records were appended and synced. */
  appended(segment: Segment, records: number, bytes: number): void;
  /** No more records go to it. It may be empty, after an error. */
  sealed(segment: Segment): void;
  failed(error: unknown): void;
  succeeded(): void;
}

export class SegmentWriter {
  readonly #directory: string;
  readonly #segmentBytes: number;
  readonly #events: WriterEvents;
  #segment: Segment | undefined;
  #file: FileHandle | undefined;
  readonly #waiting: Append[] = [];
  #working: Promise<void> | undefined;
  /** The next record's number. */
  next: number;
  /** Bytes on their way to the disk. */
  pendingBytes = 0;
  syncs = 0;

  constructor(directory: string, segmentBytes: number, next: number, events: WriterEvents) {
    this.#directory = directory;
    this.#segmentBytes = segmentBytes;
    this.next = next;
    this.#events = events;
  }

  /** Resolves with the first record's number once all are synced; rejects when none of them counts as written. */
  append(batch: RecordBatch): Promise<number> {
    return new Promise((resolve, reject) => {
      this.pendingBytes += batch.at;
      this.#waiting.push({ batch, resolve, reject });
      this.#working ??= this.#work();
    });
  }

  /** Writes what waits, and closes the file. */
  async close(): Promise<void> {
    await this.#working;
    await this.#seal();
  }

  async #work(): Promise<void> {
    // In a later turn, so that what arrives together is written together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const group = this.#nextGroup();
      try {
        await this.#writeGroup(group);
      } catch (error) {
        await this.#abandon();
        const hopeless = [...group, ...this.#waiting.splice(0)];
        for (const { batch, reject } of hopeless) {
          this.pendingBytes -= batch.at;
          reject(error);
        }
        this.#events.failed(error);
      }
    }
    this.#working = undefined;
  }

  #nextGroup(): Append[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#waiting.length && (count === 0 || bytes + this.#waiting[count]!.batch.at <= GROUP_BYTES)) {
      bytes += this.#waiting[count]!.batch.at;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #writeGroup(group: readonly Append[]): Promise<void> {
    const isNew = this.#file === undefined;
    const segment = this.#segment ?? (await this.#open());
    const buffers: Buffer[] = [];
    let next = this.next;
    for (const { batch } of group) {
      buffers.push(batch.number(next));
      next += batch.sizes.length;
    }
    await writeAll(this.#file!, buffers, segment.bytes);
    await this.#file!.datasync();
    this.syncs += 1;
    if (isNew) await syncDirectory(this.#directory);
    const bytes = segment.bytes;
    for (const { batch } of group) segment.appended(batch.sizes);
    let first = this.next;
    this.next = next;
    killPoint('record_appended');
    this.#events.appended(segment, next - first, segment.bytes - bytes);
    this.#events.succeeded();
    for (const { batch, resolve } of group) {
      this.pendingBytes -= batch.at;
      resolve(first);
      first += batch.sizes.length;
    }
    if (segment.bytes >= this.#segmentBytes) {
      await this.#seal();
      killPoint('segment_sealed');
    }
  }

  async #open(): Promise<Segment> {
    const segment = new Segment(this.#directory, this.next, this.next, SEGMENT_HEADER.length);
    // Whatever was left there by a write that failed is void.
    const file = await open(segment.path, 'w', 0o600);
    this.#file = file;
    await writeAll(file, [SEGMENT_HEADER], 0);
    killPoint('segment_created');
    segment.sealed = false;
    segment.loaded = true;
    this.#segment = segment;
    this.#events.opened(segment);
    return segment;
  }

  async #abandon(): Promise<void> {
    const [file, segment] = [this.#file, this.#segment];
    // No sync: closing is all that is left to do, and it may fail too.
    await file?.truncate(segment?.bytes ?? 0).catch(() => {});
    if (segment && segment.end === segment.first) await rm(segment.path, { force: true }).catch(() => {});
    await this.#seal();
  }

  async #seal(): Promise<void> {
    const [file, segment] = [this.#file, this.#segment];
    this.#file = undefined;
    this.#segment = undefined;
    if (segment) {
      segment.sealed = true;
      this.#events.sealed(segment);
    }
    // What counts is synced already.
    await file?.close().catch(() => {});
  }
}

async function writeAll(file: FileHandle, buffers: readonly Buffer[], position: number): Promise<void> {
  let at = position;
  let rest = buffers;
  while (rest.length > 0) {
    // A full disk takes a part first, and fails on the next try.
    const { bytesWritten } = await file.writev(rest, at);
    at += bytesWritten;
    rest = after(rest, bytesWritten);
  }
}

/** What is left of the buffers after so many bytes. */
function after(buffers: readonly Buffer[], bytes: number): readonly Buffer[] {
  let skipped = 0;
  let index = 0;
  for (; index < buffers.length && skipped + buffers[index]!.length <= bytes; index += 1)
    skipped += buffers[index]!.length;
  return buffers.slice(index).map((buffer, n) => (n === 0 ? buffer.subarray(bytes - skipped) : buffer));
}
