/** Row 32 of the fault matrix: a file that grows fast and is moved away all the time. */
import { appendFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { startCollector, type Collector } from '../support/collector.ts';
import { eventually } from '../support/eventually.ts';
import { linesIn } from '../support/json-lines.ts';

const PER_SECOND = 5_000;
const TICK_MS = 10;

/** How often the collector notes how far it has read. */
const CHECKPOINT_MS = 1_000;

/** Writes numbered lines at a steady rate, and renames the file every so often, until it is stopped. */
export function rotatingWriter(file: string, rotateMs: number) {
  let [written, rotations] = [0, 0];
  const started = performance.now();
  const timer = setInterval(() => {
    const elapsed = performance.now() - started;
    const due = Math.floor((elapsed * PER_SECOND) / 1_000);
    if (due === written) return;
    appendFileSync(file, Array.from({ length: due - written }, (_, n) => `line ${written + n}\n`).join(''));
    written = due;
    if (elapsed < (rotations + 1) * rotateMs) return;
    rotations += 1;
    renameSync(file, `${file}.${rotations}`);
  }, TICK_MS);
  return {
    get written() {
      return written;
    },
    get rotations() {
      return rotations;
    },
    stop: () => clearInterval(timer),
  };
}

export function startTail(): Promise<Collector> {
  return startCollector(
    (directory) => `
receivers:
  file: { include: ['${directory}/app.log', '${directory}/app.log.[0-9]*'], start_at: beginning, format: text, poll_interval: 50ms }
exporters:
  file/out: { path: '${directory}/out.jsonl' }
`,
  );
}

/** Numbers of the lines that came out, in their order. */
export function numbersOut({ directory }: Collector): number[] {
  return linesIn(join(directory, 'out.jsonl')).map((line) => Number(/"message":"line (\d+)"/.exec(line)?.[1]));
}

interface Chaos {
  readonly seconds: number;
  readonly rotateMs: number;
  readonly kills: number;
}

export async function chaos({ seconds, rotateMs, kills }: Chaos): Promise<string> {
  const collector = await startTail();
  const source = rotatingWriter(join(collector.directory, 'app.log'), rotateMs);
  try {
    for (let kill = 0; kill <= kills; kill += 1) {
      const until = (seconds * PER_SECOND * (kill + 1)) / (kills + 1);
      await eventually(() => source.written >= until, 'lines are written', seconds * 2_000);
      if (kill === kills) break;
      await collector.kill9();
      await collector.start();
    }
  } finally {
    source.stop();
  }
  const { written, rotations } = source;
  const accepted = async (): Promise<number> => (await collector.status()).receivers['file']!.accepted;
  // The cheaper question first: the files are large.
  await eventually(async () => (await accepted()) >= (kills === 0 ? written : 1), 'they are read', 30_000);
  let numbers: number[] = [];
  await eventually(() => new Set((numbers = numbersOut(collector))).size === written, 'every line is there', 60_000);
  const repeated = numbers.length - written;
  if (kills === 0) expect([repeated, await accepted()]).toEqual([0, written]);
  // As long again for the disk and the machine to keep up.
  expect(repeated).toBeLessThanOrEqual((kills * 2 * CHECKPOINT_MS * PER_SECOND) / 1_000);
  await collector.stop();
  return `${written} lines, ${rotations} renames, ${kills} kills: 0 lost, ${repeated} repeated (at most ${(kills * CHECKPOINT_MS * PER_SECOND) / 1_000} in ${kills} checkpoint intervals)`;
}
