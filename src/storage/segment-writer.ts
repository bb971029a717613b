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
import { encodeRecords, RECORD_OVERHEAD, SEGMENT_HEADER } from './record-format.ts';
import { Segment } from './segment.ts';

/** Bytes of one write, about. */
const GROUP_BYTES = 4 * 1024 * 1024;

interface Append {
  readonly payloads: readonly Buffer[];
  readonly bytes: number;
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
  append(payloads: readonly Buffer[]): Promise<number> {
    return new Promise((resolve, reject) => {
      let bytes = 0;
      for (const payload of payloads) bytes += payload.length + RECORD_OVERHEAD;
      this.pendingBytes += bytes;
      this.#waiting.push({ payloads, bytes, resolve, reject });
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
        for (const { bytes, reject } of hopeless) {
          this.pendingBytes -= bytes;
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
    while (count < this.#waiting.length && (count === 0 || bytes + this.#waiting[count]!.bytes <= GROUP_BYTES)) {
      bytes += this.#waiting[count]!.bytes;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #writeGroup(group: readonly Append[]): Promise<void> {
    const isNew = this.#file === undefined;
    const segment = this.#segment ?? (await this.#open());
    const payloads = group.length === 1 ? group[0]!.payloads : group.flatMap(({ payloads }) => payloads);
    await writeAll(this.#file!, encodeRecords(payloads, this.next), segment.bytes);
    await this.#file!.datasync();
    this.syncs += 1;
    if (isNew) await syncDirectory(this.#directory);
    let bytes = 0;
    for (const payload of payloads) {
      segment.appended(payload.length + RECORD_OVERHEAD);
      bytes += payload.length + RECORD_OVERHEAD;
    }
    let first = this.next;
    this.next += payloads.length;
    killPoint('record_appended');
    this.#events.appended(segment, payloads.length, bytes);
    this.#events.succeeded();
    for (const append of group) {
      this.pendingBytes -= append.bytes;
      append.resolve(first);
      first += append.payloads.length;
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
    await writeAll(file, SEGMENT_HEADER, 0);
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

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    // A full disk takes a part first, and fails on the next try.
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}
