/**
 * Keeps the latest traffic for `replay`: what each receiver took, as it came in. Bounded by size and
 * age; what cannot be written in time is left out, counted and said. Secrets of the file and the
 * fields named in `record.redact` are masked before anything is written.
 */
import { appendFile, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Logger } from '../component/component.ts';
import type { Event } from '../component/event.ts';
import { codeOf } from '../component/errors.ts';
import { eventToJson } from '../lib/event-json.ts';
import { fieldReader, type FieldReader } from '../lib/field-path.ts';

/** A line of the record. `raw` where the event still had its bytes. */
export interface Recorded {
  /** Unix milliseconds. */
  readonly at: number;
  readonly receiver: string;
  readonly raw?: string;
  readonly event?: unknown;
}

export interface RecorderOptions {
  readonly directory: string;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  /** Fields whose values are masked. */
  readonly redact: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
  readonly mask: (text: string) => string;
}

const FILES = 8;
const FLUSH_MS = 1_000;
const MAX_WAITING_CHARACTERS = 4 * 1_024 * 1_024;
const MASK = '***';

export class Recorder {
  readonly #options: RecorderOptions;
  readonly #redacted: readonly FieldReader[];
  readonly #waiting: string[] = [];
  /** Of lines that are not written yet, those on their way to the disk included. */
  #characters = 0;
  #leftOut = 0;
  #cancel: (() => void) | undefined;
  #writing: Promise<void> = Promise.resolve();
  #current: { readonly name: string; bytes: number } | undefined;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#redacted = options.redact.map(fieldReader);
  }

  accepted(receiver: string, events: readonly Event[]): void {
    const at = this.#options.clock.now();
    for (const event of events) {
      if (this.#characters >= MAX_WAITING_CHARACTERS) this.#leftOut += 1;
      else this.#keep(this.#lineOf(at, receiver, event));
    }
    this.#cancel ??= this.#options.clock.schedule(FLUSH_MS, () => {
      this.#cancel = undefined;
      this.#flush();
    });
  }

  /** Resolves once everything is written, or could not be. */
  async close(): Promise<void> {
    this.#cancel?.();
    this.#flush();
    await this.#writing;
  }

  #keep(line: string): void {
    this.#waiting.push(line);
    this.#characters += line.length;
  }

  #lineOf(at: number, receiver: string, event: Event): string {
    const { received } = event;
    const text = received?.bytes.toString('utf8', received.start, received.end);
    // What is not UTF-8 could not be told from what is; the event says what was read of it.
    const kept = text === undefined || text.includes('\ufffd') ? { event: eventToJson(event) } : { raw: text };
    let line = this.#options.mask(JSON.stringify({ at, receiver, ...kept }));
    for (const read of this.#redacted) {
      const value = read(event);
      if (typeof value !== 'string' && typeof value !== 'number') continue;
      const spelled = JSON.stringify(String(value)).slice(1, -1);
      if (spelled !== '') line = line.replaceAll(spelled, MASK);
    }
    return `${line}\n`;
  }

  #flush(): void {
    if (this.#leftOut > 0)
      this.#options.log.warn(
        `traffic came faster than it can be recorded: ${this.#leftOut} events are missing from the record`,
      );
    this.#leftOut = 0;
    if (this.#waiting.length === 0) return;
    const text = this.#waiting.splice(0).join('');
    this.#writing = this.#writing
      .then(() => this.#write(text))
      .then(() => {
        this.#characters -= text.length;
      });
  }

  async #write(text: string): Promise<void> {
    const { directory, maxBytes, log } = this.#options;
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      this.#current ??= await this.#newest();
      if (this.#current.bytes > maxBytes / FILES) this.#current = { name: nextName(this.#current.name), bytes: 0 };
      await appendFile(join(directory, this.#current.name), text, { mode: 0o600 });
      this.#current.bytes += Buffer.byteLength(text);
      await this.#forget();
    } catch (error) {
      log.warn(`traffic cannot be recorded: ${codeOf(error)}`);
    }
  }

  async #newest(): Promise<{ name: string; bytes: number }> {
    const name = (await recordFiles(this.#options.directory)).at(-1);
    return name === undefined
      ? { name: '00000001.jsonl', bytes: 0 }
      : { name, bytes: (await stat(join(this.#options.directory, name))).size };
  }

  /** Oldest first: what is too old, and what is too much. */
  async #forget(): Promise<void> {
    const { directory, maxBytes, maxAgeMs, clock } = this.#options;
    let bytes = 0;
    for (const name of (await recordFiles(directory)).toReversed()) {
      const { size, mtimeMs } = await stat(join(directory, name));
      bytes += size;
      if (name !== this.#current?.name && (bytes > maxBytes || mtimeMs < clock.now() - maxAgeMs))
        await rm(join(directory, name), { force: true });
    }
  }
}

/** What was recorded since `since` (Unix milliseconds), oldest first; lines that a crash cut are left out. */
export async function* recorded(directory: string, since = 0): AsyncGenerator<Recorded> {
  for (const name of await recordFiles(directory)) {
    for (const line of (await readFile(join(directory, name), 'utf8')).split('\n')) {
      const one = parsed(line);
      if (one && one.at >= since) yield one;
    }
  }
}

async function recordFiles(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []);
  return names.filter((name) => /^\d{8}\.jsonl$/.test(name)).sort();
}

function nextName(name: string): string {
  return `${String(Number.parseInt(name, 10) + 1).padStart(8, '0')}.jsonl`;
}

function parsed(line: string): Recorded | undefined {
  try {
    const one = JSON.parse(line) as Partial<Recorded>;
    return typeof one.at === 'number' && typeof one.receiver === 'string' ? (one as Recorded) : undefined;
  } catch {
    return undefined;
  }
}
