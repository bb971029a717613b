/**
 * Two hundred edits in a minute, in every way in which files are edited, while ten thousand messages a
 * second come in: none costs a message or a connection, and each is at work within two seconds.
 */
import { join } from 'node:path';
import { connect } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { startCollector } from '../support/collector.ts';
import { eventually } from '../support/eventually.ts';
import { serve, type TestServer } from '../support/http-server.ts';
import { linesIn, type WrittenEvent } from '../support/json-lines.ts';
import { arrivedIn, PacedLoad, WAYS } from '../support/paced-load.ts';
import { EditedFile, type Made } from '../support/random-edits.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const SEED = Number(process.env['EDIT_SEED'] ?? 1);
const EDITS = Number(process.env['EDITS'] ?? 200);
const PER_SECOND = 10_000;
const EVERY_MS = 300;

test(`${EDITS} edits while ${PER_SECOND} messages a second come in`, async () => {
  const server = await serve();
  const files = await temporaryDirectory();
  const edited = await EditedFile.make(files, server.origin, SEED);
  const collector = await startCollector(edited.main());
  const { pid } = collector;
  const ports = {
    udp: await collector.port('syslog', 'udp'),
    tcp: await collector.port('syslog', 'tcp'),
    tls: await collector.port('syslog', 'tls'),
    http: await collector.port('http', 'http'),
  };
  const load = await PacedLoad.start(ports, PER_SECOND);

  const took: { readonly made: Made; readonly ms: number }[] = [];
  const started = performance.now();
  for (let n = 0; n < EDITS; n += 1) {
    await eventually(() => performance.now() - started >= n * EVERY_MS, 'it is time', 60_000);
    let written = 0;
    const made = await edited.next(async (text, how) => collector.edit(text, how));
    written = performance.now();
    await eventually(() => isAtWork(made, server, ports.tls), `edit ${n} is at work: ${JSON.stringify(made)}`, 10_000);
    took.push({ made, ms: performance.now() - written });
  }
  await eventually(() => performance.now() - started >= EDITS * EVERY_MS, 'the minute is over', 60_000);
  const { rate } = load;
  await load.stop();

  const all = join(files, 'all.jsonl');
  const dropped = await collector.metric('lnmt_collector_receiver_kernel_dropped_messages_total');
  const wanted = WAYS.reduce((sum, way) => sum + load.sent[way], 0) - dropped;
  await eventually(
    async () => (await collector.status()).exporters['file/all']!.sent >= wanted,
    'all is written',
    60_000,
  ).catch(async (error: Error) => {
    const { exporters } = await collector.status();
    const counts = JSON.stringify({ wanted, sent: load.sent, dropped, all: exporters['file/all'] });
    throw new Error(`${error.message}: ${counts}; ${load.troubles.join(', ')}`);
  });
  const arrived = await arrivedIn(all);
  const refused = await collector.metric('lnmt_collector_config_reloads_total', { result: 'refused' });
  process.stderr.write(`${report(took, rate, { ...load.sent, dropped, refused })}\n`);

  expect(load.troubles).toEqual([]);
  expect(load.httpConnections).toBeLessThanOrEqual(4);
  for (const way of ['tcp', 'tls', 'http'] as const) {
    expect(arrived[way], way).toMatchObject({ count: load.sent[way], repeated: 0 });
  }
  expect(arrived.udp).toMatchObject({ count: load.sent.udp - dropped, repeated: 0 });
  expect([arrived.tcp.outOfOrder, arrived.tls.outOfOrder]).toEqual([0, 0]);
  expect(linesIn(join(files, 'limited.jsonl'))).toHaveLength(edited.most.limit);
  expect(server.seen.filter(({ path }) => path === '/hook')).toHaveLength(edited.most.door);
  expect([collector.pid, collector.gone]).toEqual([pid, false]);
  expect(collector.log.filter(({ level }) => level !== 'info')).toEqual([]);
  const times = took.map(({ ms }) => ms).toSorted((a, b) => a - b);
  expect(times[Math.floor(times.length / 2)]).toBeLessThanOrEqual(1_000);
  expect(times.at(-1)).toBeLessThanOrEqual(2_000);
  await collector.stop();
});

async function isAtWork({ part, version }: Made, { seen }: TestServer, tlsPort: number): Promise<boolean> {
  if (part === 'certificate') return (await shownFingerprint(tlsPort)) === version;
  const last = seen.findLast(({ path }) => path === '/stamp');
  return last !== undefined && String((JSON.parse(last.body) as WrittenEvent).metadata[part]) === version;
}

function shownFingerprint(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      const { fingerprint } = socket.getPeerCertificate();
      // Ended in peace: what it says at its end would else be a handshake that failed.
      socket.end();
      resolve(fingerprint.toLowerCase());
    });
    socket.on('error', reject);
    onTestFinished(() => void socket.destroy());
  });
}

function report(
  took: readonly { made: Made; ms: number }[],
  rate: number,
  counts: Readonly<Record<string, number>>,
): string {
  const times = took.map(({ ms }) => ms).toSorted((a, b) => a - b);
  const at = (part: number): string =>
    `${Math.round(times[Math.min(times.length - 1, Math.floor(part * times.length))]!)} ms`;
  const slowest = took.toSorted((a, b) => b.ms - a.ms).slice(0, 5);
  return [
    `${Math.round(rate)} messages/s: ${JSON.stringify(counts)}`,
    `an edit was at work after ${at(0.5)} (median), ${at(0.9)} (90 %), ${at(1)} (worst)`,
    ...slowest.map(({ made: { what, how }, ms }) => `  ${Math.round(ms)} ms: ${what}, ${how}`),
  ].join('\n');
}
