/** Row 3 of the fault matrix: a destination is away for a while. */
import { expect } from 'vitest';
import { startCollector } from '../support/collector.ts';
import { eventually } from '../support/eventually.ts';
import { NumberedSink } from '../support/numbered-sink.ts';
import { Poster } from '../support/poster.ts';
import { peakMiB } from '../support/process.ts';

interface Outage {
  readonly perSecond: number;
  readonly downMs: number;
  /** Memory until the destination is back; a quarter more while the backlog goes out. */
  readonly mostMiB: number;
}

export async function outage({ perSecond, downMs, mostMiB }: Outage): Promise<string> {
  const sink = await NumberedSink.start();
  const collector = await startCollector(`
receivers: { http: { listen: http://127.0.0.1:0 } }
exporters: { http/sink: { url: '${sink.url}', retry: { max_interval: 20s }, batch: { max_events: 100, max_wait: 20ms } } }
`);
  const poster = new Poster(await collector.port('http', 'http'), { perRequest: 10 });
  poster.start(2, perSecond / 10);
  await eventually(() => sink.taken.size > 0, 'it delivers');
  await sink.down();
  await new Promise((resolve) => setTimeout(resolve, downMs));
  const waitingMiB = await peakMiB(collector.pid);
  const backlog = (await collector.status()).exporters['http/sink']!.held;
  const before = sink.taken.size;
  const upAt = performance.now();
  await sink.up();
  await eventually(() => sink.taken.size > before, 'it delivers again', 30_000);
  const firstMs = performance.now() - upAt;
  await eventually(
    async () => (await collector.status()).exporters['http/sink']!.held < perSecond,
    'the backlog is gone',
    60_000,
  );
  const goneMs = performance.now() - upAt;
  await poster.stop();
  await eventually(() => sink.missing(poster.acked).length === 0, 'it has everything', 10_000);
  expect(sink.repeats).toBe(0);
  expect([...poster.refusals]).toEqual([]);
  const peak = await peakMiB(collector.pid);
  expect(waitingMiB).toBeLessThan(mostMiB);
  expect(peak).toBeLessThan(mostMiB * 1.25);
  await collector.stop();
  return `${poster.acked.size} events, ${backlog} waited, 0 lost, 0 repeated, at most ${Math.round(waitingMiB)} MiB of memory until it is back and ${Math.round(peak)} MiB after, first delivery after ${Math.round(firstMs)} ms, backlog gone after ${Math.round(goneMs)} ms`;
}
