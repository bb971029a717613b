/** Row 28 of the fault matrix, its memory: who edits a file all day long has the same collector in the evening. */
import { expect, test } from 'vitest';
import { startCollector } from '../support/collector.ts';
import { eventually } from '../support/eventually.ts';
import { heldMiB, PROBED } from '../support/heap.ts';
import { serve } from '../support/http-server.ts';
import { said } from './said.ts';

const RELOADS = 300;
/** Of the second half of the reloads: compiled code and the log of the last minute come to 0.5 MiB. */
const MAX_GROWTH_MIB = 0.9;

test(`${RELOADS} reloads leave nothing on the heap`, async () => {
  const { origin } = await serve();
  const collector = await startCollector(config(0, origin), { env: PROBED });
  const held: number[] = [];
  for (let turn = 1; turn <= RELOADS; turn += 1) {
    const { at } = (await collector.status()).config.last_reload ?? {};
    await collector.edit(config(turn, origin));
    await eventually(async () => {
      const { last_reload: last } = (await collector.status()).config;
      return last?.result === 'applied' && last.at !== at;
    }, `edit ${turn} is at work`);
    if (turn === RELOADS / 6 || turn === RELOADS / 2 || turn === RELOADS) held.push(await heldMiB(collector));
  }
  const [early, half, end] = held as [number, number, number];
  said(28, `heap ${[early, half, end].map((mib) => mib.toFixed(2)).join(', ')} MiB after 50, 150, 300 reloads`);
  expect(end - half).toBeLessThan(MAX_GROWTH_MIB);
  await collector.stop();
});

/** Each turn edits something of everything; an exporter comes and goes. */
function config(turn: number, origin: string): string {
  const extra = turn % 3 === 0 ? '' : `  http/extra: { url: '${origin}/extra' }\n`;
  return `
receivers:
  http: { listen: 'http://127.0.0.1:0' }
  syslog: { listen: [udp://127.0.0.1:0, tcp://127.0.0.1:0] }
exporters:
  http/disk: { url: '${origin}/${turn % 2}', timeout: ${10 + (turn % 3)}s, concurrency: ${turn % 2 === 0 ? 4 : 12} }
  http/memory: { url: '${origin}/m${turn % 2}', queue: { type: memory }, template: '{"turn": ${turn}, "text": "{message}"}' }
  slack: { webhook_url: '${origin}/slack/${turn % 2}' }
${extra}pipelines:
  posted:
    receivers: [http]
    processors: [filter: { when: 'level >= info || ${turn} == 1' }, enrich: { set: { turn: 't${turn}' } }]
    exporters: [http/disk, http/memory]
  logged:
    receivers: [syslog]
    processors: [ratelimit: { max_per_window: ${100_000 + turn}, window: 1s }, dedupe: { window: ${1 + (turn % 5)}m }]
    exporters: [slack${extra === '' ? '' : ', http/extra'}]
`;
}
