/**
 * One file of a log: records from `first` on. Where each record is, is known in memory (4 bytes a
 * record) once the file was read through or written.
 */
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../component/errors.ts';
import { payloadAt, scanRecords, SEGMENT_HEADER } from './record-format.ts';
import type { Run, Runs } from './runs.ts';

export interface StoredRecord {
  readonly sequence: number;
  readonly payload: Buffer;
}

export class Segment {
  readonly path: string;
  readonly first: number;
  /** One past the last record, damaged ones included. */
  end: number;
  /** Bytes of the file. */
  bytes: number;
  /** Records that are not acknowledged, and their bytes. */
  live = 0;
  liveBytes = 0;
  /** False while records are appended to it. */
  sealed = true;
  loaded = false;
  /** Where each record starts, from `first` on, then where the last one ends. 0: damaged. */
  #offsets = new Uint32Array(0);

  constructor(directory: string, first: number, end: number, bytes: number) {
    this.path = join(directory, segmentName(first));
    this.first = first;
    this.end = end;
    this.bytes = bytes;
  }

  /** Takes note of records just written at the end of the file, by their sizes. */
  appended(sizes: readonly number[]): void {
    let index = this.end - this.first;
    if (index + sizes.length + 1 > this.#offsets.length) {
      const larger = new Uint32Array(Math.max(64, index + sizes.length + 1, this.#offsets.length * 2));
      larger.set(this.#offsets);
      this.#offsets = larger;
    }
    const before = this.bytes;
    for (const size of sizes) {
      this.#offsets[index] = this.bytes;
      this.bytes += size;
      index += 1;
    }
    this.#offsets[index] = this.bytes;
    this.end += sizes.length;
    this.live += sizes.length;
    this.liveBytes += this.bytes - before;
  }

  /**
   * Reads the file through. Returns the runs of records that should be there and are damaged, and
   * how many bytes of the file are. Of the last file, what is found says where it ends.
   */
  async load(
    acknowledged: Runs,
    isLast: boolean,
    found?: (record: StoredRecord) => void,
  ): Promise<{ missing: Run[]; damagedBytes: number }> {
    const bytes = await readFile(this.path).catch(unlessUnreadable);
    const hasHeader = bytes.subarray(0, SEGMENT_HEADER.length).equals(SEGMENT_HEADER);
    const offsets: number[] = [];
    const { damagedBytes, end: soundEnd } = scanRecords(
      bytes,
      hasHeader ? SEGMENT_HEADER.length : 0,
      (sequence, start) => {
        if (sequence < this.first || sequence - this.first < offsets.length) return;
        if (!isLast && sequence >= this.end) return;
        if (sequence - this.first > bytes.length) return;
        while (offsets.length < sequence - this.first) offsets.push(0);
        offsets.push(start);
      },
    );
    if (isLast) this.end = this.first + offsets.length;
    while (offsets.length < this.end - this.first) offsets.push(0);
    this.bytes = bytes.length;
    this.#offsets = Uint32Array.from([...offsets, soundEnd]);
    this.loaded = true;
    return this.#count(
      bytes,
      acknowledged,
      damagedBytes + (hasHeader || bytes.length === 0 ? 0 : SEGMENT_HEADER.length),
      found,
    );
  }

  #count(
    bytes: Buffer,
    acknowledged: Runs,
    damagedBytes: number,
    found: ((record: StoredRecord) => void) | undefined,
  ): { missing: Run[]; damagedBytes: number } {
    const missing: [number, number][] = [];
    this.live = 0;
    this.liveBytes = 0;
    for (let sequence = this.first; sequence < this.end; sequence += 1) {
      const offset = this.#offsets[sequence - this.first]!;
      if (offset === 0) {
        const last = missing.at(-1);
        if (last?.[1] === sequence) last[1] += 1;
        else missing.push([sequence, sequence + 1]);
      }
      if (acknowledged.has(sequence)) continue;
      this.live += 1;
      this.liveBytes += this.sizeOf(sequence);
      const payload = found && offset > 0 ? payloadAt(bytes, offset, sequence) : undefined;
      if (payload) found?.({ sequence, payload });
    }
    return { missing, damagedBytes };
  }

  /** Bytes a record takes on disk; 0 if it is damaged. */
  sizeOf(sequence: number): number {
    const index = sequence - this.first;
    const start = this.#offsets[index] ?? 0;
    if (start === 0) return 0;
    let next = index + 1;
    while (this.#offsets[next] === 0) next += 1;
    return this.#offsets[next]! - start;
  }

  /**
   * Reads the records of `sequences`, which are in order, with one read from the first to the last.
   * Those that are not in the result are damaged. Throws when the file cannot be opened or read.
   */
  async read(sequences: readonly number[]): Promise<StoredRecord[]> {
    const present = sequences.filter((sequence) => this.sizeOf(sequence) > 0);
    const [firstSequence, lastSequence] = [present[0], present.at(-1)];
    if (firstSequence === undefined || lastSequence === undefined) return [];
    const start = this.#offsets[firstSequence - this.first]!;
    const length = this.#offsets[lastSequence - this.first]! + this.sizeOf(lastSequence) - start;
    const bytes = Buffer.allocUnsafeSlow(length);
    const file = await open(this.path, 'r');
    let filled = 0;
    try {
      while (filled < length) {
        const { bytesRead } = await file.read(bytes, filled, length - filled, start + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
    } finally {
      await file.close();
    }
    const whole = bytes.subarray(0, filled);
    const records: StoredRecord[] = [];
    for (const sequence of present) {
      const payload = payloadAt(whole, this.#offsets[sequence - this.first]! - start, sequence);
      if (payload) records.push({ sequence, payload });
    }
    return records;
  }
}

/** A file that is gone, or that its disk cannot read, holds nothing. Other errors pass. */
function unlessUnreadable(error: unknown): Buffer {
  if (!isUnreadable(error)) throw error;
  return Buffer.alloc(0);
}

/** True if trying again would not help. */
export function isUnreadable(error: unknown): boolean {
  return ['ENOENT', 'EIO', 'EISDIR', 'EBADMSG', 'EUCLEAN'].includes(codeOf(error));
}

export function segmentName(first: number): string {
  return `${String(first).padStart(16, '0')}.log`;
}

/** The first sequence number of a segment file; undefined for other files. */
export function firstOf(name: string): number | undefined {
  const digits = /^(\d{16})\.log$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
