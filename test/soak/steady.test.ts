/** Row 33 of the fault matrix: half an hour of everything. LNMT_SOAK_MINUTES makes it shorter or longer. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startCollector } from '../support/collector.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { sendTraffic } from '../support/numbered-traffic.ts';
import { NumberedSink } from '../support/numbered-sink.ts';
import { Poster } from '../support/poster.ts';
import { descriptors, residentMiB } from '../support/process.ts';
import { said } from './said.ts';

const MINUTES = Number(process.env['LNMT_SOAK_MINUTES'] ?? 30);
const SAMPLE_MS = 2_000;

test(`row 33: ${MINUTES} minutes of mixed input with reloads`, { timeout: (MINUTES + 5) * 60_000 }, async () => {
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
  const collector = await startCollector(config(0));
  const poster = new Poster(port, { perRequest: 20 });
  poster.start(2, 50);
  const traffic = await sendTraffic(collector, 1_000);
  const samples: { readonly hours: number; readonly mib: number; readonly files: number }[] = [];
  const from = performance.now();
  let turn = 0;
  while (performance.now() - from < MINUTES * 60_000) {
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
    const hours = (performance.now() - from) / 3_600_000;
    samples.push({ hours, mib: await residentMiB(collector.pid), files: await descriptors(collector.pid) });
    if (hours * 60 > ((turn + 1) * MINUTES) / 6) await collector.edit(config((turn += 1))(join(collector.directory)));
  }
  await traffic.stop();
  await poster.stop();
  await eventually(() => sink.missing(poster.acked).length === 0, 'everything is delivered', 30_000);
  expect(sink.repeats).toBe(0);
  const settled = samples.filter(({ hours }) => hours * 60 > MINUTES / 6);
  const growth = slope(settled.map(({ hours, mib }) => [hours, mib]));
  const files = settled.map(({ files: count }) => count);
  said(
    33,
    `${MINUTES} min, ${poster.acked.size} posted, ${traffic.sent.tcp} TCP, ${traffic.sent.udp} UDP; 0 lost, 0 repeated; memory ${growth.toFixed(1)} MiB/h, ${Math.round(settled.at(-1)!.mib)} MiB at the end; descriptors ${Math.min(...files)} to ${Math.max(...files)}; ${turn} reloads`,
  );
  await collector.stop();
});

/** Of the line that fits best. */
function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (index: 0 | 1): number => points.reduce((sum, point) => sum + point[index], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const above = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return above / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}
