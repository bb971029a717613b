/** Rows 1 and 2 of the fault matrix: the process ends, as it likes or not. */
import { expect } from 'vitest';
import { startCollector, type Collector } from '../support/collector.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { NumberedSink } from '../support/numbered-sink.ts';
import { Poster } from '../support/poster.ts';

const BATCH = 50;
const CONCURRENCY = 2;

export interface Under {
  readonly collector: Collector;
  readonly sink: NumberedSink;
  readonly poster: Poster;
}

/** A collector with the default queue, on disk, under load. Small segments, so that all their ends are met. */
export async function underLoad({
  env = {},
  concurrency = CONCURRENCY,
}: {
  readonly env?: Readonly<Record<string, string>>;
  readonly concurrency?: number;
} = {}): Promise<Under> {
  const sink = await NumberedSink.start();
  const port = await freePort();
  const collector = await startCollector(
    `receivers: { http: { listen: 'http://127.0.0.1:${port}' } }
exporters: { http/sink: { url: '${sink.url}', queue: { max_size: 1MiB }, retry: { max_interval: 1s }, concurrency: ${concurrency}, batch: { max_events: ${BATCH}, max_wait: 20ms } } }`,
    { env },
  );
  const poster = new Poster(port);
  return { collector, sink, poster };
}

interface Kills {
  readonly kills: number;
  /** A kill comes after 200 ms to so many more. */
  readonly longestMs: number;
  /** From the start of the process to its first delivery, at the most. */
  readonly startMs: number;
}

/** Kills it at random moments, and starts it again. Nothing acknowledged is lost; what repeats was under way. */
export async function killAgainAndAgain({ kills, longestMs, startMs }: Kills): Promise<string> {
  const { collector, sink, poster } = await underLoad();
  poster.start();
  let slowestStartMs = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    const before = poster.acked.size;
    await new Promise((resolve) => setTimeout(resolve, 200 + Math.random() * longestMs));
    await eventually(() => poster.acked.size > before, 'some were acknowledged');
    await collector.kill9();
    const [from, delivered] = [performance.now(), sink.times.length];
    await collector.start();
    await eventually(() => sink.times.length > delivered, 'it delivers', startMs);
    slowestStartMs = Math.max(slowestStartMs, performance.now() - from);
  }
  await poster.stop();
  await expectAllDelivered({ collector, sink, poster }, kills);
  expect(slowestStartMs).toBeLessThanOrEqual(startMs);
  return `${kills} kills, ${poster.acked.size} acknowledged, 0 lost, ${sink.repeats} repeated (at most ${kills * BATCH * CONCURRENCY}), first delivery after at most ${Math.round(slowestStartMs)} ms`;
}

export async function expectAllDelivered({ collector, sink, poster }: Under, kills: number): Promise<void> {
  await eventually(
    async () => (await collector.status()).exporters['http/sink']!.held === 0,
    'the queue is empty',
    15_000,
  );
  expect(sink.missing(poster.acked)).toEqual([]);
  expect(sink.repeats).toBeLessThanOrEqual(kills * BATCH * CONCURRENCY);
  await collector.stop();
}
