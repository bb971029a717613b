/** A file that grows by 5,000 lines a second and is rotated, and a collector that is killed on the way: no line is lost. */
import { appendFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startCollector } from '../support/collector.ts';
import { eventually } from '../support/eventually.ts';
import { linesIn } from '../support/json-lines.ts';

const PER_SECOND = 5_000;

/** How often the collector notes how far it has read. */
const CHECKPOINT_SECONDS = 1;

const TICK_MS = 10;

const KILLS = 2;

/** Writes numbered lines at a steady rate until it is stopped, and moves the file away now and then. */
function writer(file: string) {
  let written = 0;
  let rotations = 0;
  const started = performance.now();
  const tick = (): void => {
    const due = Math.floor(((performance.now() - started) * PER_SECOND) / 1_000);
    if (due === written) return;
    const lines = Array.from({ length: due - written }, (_, index) => `line ${written + index}\n`);
    appendFileSync(file, lines.join(''));
    written = due;
    if (written < (rotations + 1) * PER_SECOND) return;
    rotations += 1;
    renameSync(file, `${file}.${rotations}`);
  };
  const timer = setInterval(tick, TICK_MS);
  return {
    get written() {
      return written;
    },
    stop: () => clearInterval(timer),
  };
}

test('a collector that is killed reads on where it was, and repeats no more than since its last checkpoint', async () => {
  const collector = await startCollector(
    (directory) => `
receivers:
  file: { include: ['${directory}/app.log', '${directory}/app.log.[0-9]*'], start_at: beginning, format: text, poll_interval: 50ms }
exporters:
  file/out: { path: '${directory}/out.jsonl' }
`,
  );
  const source = writer(join(collector.directory, 'app.log'));
  const out = join(collector.directory, 'out.jsonl');
  try {
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const before = source.written;
      await eventually(() => source.written > before + 1.5 * PER_SECOND, 'lines are written', 15_000);
      await collector.kill9();
      await collector.start();
    }
    await eventually(() => source.written > 5 * PER_SECOND, 'lines are written', 15_000);
  } finally {
    source.stop();
  }
  const { written } = source;
  const numbers = (): number[] => linesIn(out).map((line) => Number(/"message":"line (\d+)"/.exec(line)?.[1]));
  await eventually(() => new Set(numbers()).size === written, 'every line is there', 15_000);
  // As long again for the disk and the machine to keep up.
  expect(numbers().length - written).toBeLessThanOrEqual(KILLS * 2 * CHECKPOINT_SECONDS * PER_SECOND);
  await collector.stop();
}, 60_000);
