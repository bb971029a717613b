/**
 * Whether a directory can be written to. After an error it is tried once a second, since nobody
 * writes while a queue says that it is full; said once when it fails and once when it works again.
 */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Logger } from '../component/component.ts';
import { codeOf } from '../component/errors.ts';

const PROBE_MS = 1_000;
const PROBE_BYTES = 64 * 1024;

/** A disk that is full but for a little fails again and again: it is said once in so long. */
const SAY_EVERY_MS = 60_000;

export class DiskHealth {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #onWorking: () => void;
  #cancelProbe: (() => void) | undefined;
  #stopped = false;
  #saidAt = -Infinity;
  /** The failure was said, and its end was not. */
  #said = false;
  /** True from an error until a write succeeds. */
  failing = false;

  constructor(directory: string, clock: Clock, log: Logger, onWorking: () => void) {
    this.#directory = directory;
    this.#clock = clock;
    this.#log = log;
    this.#onWorking = onWorking;
  }

  failed(error: unknown): void {
    const reason = codeOf(error);
    const now = this.#clock.monotonic();
    if (!this.#said && now - this.#saidAt >= SAY_EVERY_MS) {
      this.#said = true;
      this.#saidAt = now;
      this.#log.error('the queue cannot be written to disk; nothing is taken until it can be', {
        reason,
        directory: this.#directory,
        hint: reason === 'ENOSPC' ? 'free some space, or lower queue.max_size' : 'look at the disk and its permissions',
      });
    }
    this.failing = true;
    if (!this.#stopped) this.#cancelProbe ??= this.#clock.schedule(PROBE_MS, () => void this.#probe());
  }

  succeeded(): void {
    if (!this.failing) return;
    this.failing = false;
    this.#cancelProbe?.();
    this.#cancelProbe = undefined;
    if (this.#said) this.#log.info('the queue can be written to disk again', { directory: this.#directory });
    this.#said = false;
    this.#onWorking();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelProbe?.();
    this.#cancelProbe = undefined;
  }

  async #probe(): Promise<void> {
    const path = join(this.#directory, 'probe.tmp');
    let failure: unknown;
    try {
      await writeFile(path, Buffer.alloc(PROBE_BYTES), { flush: true });
    } catch (error) {
      failure = error;
    }
    await rm(path, { force: true }).catch(() => {});
    this.#cancelProbe = undefined;
    if (failure) this.failed(failure);
    else this.succeeded();
  }
}
