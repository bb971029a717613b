/**
 * Small documents that outlive the process: file offsets, rate-limit windows, the last good
 * configuration. One JSON file for each key, replaced at once, so that a crash leaves the old
 * document or the new one.
 */
import { readFileSync, renameSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Logger } from '../component/component.ts';
import { codeOf } from '../component/errors.ts';
import { replaceFile } from './durable.ts';
import { fileNameOf } from './file-name.ts';

/** How long a document that could not be written waits for the next try. */
const RETRY_MS = 5_000;

interface Pending {
  /** Undefined: the document is to be removed. */
  readonly text: string | undefined;
  readonly done: (() => void)[];
}

export class FileState {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #log: Logger;
  /** Newest text by key: of a document that changes faster than the disk takes it, only the last is written. */
  #pending = new Map<string, Pending>();
  #writing: Promise<void> | undefined;
  #cancelRetry: (() => void) | undefined;
  #failing = false;

  constructor(directory: string, clock: Clock, log: Logger) {
    this.#directory = directory;
    this.#clock = clock;
    this.#log = log;
  }

  /** The document as last saved; undefined if there is none, or if it was damaged: it is then kept beside, as `.bad`. */
  load(key: string): unknown {
    const waiting = this.#pending.get(key);
    if (waiting) return waiting.text === undefined ? undefined : (JSON.parse(waiting.text) as unknown);
    const path = this.#pathOf(key);
    try {
      return JSON.parse(readFileSync(path, 'utf8')) as unknown;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') this.#setAside(key, path, error);
      return undefined;
    }
  }

  /** Resolves once this document, or a later one of its key, is on disk, or could not be written: that is logged and tried again. */
  save(key: string, json: string): Promise<void> {
    return this.#put(key, json);
  }

  forget(key: string): Promise<void> {
    return this.#put(key, undefined);
  }

  /** Resolves once everything is written, or could not be. */
  async close(): Promise<void> {
    if (this.#pending.size > 0) this.#writing ??= this.#write();
    await this.#writing;
    this.#stopRetrying();
  }

  #stopRetrying(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
  }

  #put(key: string, text: string | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = this.#pending.get(key)?.done ?? [];
      done.push(resolve);
      this.#pending.set(key, { text, done });
      this.#writing ??= this.#write();
    });
  }

  /** One document at a time: a thread of the pool is enough, and looking up host names needs the others. */
  async #write(): Promise<void> {
    const failed = new Map<string, Pending>();
    while (this.#pending.size > 0) {
      const [[key, pending]] = this.#pending as unknown as [[string, Pending]];
      this.#pending.delete(key);
      try {
        await this.#writeOne(key, pending.text);
        failed.delete(key);
        this.#recovered();
      } catch (error) {
        failed.set(key, { text: pending.text, done: [] });
        this.#failed(key, error);
      }
      for (const resolve of pending.done) resolve();
    }
    this.#writing = undefined;
    if (failed.size === 0) return;
    this.#pending = failed;
    this.#cancelRetry ??= this.#clock.schedule(RETRY_MS, () => {
      this.#cancelRetry = undefined;
      this.#writing ??= this.#write();
    });
  }

  async #writeOne(key: string, text: string | undefined): Promise<void> {
    const path = this.#pathOf(key);
    if (text === undefined) {
      await rm(path, { force: true });
      return;
    }
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    await replaceFile(path, text);
  }

  #failed(key: string, error: unknown): void {
    if (!this.#failing)
      this.#log.error('state cannot be written, so a restart would forget it', { key, reason: codeOf(error) });
    this.#failing = true;
  }

  #recovered(): void {
    if (this.#failing) this.#log.info('state can be written again');
    this.#failing = false;
  }

  #setAside(key: string, path: string, error: unknown): void {
    try {
      renameSync(path, `${path}.bad`);
    } catch {
      // It stays where it is, and the next save replaces it.
    }
    this.#log.warn('a state file was damaged; it starts anew', { key, keptAs: `${path}.bad`, reason: codeOf(error) });
  }

  #pathOf(key: string): string {
    return join(this.#directory, `${fileNameOf(key)}.json`);
  }
}
