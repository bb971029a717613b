/**
 * The journald receiver's life: a journalctl that follows, started again where it left off when it
 * dies, and kept waiting while the queues are full.
 */
import type { Context, Counter, Receiver, Sink } from '../../component/component.ts';
import { codeOf, StartError } from '../../component/errors.ts';
import type { SEVERITIES } from '../../lib/syslog/names.ts';
import { Follower, runTrouble } from './follower.ts';
import { readEntry } from './entry.ts';
import { Ledger, type Position } from './ledger.ts';

export interface JournaldOptions {
  readonly start_at: 'end' | 'beginning';
  readonly units: readonly string[];
  readonly identifiers: readonly string[];
  readonly priority?: (typeof SEVERITIES)[number];
  readonly directory?: string;
  readonly command: readonly string[];
  readonly max_line_size: number;
}

/** Lines that are not safe yet: more are not read. */
const MAX_HELD_BYTES = 8 * 1_048_576;

const FIRST_RESTART_MS = 1_000;
const MAX_RESTART_MS = 60_000;
const AGAIN_MS = 1_000;

/** How long `stop` waits for what was pushed to be safe. */
const PATIENCE_MS = 2_000;

/** Ends without a line in between, after which the cursor is given up for its time. */
const CURSOR_TRIES = 3;

interface Snapshot extends Position {
  readonly version: 1;
}

export class JournaldReceiver implements Receiver {
  readonly #options: JournaldOptions;
  readonly #context: Context;
  readonly #sink: Sink;
  readonly #restarts: Counter;
  readonly #truncated: Counter;
  #ledger = new Ledger();
  #follower: Follower | undefined;
  #stopping: AbortController | undefined;
  #cancelRestart: (() => void) | undefined;
  #cancelAgain: (() => void) | undefined;
  #restartMs = FIRST_RESTART_MS;
  /** Ends since the last line. */
  #failures = 0;
  #draining = false;
  #onSettled: () => void = () => {};

  constructor(options: JournaldOptions, context: Context, sink: Sink) {
    this.#options = options;
    this.#context = context;
    this.#sink = sink;
    this.#own();
    this.#restarts = context.counter('journalctl_restarts', 'Times that journalctl ended and was started again.');
    this.#truncated = context.counter('journal_lines_truncated', 'Entries longer than max_line_size, which were cut.');
  }

  restore(snapshot: unknown): void {
    if (!isSnapshot(snapshot)) return;
    const { cursor, time } = snapshot;
    this.#ledger.committed = this.#ledger.read = { cursor, time };
  }

  snapshot(): Snapshot | undefined {
    const { committed } = this.#ledger;
    return committed && { version: 1, ...committed };
  }

  adopt(predecessor: this): void {
    this.#ledger = predecessor.#ledger;
    this.#own();
    predecessor.#ledger = new Ledger();
    predecessor.#halt();
    // After a reload that failed, reading goes on here, where it had been given away.
    if (this.#stopping?.signal.aborted !== false) return;
    this.#tryFollowing();
    this.#push();
  }

  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { start_at } = this.#options;
    // Entries between this moment and journalctl's first look are not to be missed.
    this.#ledger.read ??= { cursor: undefined, time: start_at === 'end' ? this.#context.clock.now() : 0 };
    this.#ledger.committed ??= this.#ledger.read;
    this.#stopping = new AbortController();
    try {
      await this.#follow().running();
    } catch (error) {
      this.#halt();
      throw new StartError(runTrouble(error, this.#options.command[0] ?? 'journalctl'));
    }
    // What a predecessor had read and not brought away.
    this.#push();
  }

  async stop(): Promise<void> {
    this.#halt();
    this.#stopping?.abort();
    if (this.#ledger.isSettled) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#context.clock.schedule(PATIENCE_MS, resolve);
      this.#onSettled = () => {
        if (!this.#ledger.isSettled) return;
        cancel();
        resolve();
      };
    });
  }

  #own(): void {
    this.#ledger.settled = (settlement) => {
      if (settlement !== 'safe') this.#pushSoon();
      if (this.#ledger.bytes <= MAX_HELD_BYTES / 2 && !this.#draining) this.#follower?.resume();
      this.#onSettled();
    };
  }

  /** Ends journalctl, and everything that would start it again. */
  #halt(): void {
    this.#follower?.stop();
    this.#follower = undefined;
    this.#cancelRestart?.();
    this.#cancelAgain?.();
    this.#cancelRestart = this.#cancelAgain = undefined;
  }

  #follow(): Follower {
    const follower = new Follower(this.#command(), this.#options.max_line_size, {
      lines: (lines, bytes, cut) => this.#take(lines, bytes, cut),
      ended: (reason) => this.#restart(reason),
    });
    this.#follower = follower;
    return follower;
  }

  /** Where the system has no room for a process, that is an end like any other. */
  #tryFollowing(): void {
    try {
      this.#follow();
    } catch (error) {
      this.#restart(codeOf(error));
    }
  }

  #command(): string[] {
    const { command, units, identifiers, priority, directory } = this.#options;
    const { cursor, time } = this.#ledger.read!;
    return [
      ...command,
      '--follow',
      // Everything from the place on, not the last ten.
      '--no-tail',
      '--output=json',
      // Fields of more than 4096 bytes too.
      '--all',
      '--quiet',
      ...(cursor !== undefined && this.#failures < CURSOR_TRIES
        ? [`--after-cursor=${cursor}`]
        : time > 0
          ? [`--since=@${Math.floor(time / 1_000)}`]
          : []),
      ...units.map((unit) => `--unit=${unit}`),
      ...identifiers.map((identifier) => `--identifier=${identifier}`),
      ...(priority === undefined ? [] : [`--priority=${priority}`]),
      ...(directory === undefined ? [] : [`--directory=${directory}`]),
    ];
  }

  #take(lines: readonly string[], bytes: number, cut: number): void {
    this.#failures = 0;
    this.#restartMs = FIRST_RESTART_MS;
    if (cut > 0) this.#truncated.add(cut);
    this.#ledger.add(lines, bytes, this.#positionAfter(lines));
    this.#push();
    if (this.#ledger.bytes > MAX_HELD_BYTES) this.#follower?.pause();
  }

  /** The last line's that could be read. */
  #positionAfter(lines: readonly string[]): Position {
    const now = this.#context.clock.now();
    for (let index = lines.length - 1; index >= 0; index -= 1) {
      const { cursor, time } = readEntry(lines[index]!, now);
      if (cursor !== undefined) return { cursor, time };
    }
    return this.#ledger.read!;
  }

  #push(): void {
    const { clock } = this.#context;
    const all = this.#ledger.push(this.#sink, (lines) => lines.map((line) => readEntry(line, clock.now()).event));
    if (!all) this.#awaitRoom();
  }

  #awaitRoom(): void {
    const signal = this.#stopping?.signal;
    if (this.#draining || !signal || signal.aborted) return;
    this.#draining = true;
    this.#follower?.pause();
    this.#sink.drained(signal).then(
      () => {
        this.#draining = false;
        this.#follower?.resume();
        this.#push();
      },
      () => {},
    );
  }

  #pushSoon(): void {
    if (this.#stopping?.signal.aborted !== false) return;
    this.#cancelAgain ??= this.#context.clock.schedule(AGAIN_MS, () => {
      this.#cancelAgain = undefined;
      this.#push();
    });
  }

  #restart(reason: string): void {
    const { clock, log } = this.#context;
    this.#failures += 1;
    this.#restarts.add(1);
    log.warn(`journalctl ended (${reason}); it is started again in ${this.#restartMs / 1_000} s, where it left off`);
    if (this.#failures === CURSOR_TRIES && this.#ledger.read?.cursor !== undefined) {
      log.warn(
        'the journal may no longer hold the place where reading stopped: from now on it is looked for by its time',
      );
    }
    this.#cancelRestart = clock.schedule(this.#restartMs, () => {
      this.#cancelRestart = undefined;
      this.#tryFollowing();
    });
    this.#restartMs = Math.min(this.#restartMs * 2, MAX_RESTART_MS);
  }
}

function isSnapshot(value: unknown): value is Snapshot {
  if (typeof value !== 'object' || value === null) return false;
  const { version, cursor, time } = value as Partial<Snapshot>;
  return version === 1 && typeof time === 'number' && (cursor === undefined || typeof cursor === 'string');
}
