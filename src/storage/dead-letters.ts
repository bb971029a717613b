/**
 * Dead letters: events that a destination refused for good, or a processor failed on.
 *
 * One folder for each holder (an exporter's id, a processor's key), in it numbered NDJSON files that
 * `jq` and people can read. The collector appends to the last one only; who removes letters notes
 * their ids in a file beside it (`dead-letter-files.ts`), so that the commands work while it runs.
 * Bounded: past `maxBytes` of a holder its oldest file goes, counted and logged. "Is it safe?": a
 * queue forgets an event only when `awaits` or `flushed` say that its letter is on disk.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Logger } from '../component/component.ts';
import { codeOf } from '../component/errors.ts';
import type { Event } from '../component/event.ts';
import { rfc3339, stringifyEvent } from '../lib/event-json.ts';
import { letterFiles, nameOfFile, readLetterFile, type LetterFile } from './dead-letter-files.ts';
import { fileNameOf } from './file-name.ts';

export interface DeadLetterOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Kept of one holder. 64 MiB unless said. */
  readonly maxBytes?: number;
  /** Takes secrets out of what a destination said. */
  readonly mask?: (text: string) => string;
  /** Letters that are gone for good: for room, or because they could not be written at all. */
  readonly onLost?: (holder: string, letters: number) => void;
}

/** Files of one holder when it is full; the oldest goes when another is needed. */
const FILES = 8;

/** Bytes that may wait for a disk that takes none, over all holders. */
const MAX_WAITING_BYTES = 32 * 1024 * 1024;

const RETRY_MS = 2_000;

interface Waiting {
  rows: string[];
  bytes: number;
}

/** Where the next row of a holder goes. */
interface Position {
  readonly directory: string;
  readonly files: LetterFile[];
  /** Its oldest file could not be removed, which was said. */
  isStuck: boolean;
}

export class DeadLetterLog {
  readonly #options: DeadLetterOptions;
  readonly #maxBytes: number;
  readonly #positions = new Map<string, Position>();
  #waiting = new Map<string, Waiting>();
  #waitingBytes = 0;
  /** Events whose letters may not be on disk, by holder; none where all of the holder's are. */
  readonly #unwritten = new Map<string, WeakSet<Event>>();
  #writing: Promise<void> | undefined;
  #cancelRetry: (() => void) | undefined;
  #failing = false;

  constructor(options: DeadLetterOptions) {
    this.#options = options;
    this.#maxBytes = options.maxBytes ?? 64 * 1024 * 1024;
  }

  /** Never throws and never waits. The events are written as they are now. */
  add(holder: string, events: readonly Event[], reason: string, attempts: number): void {
    const { clock, mask } = this.#options;
    const said = mask ? mask(reason) : reason;
    const status = /\b([1-5]\d\d)\b/.exec(reason)?.[1];
    const common = JSON.stringify({
      time: rfc3339(clock.now()),
      exporter: holder,
      reason: said,
      attempts,
      ...(status ? { status: Number(status) } : {}),
    }).slice(1, -1);
    let lost = 0;
    const waiting = this.#waiting.get(holder) ?? { rows: [], bytes: 0 };
    this.#waiting.set(holder, waiting);
    const unwritten = this.#unwritten.get(holder) ?? new WeakSet();
    this.#unwritten.set(holder, unwritten);
    for (const event of events) {
      unwritten.add(event);
      if (this.#waitingBytes > MAX_WAITING_BYTES) {
        lost += 1;
        continue;
      }
      const row = `{"id":"${newId()}",${common},"event":${stringifyEvent(event)}}\n`;
      waiting.rows.push(row);
      waiting.bytes += row.length;
      this.#waitingBytes += row.length;
    }
    if (lost > 0) this.#lost(holder, lost, 'dead letters lost: the storage takes none, and no more can wait');
    if (!this.#cancelRetry) this.#writing ??= this.#write();
  }

  /** True if the letter of one of the holder's events, the same objects that were added, may not be on disk. A queue asks before it forgets. */
  awaits(holder: string, events: readonly Event[]): boolean {
    const unwritten = this.#unwritten.get(holder);
    return unwritten !== undefined && events.some((event) => unwritten.has(event));
  }

  /** Undefined if all that was added, of the holder if one is said, is on disk; else resolves with whether it got there. */
  flushed(holder?: string): Promise<boolean> | undefined {
    const isFlushed = (): boolean => (holder === undefined ? this.#unwritten.size === 0 : !this.#unwritten.has(holder));
    return isFlushed() ? undefined : (this.#writing ?? Promise.resolve()).then(isFlushed);
  }

  /** Tries once more to write what waits, and ends. */
  async close(): Promise<void> {
    this.#stopRetrying();
    await this.#writing;
    if (this.#waiting.size > 0) await (this.#writing = this.#write());
    this.#stopRetrying();
    for (const [holder, { rows }] of this.#waiting)
      this.#lost(holder, rows.length, 'dead letters lost: the storage takes none');
    this.#waiting.clear();
  }

  async #write(): Promise<void> {
    // In a later turn, so that what one request brings goes in one write.
    await Promise.resolve();
    while (this.#waiting.size > 0) {
      const batch = this.#waiting;
      this.#waiting = new Map();
      for (const [holder, waiting] of batch) {
        try {
          await this.#append(holder, waiting);
          batch.delete(holder);
          this.#waitingBytes -= waiting.bytes;
          // What came meanwhile is written next.
          if (!this.#waiting.has(holder)) this.#unwritten.delete(holder);
        } catch (error) {
          this.#failed(error);
        }
      }
      if (batch.size > 0) {
        for (const [holder, { rows, bytes }] of this.#waiting) {
          const earlier = batch.get(holder);
          batch.set(
            holder,
            earlier ? { rows: [...earlier.rows, ...rows], bytes: earlier.bytes + bytes } : { rows, bytes },
          );
        }
        this.#waiting = batch;
        this.#retryLater();
        break;
      }
      if (this.#failing) this.#options.log.info('dead letters can be written again');
      this.#failing = false;
    }
    this.#writing = undefined;
  }

  async #append(holder: string, { rows }: Waiting): Promise<void> {
    const position = this.#positions.get(holder) ?? (await this.#open(holder));
    let last = position.files.at(-1);
    if (!last || last.bytes >= this.#maxBytes / FILES) {
      last = { number: (last?.number ?? 0) + 1, bytes: 0 };
      position.files.push(last);
    }
    const path = join(position.directory, nameOfFile(last.number));
    const file = await open(path, 'a', 0o600);
    try {
      await this.#appendTo(file, rows.join(''), last, position);
    } finally {
      await file.close();
    }
    await this.#makeRoom(holder, position);
  }

  /** Never throws: what was just written is on disk, whether older letters can go or not. Those that cannot are tried again with the next. */
  async #makeRoom(holder: string, position: Position): Promise<void> {
    const { directory, files } = position;
    let total = files.reduce((sum, one) => sum + one.bytes, 0);
    try {
      while (total > this.#maxBytes && files.length > 1) {
        const oldest = files[0]!;
        await this.#drop(holder, directory, oldest);
        files.shift();
        total -= oldest.bytes;
        position.isStuck = false;
      }
    } catch (error) {
      if (!position.isStuck)
        this.#options.log.error('the oldest dead letters cannot be removed; they take more room than they should', {
          exporter: holder,
          reason: codeOf(error),
        });
      position.isStuck = true;
    }
  }

  /** After an error the file ends where it ended before, or is not written to again: no row is torn and then grown together with another. */
  async #appendTo(file: FileHandle, text: string, last: LetterFile, { files }: Position): Promise<void> {
    const { size } = await file.stat();
    try {
      await file.appendFile(text);
      await file.datasync();
      last.bytes = size + Buffer.byteLength(text);
    } catch (error) {
      await file.truncate(size).catch(() => files.push({ number: last.number + 1, bytes: 0 }));
      throw error;
    }
  }

  async #open(holder: string): Promise<Position> {
    const directory = join(this.#options.directory, fileNameOf(holder));
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const files = [...(await letterFiles(directory))];
    const last = files.at(-1);
    // A crash may have torn its last row.
    if (last) files.push({ number: last.number + 1, bytes: 0 });
    const position = { directory, files, isStuck: false };
    this.#positions.set(holder, position);
    return position;
  }

  async #drop(holder: string, directory: string, { number }: LetterFile): Promise<void> {
    const letters = await readLetterFile(directory, number);
    await rm(join(directory, nameOfFile(number)), { force: true });
    if (letters.length > 0) this.#lost(holder, letters.length, 'the oldest dead letters made room for new ones');
    await rm(join(directory, nameOfFile(number, 'removed')), { force: true });
  }

  #lost(holder: string, letters: number, message: string): void {
    this.#options.onLost?.(holder, letters);
    this.#options.log.warn(message, { exporter: holder, letters });
  }

  #failed(error: unknown): void {
    if (!this.#failing)
      this.#options.log.error('dead letters cannot be written; they wait in memory', { reason: codeOf(error) });
    this.#failing = true;
  }

  #retryLater(): void {
    this.#cancelRetry = this.#options.clock.schedule(RETRY_MS, () => {
      this.#cancelRetry = undefined;
      this.#writing ??= this.#write();
    });
  }

  #stopRetrying(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
  }
}

/** Short enough to type: eight characters without vowels or look-alikes. */
function newId(): string {
  const letters = '23456789bcdfghjkmnpqrstvwxzBCDFG';
  let id = '';
  for (const byte of randomBytes(8)) id += letters[byte & 31];
  return id;
}
