/**
 * Row 33 of the fault matrix: half an hour of everything, with an edit every minute. LNMT_SOAK_MINUTES makes
 * it shorter or longer; the slope of the memory is held to its figure from half an hour on.
 *
 * First come minutes of a multiple of the traffic and of the edits, which do not count: V8 compiles each function
 * once it has run so often, and at the pace of the test would still be about it when that ends. What grows
 * afterwards is held.
 */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startCollector } from '../support/collector.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { held, PROBED, type Held } from '../support/heap.ts';
import { sendTraffic } from '../support/numbered-traffic.ts';
import { NumberedSink } from '../support/numbered-sink.ts';
import { Poster } from '../support/poster.ts';
import { descriptors, residentMiB } from '../support/process.ts';
import { said } from './said.ts';

const MINUTES = Number(process.env['LNMT_SOAK_MINUTES'] ?? 30);
const RELOAD_MS = Math.min(60_000, MINUTES * 6_000);
const WARM_UP_MS = Math.min(5 * 60_000, MINUTES * 10_000);
const WARM_UP_RELOAD_MS = 500;
/** Numbers of events that are not those of the warm-up. */
const AFTER_WARM_UP = 100_000_000;
/** Garbage is collected before each look. */
const SAMPLE_MS = 5_000;
const MAX_MIB_PER_HOUR = 1;
/** Handles of requests and retries under way come and go by a few. */
const COMES_AND_GOES = 3;

interface Sample extends Held {
  readonly hours: number;
  readonly residentMiB: number;
  readonly files: number;
}

test(
  `row 33: ${MINUTES} minutes of mixed input with reloads`,
  { timeout: WARM_UP_MS + (MINUTES + 5) * 60_000 },
  async () => {
    const sink = await NumberedSink.start();
    const port = await freePort();
    const config =
      (turn: number) =>
      (directory: string): string =>
        `
receivers:
  http: { listen: 'http://127.0.0.1:${port}' }
  syslog: { listen: [udp://127.0.0.1:0, tcp://127.0.0.1:0] }
exporters:
  http/sink: { url: '${sink.url}', timeout: ${10 + (turn % 2)}s, batch: { max_events: 100, max_wait: 20ms } }
  file: { path: '${directory}/all.jsonl', rotate: { max_size: 10MB, keep: 2 } }
pipelines:
  posted: { receivers: [http], exporters: [http/sink] }
  logged: { receivers: [syslog], processors: [ratelimit: { max_per_window: 100000, window: 1s }], exporters: [file] }
`;
    const collector = await startCollector(config(0), { env: PROBED });
    let turn = 0;
    const edit = (): Promise<void> => collector.edit(config((turn += 1))(join(collector.directory)));
    const warming = [new Poster(port, { perRequest: 20 }), await sendTraffic(collector, 4_000)] as const;
    warming[0].start(4, 500);
    for (const from = performance.now(); performance.now() - from < WARM_UP_MS; await edit()) {
      await new Promise((resolve) => setTimeout(resolve, WARM_UP_RELOAD_MS));
      await held(collector);
    }
    for (const source of warming) await source.stop();
    expect(warming[0].acked.size).toBeGreaterThan(0);
    const poster = new Poster(port, { perRequest: 20, first: AFTER_WARM_UP });
    poster.start(2, 50);
    const traffic = await sendTraffic(collector, 1_000);
    const samples: Sample[] = [];
    const from = performance.now();
    const warmUpTurns = turn;
    while (performance.now() - from < MINUTES * 60_000) {
      await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
      const probed = await held(collector);
      const [resident, files] = [await residentMiB(collector.pid), await descriptors(collector.pid)];
      samples.push({ ...probed, hours: (performance.now() - from) / 3_600_000, residentMiB: resident, files });
      if (performance.now() - from > (turn - warmUpTurns + 1) * RELOAD_MS) await edit();
    }
    await traffic.stop();
    await poster.stop();
    for (const { acked } of [warming[0], poster])
      await eventually(() => sink.missing(acked).length === 0, 'everything is delivered', 30_000);
    expect(sink.repeats).toBe(0);
    const settled = samples.slice(Math.floor(samples.length / 6));
    const growth = slope(settled.map(({ hours, residentMiB: mib }) => [hours, mib]));
    const heap = slope(settled.map(({ hours, heapMiB }) => [hours, heapMiB]));
    const counts = countsOf(settled);
    said(
      33,
      `${MINUTES} min, ${poster.acked.size} posted, ${traffic.sent.tcp} TCP, ${traffic.sent.udp} UDP; 0 lost, 0 repeated; memory ${growth.toFixed(1)} MiB/h, heap ${heap.toFixed(1)} MiB/h, ${Math.round(settled.at(-1)!.residentMiB)} MiB at the end; ${[...counts].map(([kind, [early, late]]) => `${kind} ${early} then ${late}`).join(', ')}; ${turn - warmUpTurns} reloads, after ${warmUpTurns} of the warm-up`,
    );
    for (const [kind, [early, late]] of counts) expect(late, kind).toBeLessThanOrEqual(early + COMES_AND_GOES);
    if (MINUTES >= 30) expect(growth).toBeLessThanOrEqual(MAX_MIB_PER_HOUR);
    await collector.stop();
  },
);

/** Of the line that fits best. */
function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (index: 0 | 1): number => points.reduce((sum, point) => sum + point[index], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const above = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return above / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}

/** The most there ever were of each kind of handle, and of descriptors: in the first half, and in the second. */
function countsOf(samples: readonly Sample[]): Map<string, [number, number]> {
  const all = samples.map(({ open, files }): Record<string, number> => ({ ...open, descriptors: files }));
  const half = Math.ceil(all.length / 2);
  const most = (part: typeof all, kind: string): number => Math.max(...part.map((counts) => counts[kind] ?? 0));
  const kinds = [...new Set(all.flatMap((counts) => Object.keys(counts)))].sort();
  return new Map(kinds.map((kind) => [kind, [most(all.slice(0, half), kind), most(all.slice(half), kind)]]));
}
