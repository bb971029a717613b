/**
 * What of a log is acknowledged, across restarts. A checkpoint is replaced and synced about once a
 * second; between two, each acknowledgement is appended to a journal without a sync. So a killed
 * process repeats only what was under way, and a power cut what was delivered within the last second.
 * Both carry check sums; what is damaged counts as not written, and the events are sent again.
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { replaceFile } from './durable.ts';
import { killPoint } from './kill-point.ts';
import { Runs, type Run } from './runs.ts';

const CHECKPOINT = 'checkpoint';
const JOURNAL = /^acks\.(\d+)$/;

/** From 6, to 6, crc32 of both 4. */
const ENTRY_BYTES = 16;

export interface Restored {
  readonly acknowledged: Runs;
  /** Every record before this one was on disk once. */
  readonly synced: number;
  readonly checkpoint: 'sound' | 'damaged' | 'none';
}

export class Checkpoints {
  readonly #directory: string;
  #generation = 0;
  #journal: number | undefined;
  /** An acknowledgement could not be noted: none is until a checkpoint is written, lest each begins a file. */
  #failed = false;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Reads the checkpoint and the journals after it, and begins a new journal. */
  async restore(): Promise<Restored> {
    const bytes = this.#read(CHECKPOINT);
    const checkpoint = decodeCheckpoint(bytes);
    const acknowledged = new Runs(checkpoint?.floor ?? 0);
    for (const [from, to] of checkpoint?.runs ?? []) acknowledged.add(from, to);
    for (const generation of await this.#journals()) {
      this.#generation = Math.max(this.#generation, generation + 1);
      for (const [from, to] of decodeJournal(this.#read(`acks.${generation}`) ?? Buffer.alloc(0)))
        acknowledged.add(from, to);
    }
    return {
      acknowledged,
      synced: checkpoint?.synced ?? 0,
      checkpoint: checkpoint ? 'sound' : bytes ? 'damaged' : 'none',
    };
  }

  /** Notes acknowledgements at once. A failure is none: the next checkpoint has them too. */
  note(runs: readonly Run[]): void {
    if (this.#failed) return;
    try {
      this.#journal ??= openSync(join(this.#directory, `acks.${this.#generation}`), 'a', 0o600);
      const entries = encodeJournal(runs);
      if (writeSync(this.#journal, entries) === entries.length) return;
    } catch {
      // As for a torn entry: whatever follows goes to another file.
    }
    this.#failed = true;
    this.#closeJournal();
    this.#generation += 1;
  }

  /** Writes a checkpoint, synced. What `note` gets meanwhile goes to the next journal. */
  async write(acknowledged: Runs, synced: number): Promise<void> {
    const text = encodeCheckpoint({ floor: acknowledged.floor, runs: acknowledged.above, synced });
    this.#closeJournal();
    const covered = this.#generation;
    this.#generation += 1;
    await replaceFile(join(this.#directory, CHECKPOINT), text);
    this.#failed = false;
    killPoint('checkpoint_written');
    for (const generation of await this.#journals()) {
      if (generation <= covered) await rm(join(this.#directory, `acks.${generation}`), { force: true });
    }
  }

  close(): void {
    this.#closeJournal();
  }

  #closeJournal(): void {
    if (this.#journal !== undefined) closeSync(this.#journal);
    this.#journal = undefined;
  }

  async #journals(): Promise<number[]> {
    const generations: number[] = [];
    for (const name of await readdir(this.#directory)) {
      const generation = JOURNAL.exec(name)?.[1];
      if (generation) generations.push(Number(generation));
    }
    return generations.sort((a, b) => a - b);
  }

  #read(name: string): Buffer | undefined {
    try {
      return readFileSync(join(this.#directory, name));
    } catch {
      return undefined;
    }
  }
}

interface Checkpoint {
  readonly floor: number;
  readonly runs: readonly Run[];
  readonly synced: number;
}

/** One line of JSON, and one of its check sum. */
export function encodeCheckpoint(checkpoint: Checkpoint): string {
  const text = JSON.stringify(checkpoint);
  return `${text}\n${crc32(text)}\n`;
}

export function decodeCheckpoint(bytes: Buffer | undefined): Checkpoint | undefined {
  const [text = '', sum] = (bytes?.toString() ?? '').split('\n');
  if (sum !== String(crc32(text))) return undefined;
  return JSON.parse(text) as Checkpoint;
}

export function encodeJournal(runs: readonly Run[]): Buffer {
  const bytes = Buffer.allocUnsafe(runs.length * ENTRY_BYTES);
  runs.forEach(([from, to], index) => {
    const at = index * ENTRY_BYTES;
    bytes.writeUIntBE(from, at, 6);
    bytes.writeUIntBE(to, at + 6, 6);
    bytes.writeUInt32BE(crc32(bytes.subarray(at, at + 12)), at + 12);
  });
  return bytes;
}

/** Ends at the first damaged entry: after a power cut nothing sound follows one. */
export function* decodeJournal(bytes: Buffer): Generator<Run> {
  for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
    if (crc32(bytes.subarray(at, at + 12)) !== bytes.readUInt32BE(at + 12)) return;
    yield [bytes.readUIntBE(at, 6), bytes.readUIntBE(at + 6, 6)];
  }
}
