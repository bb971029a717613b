import type { Context, Counter, Receiver, Settlement, Sink } from '../../component/component.ts';
import type { Format } from '../../lib/lines/line-format.ts';
import { ChunkMemory } from './chunk-memory.ts';
import type { Encoding } from './encoding.ts';
import type { Remembered } from './fingerprint.ts';
import { FolderWatch } from './folder-watch.ts';
import { eventsOfLines } from './line-events.ts';
import type { Search } from './search.ts';
import type { Batch, Tail, TailOptions } from './tail.ts';
import { MAX_OPEN, Tails } from './tails.ts';

export interface FileReceiverOptions {
  readonly search: Search;
  readonly startAtEnd: boolean;
  readonly format: Format;
  readonly encoding: Encoding;
  readonly maxLineBytes: number;
  readonly startsRecord: ((line: string) => boolean) | undefined;
  readonly pollMs: number;
  /** 0: an unfinished line waits for ever. */
  readonly flushMs: number;
}

interface Snapshot {
  readonly version: 1;
  readonly include: string;
  readonly files: readonly Remembered[];
}

/** How long lines that were refused wait before they are sent again. */
const AGAIN_MS = 1_000;

/** Least time between two looks, however much happens in the folders. */
const MIN_LOOK_MS = 10;

/** Memory for lines of all files that wait to be settled; past it nothing is read. */
const MAX_HELD_BYTES = 64 * 1_024 * 1_024;

/** How long `stop` waits for lines on their way to be settled. */
const PATIENCE_MS = 2_000;

export class FileReceiver implements Receiver {
  readonly #options: FileReceiverOptions;
  readonly #context: Context;
  readonly #sink: Sink;
  readonly #tails: Tails;
  readonly #tailOptions: TailOptions;
  readonly #bytes: Counter;
  readonly #truncatedLines: Counter;
  readonly #truncatedFiles: Counter;
  /** Which patterns the files known at the start were found by; undefined at the very first start. */
  #knownInclude: string | undefined;
  #stopping: AbortController | undefined;
  #running: Promise<void> = Promise.resolve();
  #paused = false;
  /** A successor has the files. */
  #retired = false;
  #woken = false;
  #endSleep: () => void = () => {};
  #first = true;
  /** Monotonic time of the last look. */
  #lookedAt = -Infinity;
  #lookMs = 0;
  /** A name appeared or disappeared since. */
  #changed = false;
  readonly #watch = new FolderWatch(() => {
    this.#changed = true;
    this.#wake();
  });

  constructor(options: FileReceiverOptions, context: Context, sink: Sink) {
    this.#options = options;
    this.#context = context;
    this.#sink = sink;
    this.#tails = new Tails(context);
    this.#bytes = context.counter('file_bytes', 'Bytes of lines that were read.');
    this.#truncatedLines = context.counter('file_lines_truncated', 'Lines longer than max_line_size, which were cut.');
    this.#truncatedFiles = context.counter(
      'file_truncations',
      'Files that were written anew, and read from their beginning.',
    );
    this.#tailOptions = {
      encoding: options.encoding,
      maxBytes: options.maxLineBytes,
      startsRecord: options.startsRecord,
      // The message of a JSON line is not a part of its bytes.
      sieve: options.format === 'json' ? undefined : () => sink.sieve?.(),
      memory: new ChunkMemory(),
      eventsOf: (lines, file) => eventsOfLines(lines, file, options.format, context.clock.now()),
    };
  }

  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.#look();
    if (this.#tails.none)
      this.#context.log.warn(`no file matches ${this.#options.search.patterns} yet: it is read once there is one`);
    this.#run();
  }

  adopt(predecessor: FileReceiver): void {
    this.#knownInclude ??= predecessor.#knownInclude ?? predecessor.#options.search.key;
    this.#tails.adopt(predecessor.#tails, (tail) => this.#options.search.matches(tail.path));
    // Between a hand-over and its stop, the predecessor would find its files again, as new ones.
    predecessor.#retired = true;
    // After a reload that failed, reading goes on here, where it had been given away.
    this.#retired = false;
    this.#wake();
  }

  restore(snapshot: unknown): void {
    if (!isSnapshot(snapshot)) return;
    this.#knownInclude ??= snapshot.include;
    this.#tails.restore(snapshot.files);
  }

  /** Undefined once a successor has the files: what was last written down of them stays. */
  snapshot(): Snapshot | undefined {
    if (this.#retired) return undefined;
    return { version: 1, include: this.#options.search.key, files: this.#tails.remember() };
  }

  async stop(): Promise<void> {
    this.#stopping?.abort();
    this.#wake();
    await this.#running;
    this.#watch.close();
    await this.#allSettled();
    await this.#tails.close();
  }

  #run(): void {
    const stopping = new AbortController();
    this.#stopping = stopping;
    this.#running = this.#loop(stopping.signal);
  }

  async #loop(signal: AbortSignal): Promise<void> {
    const { clock } = this.#context;
    while (!signal.aborted) {
      if (!this.#retired && clock.monotonic() >= this.#nextLook) {
        // What one look fails at, the next one may not.
        await this.#look().catch((error: unknown) => this.#tails.trouble(this.#options.search.patterns, error));
      }
      const busy = !this.#retired && (await this.#round(signal));
      if (busy || signal.aborted) continue;
      await this.#sleep(this.#retired ? this.#options.pollMs : this.#nextLook - clock.monotonic());
    }
  }

  /** Looking takes a fifth of the time at the most, however many files there are. */
  get #nextLook(): number {
    return this.#lookedAt + Math.max(this.#changed ? MIN_LOOK_MS : this.#options.pollMs, 4 * this.#lookMs);
  }

  async #look(): Promise<void> {
    const { search, startAtEnd } = this.#options;
    const unknownBefore = this.#knownInclude !== search.key;
    if (this.#changed) search.hurry();
    this.#changed = false;
    const startedAt = this.#context.clock.monotonic();
    try {
      await this.#tails.look(search, this.#first && unknownBefore && startAtEnd, this.#first);
      this.#first = false;
      this.#watch.watch(this.#tails.folders);
    } finally {
      this.#lookedAt = this.#context.clock.monotonic();
      this.#lookMs = this.#lookedAt - startedAt;
    }
  }

  /** One chunk of each file that has something: no file waits for another to end. False when nothing was done. */
  async #round(signal: AbortSignal): Promise<boolean> {
    let busy = false;
    let heldBytes = 0;
    for (const tail of this.#tails.values()) heldBytes += tail.heldBytes;
    let { open } = this.#tails;
    for (const tail of [...this.#tails.values()]) {
      if (signal.aborted || this.#paused || this.#retired) return false;
      if (heldBytes > MAX_HELD_BYTES && !tail.again) continue;
      const before = tail.heldBytes;
      const wasOpen = tail.handle !== undefined;
      try {
        if (await this.#turn(tail, signal)) busy = true;
        heldBytes += tail.heldBytes - before;
        if (tail.handle && !wasOpen) open += 1;
        if (open > MAX_OPEN && tail.handle && tail.goneSince === undefined && !this.#retired) {
          open -= 1;
          await tail.close();
        }
      } catch (error) {
        if (this.#retired) return false;
        this.#tails.trouble(tail.path, error);
        tail.more = false;
        tail.modifiedMs = -1;
        await tail.close().catch(() => {});
      }
    }
    return busy;
  }

  async #turn(tail: Tail, signal: AbortSignal): Promise<boolean> {
    const now = this.#context.clock.monotonic();
    if (tail.again) return this.#sendAgain(tail, now, signal);
    const flush = this.#flushDue(tail, now);
    if ((!tail.more && !flush) || tail.blocked || this.#waitsFor(tail.predecessor)) return false;
    tail.predecessor = undefined;
    const lines = await tail.read(this.#tailOptions, flush, now, () => this.#truncatedFiles.add(1));
    if (!lines) return tail.more;
    if (lines.truncated) this.#truncatedLines.add(lines.truncated.size);
    this.#bytes.add(lines.length);
    lines.countDropped?.();
    if (lines.spans.length === 0) return true;
    this.#push(
      tail.batch(lines, this.#tailOptions, (settlement) => this.#settled(tail, settlement)),
      signal,
    );
    return true;
  }

  #flushDue(tail: Tail, now: number): boolean {
    const { flushMs } = this.#options;
    if (tail.restSince === undefined) return false;
    return tail.ending || (flushMs > 0 && now - tail.restSince >= flushMs);
  }

  /** The lines of a rotated file come before those of the one that took its place. */
  #waitsFor(predecessor: Tail | undefined): boolean {
    return predecessor !== undefined && predecessor.handle !== undefined && predecessor.more;
  }

  #sendAgain(tail: Tail, now: number, signal: AbortSignal): boolean {
    if (now < tail.againAt) return false;
    for (const batch of tail.refused(this.#tailOptions, (settlement) => this.#settled(tail, settlement))) {
      this.#push(batch, signal);
      if (this.#paused) break;
    }
    return true;
  }

  #push({ events, settled }: Batch, signal: AbortSignal): void {
    if (this.#sink.push(events, settled)) return;
    this.#paused = true;
    this.#sink.drained(signal).then(
      () => this.#resume(),
      () => this.#resume(),
    );
  }

  #resume(): void {
    this.#paused = false;
    this.#wake();
  }

  #settled(tail: Tail, settlement: Settlement): void {
    if (settlement !== 'safe') tail.againAt = this.#context.clock.monotonic() + AGAIN_MS;
    this.#wake();
  }

  #sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#woken) {
        this.#woken = false;
        resolve();
        return;
      }
      const cancel = this.#context.clock.schedule(Math.max(1, delayMs), () => this.#wake());
      this.#endSleep = () => {
        this.#woken = false;
        cancel();
        resolve();
      };
    });
  }

  /** Ends a sleep, or the next one before it begins. */
  #wake(): void {
    const endSleep = this.#endSleep;
    this.#endSleep = () => {};
    this.#woken = true;
    endSleep();
  }

  async #allSettled(): Promise<void> {
    const { clock } = this.#context;
    const until = clock.monotonic() + PATIENCE_MS;
    for (;;) {
      const left = until - clock.monotonic();
      if (left <= 0 || ![...this.#tails.values()].some((tail) => !tail.settled && !tail.again)) return;
      await this.#sleep(left);
    }
  }
}

function isSnapshot(snapshot: unknown): snapshot is Snapshot {
  return (
    typeof snapshot === 'object' &&
    snapshot !== null &&
    'version' in snapshot &&
    snapshot.version === 1 &&
    'include' in snapshot &&
    typeof snapshot.include === 'string' &&
    'files' in snapshot &&
    Array.isArray(snapshot.files)
  );
}
