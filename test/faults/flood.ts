/** Row 13 of the fault matrix: more than memory can hold, and nobody to take it. */
import { expect } from 'vitest';
import { startCollector } from '../support/collector.ts';
import { NumberedSink } from '../support/numbered-sink.ts';
import { Poster } from '../support/poster.ts';
import { peakMiB, residentMiB } from '../support/process.ts';

const CAP_MIB = 16;
/** V8 13 (Node 24) lets what is new take four times as much as those before it. */
const GARBAGE_MIB = Number(process.versions.v8.split('.', 1)[0]) < 13 ? 64 : 128;

/** So many events of 1 KB. */
export async function flood(events: number): Promise<string> {
  const sink = await NumberedSink.start();
  await sink.down();
  const collector = await startCollector(
    `
receivers: { http: { listen: http://127.0.0.1:0 } }
exporters: { http/sink: { url: '${sink.url}', queue: { type: memory, max_size: ${CAP_MIB}MiB, on_full: drop_oldest }, retry: { max_interval: 10m, initial_interval: 10m } } }
`,
    { service: '  shutdown_timeout: 100ms\n' },
  );
  const poster = new Poster(await collector.port('http', 'http'), { perRequest: 500, padding: 900 });
  await poster.all(1_000);
  const before = await residentMiB(collector.pid);
  await poster.all(events);
  await poster.stop();
  const { exporters } = await collector.expectBalancedBooks();
  const { queue, held, dropped } = exporters['http/sink']!;
  expect([queue.bytes <= CAP_MIB * 1_024 * 1_024, held + dropped, dropped > 0]).toEqual([
    true,
    poster.acked.size,
    true,
  ]);
  const peak = await peakMiB(collector.pid);
  // What comes on top of the cap is garbage that V8 has not collected yet.
  expect(peak).toBeLessThan(before + CAP_MIB + GARBAGE_MIB);
  await collector.stop();
  return `${poster.acked.size} events of 1 KB, ${dropped} dropped and counted, ${held} held; ${Math.round(before)} MiB before, ${Math.round(peak)} MiB at the most, for a cap of ${CAP_MIB} MiB`;
}
