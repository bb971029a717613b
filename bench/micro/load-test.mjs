/**
 * The load test of LNMT's document: 1,000 alerts at once through the library, counted and timed.
 * `npm run build`, then `node bench/micro/load-test.mjs [events]`.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AlertLevel, IntegrationConnectorService } from '../../dist/index.js';

const EVENTS = Number(process.argv[2] ?? 1_000);
const ROUNDS = 7;

const titles = new Set();
const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    for (const { title } of [JSON.parse(Buffer.concat(chunks))].flat()) titles.add(title);
    response.end('{}');
  });
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${server.address().port}`;
const folder = mkdtempSync(join(tmpdir(), 'load-test-'));

/** Milliseconds until every alert is answered for, round by round; throws when one is missing. */
async function measure(options) {
  const file = join(folder, 'config.yaml');
  writeFileSync(file, `connectors:\n  hook: { type: http, url: '${url}', ${options} }\n`);
  const service = new IntegrationConnectorService(file);
  const took = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    titles.clear();
    const startedAt = performance.now();
    const outcomes = await Promise.all(
      Array.from({ length: EVENTS }, (_, index) =>
        service.alert({
          level: AlertLevel.INFO,
          title: `Load Test Event ${index}`,
          message: 'Load testing the integration system',
          source: 'load_test',
          tags: ['test', 'load'],
        }),
      ),
    );
    took.push(performance.now() - startedAt);
    const sent = outcomes.filter(({ hook }) => hook.status === 'sent').length;
    if (sent !== EVENTS || titles.size !== EVENTS) throw new Error(`${sent} sent, ${titles.size} arrived`);
  }
  await service.close();
  return took.sort((a, b) => a - b);
}

try {
  for (const [name, options] of [
    ['one request under way', 'concurrency: 1'],
    ['32 requests under way', 'concurrency: 32'],
    ['100 events a request', 'batch: { max_events: 100, max_wait: 5ms }'],
  ]) {
    const took = await measure(options);
    const median = took[ROUNDS >> 1];
    const rate = Math.round((EVENTS * 1_000) / median).toLocaleString('en');
    console.log(
      `${name.padEnd(24)} ${median.toFixed(0).padStart(6)} ms (${took[0].toFixed(0)}–${took.at(-1).toFixed(0)})  ${rate.padStart(8)} alerts/s, all ${EVENTS} arrived`,
    );
  }
} finally {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true });
}
