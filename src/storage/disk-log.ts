/**
 * A durable log of one queue: numbered records, appended, read in order, acknowledged in any order.
 * Files go once all of their records are acknowledged.
 *
 * What it promises: a record whose append resolved survives a crash and a power cut, and is read
 * again until it is acknowledged. Damage (a torn end, a flipped bit, a lost file) costs the damaged
 * records only; they are counted in `damaged`, and the file is kept beside as `.bad`. On a full or
 * failing disk appends reject, and work again by themselves once the disk does.
 */
import { rm } from 'node:fs/promises';
import type { Clock, Logger } from '../component/component.ts';
import { Checkpoints } from './checkpoint.ts';
import { DiskHealth } from './disk-health.ts';
import { killPoint } from './kill-point.ts';
import type { RecordBatch } from './record-batch.ts';
import { keepAside, recoverSegments } from './recovery.ts';
import type { Run, Runs } from './runs.ts';
import { SegmentWriter } from './segment-writer.ts';
import { isUnreadable, type Segment, type StoredRecord } from './segment.ts';

export interface DiskLogOptions {
  readonly directory: string;
  /** Bytes of one file, about: what is freed at once. */
  readonly segmentBytes: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told each record that was found at the start and waits, in order; not those of files that were left for later. */
  readonly onFound?: (record: StoredRecord) => void;
  /** Told each loss to damage after the start. */
  readonly onDamaged?: (records: number) => void;
}

export interface ReadResult {
  readonly records: readonly StoredRecord[];
  /** Where to read on. */
  readonly next: number;
}

const CHECKPOINT_MS = 1_000;

export class DiskLog {
  readonly #options: DiskLogOptions;
  readonly #checkpoints: Checkpoints;
  readonly #acknowledged: Runs;
  readonly #segments: Segment[];
  readonly #writer: SegmentWriter;
  readonly #health: DiskHealth;
  /** Records that were there and unacknowledged at the start, damaged ones included. */
  readonly recovered: number;
  /** Records lost to damage, since the start. */
  damaged = 0;
  /** Records that are not acknowledged, and their bytes. */
  records = 0;
  bytes = 0;
  /** Called when the disk works again, or files are gone. */
  onSpace: () => void = () => {};
  /** Bytes of all files. */
  diskBytes = 0;
  #cancelCheckpoint: (() => void) | undefined;
  #checkpointing: Promise<void> = Promise.resolve();
  #nextCheckpoint: Promise<void> | undefined;
  #closed = false;

  /** Opens or makes the log. Throws when the directory cannot be used. */
  static async open(options: DiskLogOptions): Promise<DiskLog> {
    const checkpoints = new Checkpoints(options.directory);
    const found = await recoverSegments(options, checkpoints);
    return new DiskLog(options, checkpoints, found);
  }

  private constructor(
    options: DiskLogOptions,
    checkpoints: Checkpoints,
    found: Awaited<ReturnType<typeof recoverSegments>>,
  ) {
    this.#options = options;
    this.#checkpoints = checkpoints;
    this.#acknowledged = found.acknowledged;
    this.#segments = found.segments;
    for (const { live, liveBytes, bytes } of found.segments) {
      this.diskBytes += bytes;
      this.records += live;
      this.bytes += liveBytes;
    }
    this.damaged = found.damaged;
    this.recovered = this.records + found.damaged;
    this.#health = new DiskHealth(options.directory, options.clock, options.log, () => {
      this.#checkpointSoon();
      this.onSpace();
    });
    this.#writer = new SegmentWriter(options.directory, options.segmentBytes, found.next, {
      opened: (segment) => {
        this.#segments.push(segment);
        this.diskBytes += segment.bytes;
      },
      appended: (_segment, records, bytes) => {
        this.records += records;
        this.bytes += bytes;
        this.diskBytes += bytes;
        this.#checkpointSoon();
      },
      sealed: (segment) => this.#sealed(segment),
      failed: (error) => this.#health.failed(error),
      succeeded: () => this.#health.succeeded(),
    });
    this.#checkpointSoon();
  }

  /** The lowest number that may still be unacknowledged. */
  get first(): number {
    return this.#acknowledged.floor;
  }

  /** The number of the next record. */
  get next(): number {
    return this.#writer.next;
  }

  /** True from an error until a write succeeds. */
  get failing(): boolean {
    return this.#health.failing;
  }

  /** Bytes on their way to the disk. */
  get pendingBytes(): number {
    return this.#writer.pendingBytes;
  }

  /** Syncs so far, for the benchmark. */
  get syncs(): number {
    return this.#writer.syncs;
  }

  /** Resolves with the number of the first of the records once all are on disk; rejects when they are not. */
  append(records: RecordBatch): Promise<number> {
    if (this.#closed) return Promise.reject(new Error('the log is closed'));
    return this.#writer.append(records);
  }

  /**
   * Reads unacknowledged records from `from` on, of one file at a time: none, and `next` past
   * `from`, where all of a stretch is acknowledged or damaged. Throws when it may work later.
   */
  async read(from: number, maxRecords: number, maxBytes: number): Promise<ReadResult> {
    const segment = this.#segmentFrom(from);
    if (!segment) return { records: [], next: Math.max(from, this.next) };
    await this.#load(segment);
    const wanted: number[] = [];
    let bytes = 0;
    let sequence = Math.max(from, segment.first);
    for (; sequence < segment.end && wanted.length < maxRecords; sequence += 1) {
      if (this.#acknowledged.has(sequence)) continue;
      const size = segment.sizeOf(sequence);
      if (wanted.length > 0 && bytes + size > maxBytes) break;
      bytes += size;
      wanted.push(sequence);
    }
    return { records: await this.#readFrom(segment, wanted), next: sequence };
  }

  /** Reads one record; undefined if it is acknowledged or damaged. */
  async readOne(sequence: number): Promise<StoredRecord | undefined> {
    const segment = this.#segmentFrom(sequence);
    if (!segment || sequence < segment.first || this.#acknowledged.has(sequence)) return undefined;
    await this.#load(segment);
    return (await this.#readFrom(segment, [sequence]))[0];
  }

  /** A record that was sound makes no sense to its reader: it is lost like a damaged one. */
  unreadable(sequence: number): void {
    const segment = this.#segmentFrom(sequence);
    if (segment) void this.#damage(segment, [[sequence, sequence + 1]]);
  }

  /** These records are never to be read again. Cheapest in order. */
  acknowledge(sequences: readonly number[]): void {
    const fresh: Run[] = [];
    for (let index = 0; index < sequences.length;) {
      const from = sequences[index]!;
      let to = from + 1;
      for (index += 1; sequences[index] === to; index += 1) to += 1;
      for (const run of this.#acknowledged.add(from, to)) fresh.push(run);
    }
    if (fresh.length === 0) return;
    for (const [from, to] of fresh) this.#forget(from, to);
    this.#checkpoints.note(fresh);
    this.#checkpointSoon();
  }

  /** Writes what is on its way, and a checkpoint. What is not acknowledged waits for the next start. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#writer.close();
    this.#cancelCheckpoint?.();
    this.#cancelCheckpoint = undefined;
    this.#health.stop();
    await this.#checkpoint();
    this.#checkpoints.close();
  }

  #segmentFrom(sequence: number): Segment | undefined {
    let low = 0;
    let high = this.#segments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#segments[middle]!.end > sequence) high = middle;
      else low = middle + 1;
    }
    return this.#segments[low];
  }

  async #load(segment: Segment): Promise<void> {
    if (segment.loaded) return;
    const [live, liveBytes] = [segment.live, segment.liveBytes];
    const { missing, damagedBytes } = await segment.load(this.#acknowledged, false);
    this.records += segment.live - live;
    this.bytes += segment.liveBytes - liveBytes;
    if (missing.length > 0 || damagedBytes > 0) await this.#damage(segment, missing);
  }

  async #readFrom(segment: Segment, wanted: readonly number[]): Promise<StoredRecord[]> {
    let records: StoredRecord[] = [];
    try {
      records = await segment.read(wanted);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
    }
    if (records.length < wanted.length) {
      const sound = new Set(records.map(({ sequence }) => sequence));
      // What was acknowledged while we read may be gone with its file.
      const missing = wanted.filter((sequence) => !sound.has(sequence) && !this.#acknowledged.has(sequence));
      if (missing.length > 0)
        await this.#damage(
          segment,
          missing.map((sequence) => [sequence, sequence + 1]),
        );
    }
    return records;
  }

  async #damage(segment: Segment, missing: readonly Run[]): Promise<void> {
    await keepAside(segment.path);
    let records = 0;
    for (const [from, to] of missing) {
      for (const run of this.#acknowledged.add(from, to)) {
        this.#forget(...run);
        records += run[1] - run[0];
      }
    }
    this.#checkpointSoon();
    if (records === 0) return;
    this.damaged += records;
    this.#options.onDamaged?.(records);
    this.#options.log.error('events lost: a queue file is damaged', { events: records, keptAs: `${segment.path}.bad` });
  }

  /** Takes a run that was just acknowledged off the books. */
  #forget(from: number, to: number): void {
    let sequence = from;
    while (sequence < to) {
      const segment = this.#segmentFrom(sequence);
      if (!segment || segment.first >= to) return;
      const start = Math.max(sequence, segment.first);
      const end = Math.min(to, segment.end);
      let bytes = 0;
      if (segment.loaded) for (let one = start; one < end; one += 1) bytes += segment.sizeOf(one);
      segment.live -= end - start;
      segment.liveBytes -= bytes;
      this.records -= end - start;
      this.bytes -= bytes;
      if (segment.live === 0 && segment.sealed) this.#checkpointNow();
      sequence = end;
    }
  }

  #sealed(segment: Segment): void {
    if (segment.end === segment.first) {
      this.#segments.splice(this.#segments.indexOf(segment), 1);
      this.diskBytes -= segment.bytes;
    } else if (segment.live === 0) this.#checkpointNow();
  }

  #checkpointSoon(): void {
    if (this.#closed) return;
    this.#cancelCheckpoint ??= this.#options.clock.schedule(CHECKPOINT_MS, () => this.#checkpointNow());
  }

  #checkpointNow(): void {
    if (this.#closed) return;
    this.#cancelCheckpoint?.();
    this.#cancelCheckpoint = undefined;
    void this.#checkpoint();
  }

  /** One at a time; asked for again while one waits for its turn, once is enough. */
  #checkpoint(): Promise<void> {
    this.#nextCheckpoint ??= this.#checkpointing.then(() => {
      this.#nextCheckpoint = undefined;
      return (this.#checkpointing = this.#writeCheckpoint());
    });
    return this.#nextCheckpoint;
  }

  /** Files go only after a checkpoint says that they may be missing, or when the disk has no room for one. */
  async #writeCheckpoint(): Promise<void> {
    const going = this.#segments.filter(({ live, sealed }) => live === 0 && sealed);
    try {
      await this.#checkpoints.write(this.#acknowledged, this.next);
    } catch (error) {
      this.#health.failed(error);
    }
    for (const segment of going) {
      this.#segments.splice(this.#segments.indexOf(segment), 1);
      await rm(segment.path, { force: true }).catch(() => {});
      this.diskBytes -= segment.bytes;
      killPoint('segment_unlinked');
    }
    if (going.length > 0) this.onSpace();
  }
}
