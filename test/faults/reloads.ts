/** Row 28 of the fault matrix: a reload after the other, half of them of broken files, under load. */
import { expect } from 'vitest';
import { startCollector } from '../support/collector.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { NumberedSink } from '../support/numbered-sink.ts';
import { Poster } from '../support/poster.ts';
import { descriptors, residentMiB } from '../support/process.ts';

const BROKEN = [
  '',
  'receivers: {',
  'receivers: { http: { lisen: http://127.0.0.1:1 } }',
  'exporters: { http: { url: 7 } }',
  `a: !!omap [${'{ k: 1 },'.repeat(2_000)}]`,
  `a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d]`,
];

export interface Reloads {
  readonly reloads: number;
  /** Reloads before those, in which the young generation of the heap grows to its size. */
  readonly warmUp?: number;
  /** By how much the resident memory may grow over the reloads. */
  readonly mostMiB?: number;
}

export async function reloadAgainAndAgain({ reloads, warmUp = 0, mostMiB = Infinity }: Reloads): Promise<string> {
  const sink = await NumberedSink.start();
  const port = await freePort();
  const config = (turn: number): string => `
receivers: { http: { listen: 'http://127.0.0.1:${port}', max_body: ${10 + (turn % 3)}MiB } }
processors: { enrich: { set: { turn: ${turn} } } }
exporters: { http/sink: { url: '${sink.url}', timeout: ${10 + (turn % 2)}s, batch: { max_events: ${50 + (turn % 5)}, max_wait: 10ms } } }
pipelines: { all: { receivers: [http], processors: [enrich${turn % 2 === 0 ? '' : ', filter: { min_level: debug }'}], exporters: [http/sink] } }
`;
  const collector = await startCollector(config(0));
  const taken = config(0).replace(`:${port}`, `:${sink.port}`);
  const broken = [...BROKEN, collector.whole(taken)];
  const poster = new Poster(port);
  poster.start(2, 50);
  await eventually(() => sink.taken.size > 200, 'load is on');
  let slowestMs = 0;
  let refused = 0;
  const reload = async (turn: number): Promise<void> => {
    const isBroken = turn % 2 === 0;
    if (isBroken) await collector.editRaw(broken[(turn / 2) % broken.length]!);
    else await collector.edit(config(turn));
    collector.signal('SIGHUP');
    // Whichever of the signal and the watch on the file comes first.
    await eventually(
      async () => (await collector.status()).config.state.startsWith('stale') === isBroken,
      'it is tried',
    );
    const { took_ms: tookMs, problems } = (await collector.status()).config.last_reload;
    slowestMs = Math.max(slowestMs, tookMs);
    if (!isBroken) return;
    refused += 1;
    expect(problems![0]!.line).toBeGreaterThan(0);
  };
  for (let turn = 1; turn <= warmUp; turn += 1) await reload(turn);
  const [files, memory] = [await descriptors(collector.pid), await residentMiB(collector.pid)];
  for (let turn = warmUp + 1; turn <= warmUp + reloads; turn += 1) await reload(turn);
  await poster.stop();
  await eventually(() => sink.missing(poster.acked).length === 0, 'everything is delivered');
  await eventually(async () => (await collector.status()).exporters['http/sink']!.held === 0, 'the books are closed');
  expect([sink.repeats, [...poster.refusals]]).toEqual([0, []]);
  const grownBy = (await descriptors(collector.pid)) - files;
  expect(grownBy).toBeLessThanOrEqual(2);
  const grownMiB = (await residentMiB(collector.pid)) - memory;
  expect(grownMiB).toBeLessThanOrEqual(mostMiB);
  expect(slowestMs).toBeLessThan(1_000);
  await collector.edit(config(0));
  await collector.stop();
  return `${reloads} reloads after ${warmUp}, ${refused} refused, ${poster.acked.size} acknowledged, 0 lost, 0 repeated, slowest ${slowestMs} ms, descriptors ${grownBy >= 0 ? '+' : ''}${grownBy}, memory ${grownMiB >= 0 ? '+' : ''}${Math.round(grownMiB)} MiB`;
}
