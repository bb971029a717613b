import { existsSync, readFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Context } from '../../../src/component/component.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import file from '../../../src/receivers/file/file.ts';
import type { FileReceiver } from '../../../src/receivers/file/file-receiver.ts';
import { eventually } from '../../support/eventually.ts';
import { fakeContext, FakeSink } from '../../support/fakes.ts';

// Transcribed from the tests of other collectors; not ours to ship, so the file lies outside the project.
const SCENARIOS = new URL('../../../../shared/conformance/scenarios-public.json', import.meta.url);

interface Scenario {
  id: string;
  name: string;
  config: {
    include: string[];
    exclude?: string[];
    start_at: 'end' | 'beginning';
    max_line_bytes?: number;
    idle_flush_ms?: number;
  };
  steps: (Record<string, unknown> & { op: string })[];
  expected: {
    lines: string[];
    order: 'exact' | 'per_file' | 'any';
    max_duplicates: number;
    forbidden_substrings?: string[];
    counts?: { distinct?: number; distinct_min?: number };
  };
}

const scenarios: Scenario[] = existsSync(SCENARIOS) ? (JSON.parse(readFileSync(SCENARIOS, 'utf8')) as Scenario[]) : [];

/** Does the steps of one scenario in a folder of its own. */
class Stage {
  readonly sink = new FakeSink();
  readonly #folder: string;
  readonly #config: Scenario['config'];
  readonly #handles = new Map<string, fs.FileHandle>();
  #receiver: FileReceiver | undefined;
  #kept: unknown;

  constructor(folder: string, config: Scenario['config']) {
    this.#folder = folder;
    this.#config = config;
  }

  get lines(): string[] {
    return this.sink.events.map(({ message }) => message);
  }

  async start(): Promise<void> {
    const { include, exclude = [], start_at, max_line_bytes = 1_048_576, idle_flush_ms = 0 } = this.#config;
    const context: Context = { ...fakeContext('file'), clock: systemClock };
    const options = {
      include: include.map((pattern) => path.join(this.#folder, pattern)),
      exclude,
      start_at,
      format: 'text' as const,
      max_line_size: max_line_bytes,
      encoding: 'utf-8' as const,
      poll_interval: 50,
      flush_after: idle_flush_ms,
    };
    const receiver = file.create(options, context, this.sink) as FileReceiver;
    if (this.#kept !== undefined) receiver.restore(this.#kept);
    await receiver.start(new AbortController().signal);
    this.#receiver = receiver;
  }

  async stop(): Promise<void> {
    await this.#receiver?.stop();
    this.#kept = JSON.parse(JSON.stringify(this.#receiver?.snapshot() ?? null));
    this.#receiver = undefined;
    for (const handle of this.#handles.values()) await handle.close();
    this.#handles.clear();
  }

  async step(step: Record<string, unknown> & { op: string }): Promise<void> {
    const at = (key: string): string => path.join(this.#folder, String(step[key]));
    switch (step.op) {
      case 'start_agent':
        return this.start();
      case 'stop_agent':
        return this.stop();
      case 'sleep':
        return delay(Math.min(Number(step['ms']), 1_200));
      case 'wait_lines':
        return eventually(() => this.lines.length >= Number(step['count']), `${String(step['count'])} lines`, 15_000);
      case 'write':
        return this.#write(step);
      case 'write_repeat':
        return fs.appendFile(at('path'), String(step['text']).repeat(Number(step['bytes'])));
      case 'create':
        await fs.mkdir(path.dirname(at('path')), { recursive: true });
        return fs.writeFile(at('path'), '');
      case 'mkdir':
        return void (await fs.mkdir(at('path'), { recursive: true }));
      case 'rename':
        return fs.rename(at('src'), at('dst'));
      case 'copy':
        return fs.copyFile(at('src'), at('dst'));
      case 'truncate':
        return fs.truncate(at('path'), Number(step['size']));
      case 'delete':
        return fs.unlink(at('path'));
      case 'symlink':
        return fs.symlink(at('target'), at('path'));
      case 'symlink_replace':
        await fs.symlink(at('target'), `${at('path')}.tmp~`);
        return fs.rename(`${at('path')}.tmp~`, at('path'));
      case 'gzip':
        return fs.writeFile(at('dst'), gzipSync(await fs.readFile(at('src'))));
      case 'create_until_same_inode':
        // The inode that was just freed is the next one on most file systems.
        return fs.writeFile(at('path'), '');
      case 'parallel_rotate':
        return this.#rotateInParallel(step);
      case 'rotating_logger':
        return this.#log(step);
      default:
        throw new Error(`no such step: ${step.op}`);
    }
  }

  async #write(step: Record<string, unknown>): Promise<void> {
    const data =
      step['data_base64'] === undefined
        ? Buffer.from(String(step['text']))
        : Buffer.from(String(step['data_base64']), 'base64');
    const target = path.join(this.#folder, String(step['path']));
    await fs.mkdir(path.dirname(target), { recursive: true });
    const name = step['fd'] as string | undefined;
    if (name === undefined) return fs.appendFile(target, data);
    if (!this.#handles.has(name)) this.#handles.set(name, await fs.open(target, 'a'));
    await this.#handles.get(name)?.appendFile(data);
  }

  async #rotateInParallel(step: Record<string, unknown>): Promise<void> {
    const writers = Array.from({ length: Number(step['files']) }, async (_, f) => {
      const target = path.join(this.#folder, `file${f}.log`);
      for (let k = 0; k < Number(step['rotations']); k += 1) {
        for (let m = 0; m < Number(step['messages']); m += 1) {
          const line = String(step['line'])
            .replace('{f}', String(f))
            .replace('{k}', String(k))
            .replace('{m}', String(m));
          await fs.appendFile(target, `${line}\n`);
          await delay(Number(step['delay_ms'] ?? 0));
        }
        if (step['how'] === 'rename') await fs.rename(target, `${target}.${k}`);
        else {
          // What is written between the copy and the truncation is lost with any reader: wait until all was read.
          const all = (f2: number) => this.lines.filter((line) => line.startsWith(`file ${f2}-${k},`)).length;
          await eventually(() => all(f) === Number(step['messages']), 'the reader');
          await fs.copyFile(target, `${target}.${k}`);
          await fs.truncate(target, 0);
        }
      }
    });
    await Promise.all(writers);
  }

  async #log(step: Record<string, unknown>): Promise<void> {
    const target = path.join(this.#folder, 'app.log');
    for (let n = 0; n < Number(step['total']); n += 1) {
      if (n > 0 && n % Number(step['lines_per_file']) === 0) await fs.rename(target, `${target}.1`);
      await fs.appendFile(target, `line ${n}\n`);
      await delay(Number(step['interval_ms']));
    }
  }
}

describe('the tailer against scenarios of other collectors', () => {
  test.skipIf(!existsSync(SCENARIOS))('has some to run', () => {
    expect(scenarios.length).toBeGreaterThan(20);
  });

  test.concurrent.each(scenarios.map((scenario) => [scenario.id, scenario.name, scenario] as const))(
    '%s %s',
    // A writer that removes what it wrote races its reader: a busy machine gets another chance.
    { retry: 2 },
    async (_id, _name, scenario) => {
      const folder = await fs.mkdtemp(path.join(tmpdir(), 'tail-'));
      const stage = new Stage(folder, scenario.config);
      try {
        for (const step of scenario.steps) await stage.step(step);
        await delay(300);
      } finally {
        await stage.stop();
        await fs.rm(folder, { recursive: true });
      }
      check(stage.lines, scenario);
    },
  );
});

function check(got: readonly string[], { config, expected }: Scenario): void {
  for (const text of expected.forbidden_substrings ?? []) expect(got.join('\n')).not.toContain(text);
  if (expected.counts?.distinct !== undefined || expected.counts?.distinct_min !== undefined) {
    expect(got.length - new Set(got).size).toBe(0);
    expect(new Set(got).size).toBeGreaterThanOrEqual(expected.counts.distinct ?? expected.counts.distinct_min ?? 0);
    return;
  }
  // What comes of an over-long line is up to us.
  const lines = config.max_line_bytes === undefined ? [...got] : got.filter((line) => expected.lines.includes(line));
  if (expected.order === 'exact') expect(lines).toEqual(expected.lines);
  else expect([...lines].sort()).toEqual([...expected.lines].sort());
}
