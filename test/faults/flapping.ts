/** Row 7 of the fault matrix: a destination that is there and not there in turns, and hangs up in between. */
import { expect } from 'vitest';
import { startCollector } from '../support/collector.ts';
import { eventually } from '../support/eventually.ts';
import { NumberedSink } from '../support/numbered-sink.ts';
import { Poster } from '../support/poster.ts';

const CONCURRENCY = 4;
const BATCH = 10;
const LONGEST_WAIT_MS = 400;

/** Half as long as they are at the most: what jitter may take of each. */
const STEPS_MS = [50, 100, LONGEST_WAIT_MS / 2];

/** It is down first; the load is on all the time. */
export async function flapping({ phaseMs, phases }: { phaseMs: number; phases: number }): Promise<string> {
  const sink = await NumberedSink.start();
  const collector = await startCollector(`
receivers: { http: { listen: http://127.0.0.1:0 } }
exporters: { http/sink: { url: '${sink.url}', concurrency: ${CONCURRENCY}, retry: { initial_interval: 100ms, max_interval: ${LONGEST_WAIT_MS}ms }, batch: { max_events: ${BATCH}, max_wait: 5ms } } }
`);
  const poster = new Poster(await collector.port('http', 'http'));
  poster.start(2, 50);
  let [cut, tries, allowed] = [0, 0, 0];
  for (let phase = 0; phase < phases; phase += 1) {
    const isUp = phase % 2 === 1;
    sink.answer = () => (isUp ? { status: cut++ % 200 === 0 ? 'hang up' : 200, taken: true } : { status: 503 });
    const [before, from] = [sink.times.length, performance.now()];
    await new Promise((resolve) => setTimeout(resolve, phaseMs));
    if (isUp) continue;
    tries += sink.times.length - before;
    // Those under way when it went, then one for each step of the back-off.
    allowed += CONCURRENCY + stepsIn(performance.now() - from);
    expect(tries).toBeLessThanOrEqual(allowed);
  }
  sink.answer = () => ({});
  await poster.stop();
  await eventually(() => sink.missing(poster.acked).length === 0, 'it has everything', 30_000);
  await eventually(async () => (await collector.status()).exporters['http/sink']!.held === 0, 'all is settled');
  const hangUps = Math.ceil(cut / 200);
  expect(sink.repeats).toBeLessThanOrEqual(hangUps * BATCH);
  await collector.stop();
  return `${phases / 2} times down and up again, ${poster.acked.size} acknowledged, 0 lost, ${sink.repeats} repeated by ${hangUps} answers that were cut off; ${tries} tries while it was down, of ${allowed} that the back-off allows`;
}

/** How many tries may begin within a time, if each wait is as short as it may be. */
function stepsIn(ms: number): number {
  let [steps, left] = [0, ms];
  for (; left > 0; steps += 1) left -= STEPS_MS[Math.min(steps, STEPS_MS.length - 1)]!;
  return steps;
}
