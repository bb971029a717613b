/** Whatever is done to a file, and whenever the collector is restarted: each line comes once. */
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { FileReceiver } from '../../../src/receivers/file/file-receiver.ts';
import file from '../../../src/receivers/file/file.ts';
import { eventually } from '../../support/eventually.ts';
import { fakeContext, FakeSink } from '../../support/fakes.ts';
import { SyslogFuzz } from '../../support/syslog-fuzz.ts';
import { DEFAULTS } from './bench.ts';

const SEED = Number(process.env['FUZZ_SEED'] ?? 1);
const STEPS = 25;

class Stage {
  readonly written: string[] = [];
  readonly done: string[] = [];
  readonly #random: SyslogFuzz;
  readonly #folder: string;
  readonly #log: string;
  readonly #context = fakeContext('file');
  readonly #sink = new FakeSink();
  #receiver: FileReceiver | undefined;
  #kept: unknown;
  #rotations = 0;

  constructor(folder: string, seed: number) {
    this.#folder = folder;
    this.#log = path.join(folder, 'app.log');
    this.#random = new SyslogFuzz(seed);
  }

  get read(): string[] {
    return this.#sink.events.map(({ message }) => message);
  }

  async start(): Promise<void> {
    const options = { ...DEFAULTS, include: [this.#log, `${this.#log}.*`] };
    this.#receiver = file.create(options, this.#context, this.#sink) as FileReceiver;
    if (this.#kept !== undefined) this.#receiver.restore(this.#kept);
    await this.#receiver.start(new AbortController().signal);
  }

  async stop(): Promise<void> {
    const receiver = this.#receiver!;
    let stopped = false;
    const stopping = receiver.stop().finally(() => (stopped = true));
    await this.#until(() => stopped, 'it stopped');
    await stopping;
    this.#kept = JSON.parse(JSON.stringify(receiver.snapshot()));
  }

  async step(): Promise<void> {
    const steps = [
      this.#append,
      this.#append,
      this.#appendInTwo,
      this.#rotate,
      this.#restart,
      this.#truncate,
      this.#recreate,
      this.allIsRead,
    ];
    const step = steps[this.#random.below(steps.length)]!;
    this.done.push(step.name);
    await step.call(this);
  }

  async allIsRead(): Promise<void> {
    await this.#until(() => this.read.length >= this.written.length, 'all is read');
  }

  /** Time for a line that would be read twice. */
  async linger(turns = 20): Promise<void> {
    for (let turn = 0; turn < turns; turn += 1) {
      this.#context.clock.advance(50);
      await new Promise(setImmediate);
    }
  }

  #until(condition: () => boolean, what: string): Promise<void> {
    return eventually(
      () => {
        this.#context.clock.advance(20);
        return condition();
      },
      `${what} after ${this.done.join(', ')}`,
    );
  }

  #line(): string {
    const line = `${this.written.length} ${'äx€😀'.repeat(this.#random.below(6))}${'y'.repeat(this.#random.below(10) === 0 ? 70_000 : this.#random.below(40))}`;
    this.written.push(line);
    return line;
  }

  async #append(): Promise<void> {
    const lines = Array.from({ length: 1 + this.#random.below(20) }, () => this.#line());
    await fs.appendFile(this.#log, lines.map((line) => line + (this.#random.below(2) === 0 ? '\n' : '\r\n')).join(''));
  }

  /** Characters are halved, too. */
  async #appendInTwo(): Promise<void> {
    const bytes = Buffer.from(`${this.#line()}\n`);
    const cut = 1 + this.#random.below(bytes.length);
    await fs.appendFile(this.#log, bytes.subarray(0, cut));
    if (this.#random.below(2) === 0) await this.linger(5);
    await fs.appendFile(this.#log, bytes.subarray(cut));
  }

  async #rotate(): Promise<void> {
    await fs.appendFile(this.#log, '');
    this.#rotations += 1;
    await fs.rename(this.#log, `${this.#log}.${this.#rotations}`);
    if (this.#random.below(2) === 0) await fs.writeFile(this.#log, '');
  }

  async #restart(): Promise<void> {
    await this.stop();
    if (this.#random.below(2) === 0) await this.#append();
    await this.start();
  }

  /** To nothing, and then to less, as much or more than before. */
  async #truncate(): Promise<void> {
    await fs.appendFile(this.#log, '');
    await this.allIsRead();
    await fs.copyFile(this.#log, path.join(this.#folder, 'copy'));
    await fs.truncate(this.#log, 0);
    if (this.#random.below(2) === 0) await this.linger();
    await this.#append();
  }

  /** The new file commonly has the inode of the old one. */
  async #recreate(): Promise<void> {
    await fs.appendFile(this.#log, '');
    await this.allIsRead();
    await fs.unlink(this.#log);
    await this.#append();
  }
}

test.each(Array.from({ length: 8 }, (_, n) => SEED * 1_000 + n))('seed %d', async (seed) => {
  const folder = await fs.mkdtemp(path.join(tmpdir(), 'tail-'));
  const stage = new Stage(folder, seed);
  onTestFinished(async () => {
    await stage.stop();
    await fs.rm(folder, { recursive: true });
  });
  await stage.start();
  for (let step = 0; step < STEPS; step += 1) await stage.step();
  await stage.allIsRead();
  await stage.linger();
  expect(stage.read.toSorted(), stage.done.join(', ')).toEqual(stage.written.toSorted());
});
