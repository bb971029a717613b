import { readdirSync, readlinkSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, vi } from 'vitest';
import file from '../../../src/receivers/file/file.ts';
import type { FileReceiver } from '../../../src/receivers/file/file-receiver.ts';
import { eventually } from '../../support/eventually.ts';
import { fakeContext, FakeSink, type FakeContext } from '../../support/fakes.ts';

export const DEFAULTS = {
  exclude: [],
  start_at: 'beginning',
  format: 'text',
  max_line_size: 1_048_576,
  encoding: 'utf-8',
  poll_interval: 250,
  flush_after: 5_000,
} as const;

type Options = Parameters<typeof file.create>[0];

/** A folder with a receiver of its `*.log`, on a clock that `until` advances. */
export class Bench {
  readonly context: FakeContext = fakeContext('file');
  sink = new FakeSink();
  readonly folder: string;
  receiver!: FileReceiver;

  constructor(folder: string) {
    this.folder = folder;
  }

  get lines(): string[] {
    return this.sink.events.map(({ message }) => message);
  }

  create(options: Partial<Options> = {}): FileReceiver {
    return file.create(
      { ...DEFAULTS, include: [path.join(this.folder, '*.log')], ...options },
      this.context,
      this.sink,
    ) as FileReceiver;
  }

  async start(options: Partial<Options> = {}, kept?: unknown): Promise<void> {
    this.receiver = this.create(options);
    if (kept !== undefined) this.receiver.restore(kept);
    await this.receiver.start(new AbortController().signal);
  }

  /** Stops, and gives what would be kept over a restart. */
  async stop(): Promise<unknown> {
    let stopped = false;
    const stopping = this.receiver.stop().finally(() => (stopped = true));
    await this.until(() => stopped, 'the stop');
    await stopping;
    return JSON.parse(JSON.stringify(this.receiver.snapshot() ?? null));
  }

  append(name: string, data: string | Buffer): Promise<void> {
    return fs.appendFile(path.join(this.folder, name), data);
  }

  async until(condition: () => boolean, what: string): Promise<void> {
    await eventually(() => {
      this.context.clock.advance(50);
      return condition();
    }, what);
  }

  /** A second of the clock, with real time for what it wakes. */
  async second(): Promise<void> {
    for (let turn = 0; turn < 20; turn += 1) {
      this.context.clock.advance(50);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  async reads(...lines: string[]): Promise<void> {
    await this.until(() => this.lines.length >= lines.length, `${lines.length} lines`);
    expect(this.lines).toEqual(lines);
  }
}

export async function bench(): Promise<Bench> {
  const folder = await fs.mkdtemp(path.join(tmpdir(), 'file-'));
  const made = new Bench(folder);
  onTestFinished(async () => {
    await made.stop();
    await fs.rm(folder, { recursive: true });
  });
  return made;
}

/** Descriptors of this process on files in a folder: other tests have theirs. */
export function openBelow(folder: string): number {
  const targets = readdirSync('/proc/self/fd').map((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`);
    } catch {
      return '';
    }
  });
  return targets.filter((target) => target.startsWith(folder)).length;
}

/** Of what Node's handles are made. */
async function handles(): Promise<fs.FileHandle> {
  const handle = await fs.open(import.meta.filename, 'r');
  await handle.close();
  return Object.getPrototypeOf(handle) as fs.FileHandle;
}

/** Makes a call on open files fail, after some of them, as one on a file server does that has forgotten them; gives how to end it. */
export async function failing(call: 'stat' | 'read', code: string, after = 0): Promise<() => void> {
  const all = await handles();
  const works = all[call] as () => Promise<unknown>;
  let left = after;
  const spy = vi.spyOn(all, call).mockImplementation(async function fail(this: fs.FileHandle, ...args: unknown[]) {
    if (left-- > 0) return Reflect.apply(works, this, args) as Promise<never>;
    throw Object.assign(new Error(code), { code });
  });
  onTestFinished(() => spy.mockRestore());
  return () => spy.mockRestore();
}

/** `then` is called, and waited for, as each file that was not open is opened. */
export async function beforeEachNewFile(then: () => Promise<void> | void): Promise<void> {
  const all = await handles();
  const works = all.stat as () => Promise<unknown>;
  const spy = vi.spyOn(all, 'stat').mockImplementation(async function stat(this: fs.FileHandle) {
    await then();
    return Reflect.apply(works, this, []) as Promise<never>;
  });
  onTestFinished(() => spy.mockRestore());
}
