/** Rows 12, 13, 31, 34 and 35 of the fault matrix: no descriptors, no memory, no names, no time, no directory of its own. */
import { createSocket } from 'node:dgram';
import { spawnSync } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startCollector } from '../support/collector.ts';
import { command } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { NumberedSink } from '../support/numbered-sink.ts';
import { Poster } from '../support/poster.ts';
import { cpuSeconds, residentMiB } from '../support/process.ts';
import { flood } from './flood.ts';

const mayLimit = spawnSync('prlimit', ['--version']).status === 0;
if (!mayLimit) process.stderr.write('running out of descriptors is not tested: there is no prlimit\n');

test.runIf(mayLimit)(
  'more connections than descriptors: files, the queue and who is connected go on, and others are let in as soon as there is room',
  async () => {
    const sink = await NumberedSink.start();
    const collector = await startCollector(
      `
receivers:
  http: { listen: http://127.0.0.1:0 }
  syslog: { listen: tcp://127.0.0.1:0 }
exporters: { http/sink: { url: '${sink.url}', queue: { max_size: 1MiB }, batch: { max_events: 50, max_wait: 10ms } } }
`,
      { wrapper: () => ['prlimit', '--nofile=64:64'] },
    );
    const poster = new Poster(await collector.port('http', 'http'), { padding: 500 });
    expect(await poster.post()).toBe(202);
    const port = await collector.port('syslog', 'tcp');
    const connections: Socket[] = [];
    for (let n = 0; n < 200; n += 1) connections.push(connect(port, '127.0.0.1').on('error', () => {}));
    const refused = (): Promise<number> =>
      collector.metric('lnmt_collector_receiver_refused_connections_total', { receiver: 'syslog' });
    await eventually(async () => (await refused()) >= 150, 'many are refused');
    const [cpu, from] = [await cpuSeconds(collector.pid), performance.now()];
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect((await cpuSeconds(collector.pid)) - cpu).toBeLessThan(((performance.now() - from) / 1_000) * 0.2);
    // Enough for several files of the queue.
    for (let post = 0; post < 40; post += 1) expect(await poster.post()).toBe(202);
    for (const connection of connections) connection.destroy();
    // One that comes before the others are gone is refused like them.
    await eventually(
      async () => {
        connect(port, '127.0.0.1')
          .on('error', () => {})
          .end('<13>1 - web app - - - one more\n');
        return (await collector.status()).receivers['syslog']!.accepted > 0;
      },
      'it accepts again',
      2_000,
    );
    await poster.stop();
    await eventually(() => sink.missing(poster.acked).length === 0, 'it has everything');
    await collector.stop();
  },
);

test('a flood into a memory queue that drops: memory stays bounded, and what is dropped is counted to the event', async () => {
  await flood(60_000);
});

test('names that cannot be looked up: other exporters and receivers do not notice', async () => {
  const sink = await NumberedSink.start();
  const names = Array.from(
    { length: 8 },
    (_, n) =>
      `  http/lost${n}: { url: 'http://no-such-host-${n}.invalid/', retry: { initial_interval: 50ms, max_interval: 200ms } }`,
  );
  const collector = await startCollector(`
receivers: { http: { listen: http://127.0.0.1:0 } }
exporters:
  http/sink: { url: '${sink.url}', batch: { max_events: 50, max_wait: 10ms } }
${names.join('\n')}
`);
  const poster = new Poster(await collector.port('http', 'http'));
  await poster.all(1_000);
  await eventually(() => sink.missing(poster.acked).length === 0, 'the other has everything');
  const { exporters } = await collector.expectBalancedBooks();
  for (let n = 0; n < 8; n += 1) expect(exporters[`http/lost${n}`]).toMatchObject({ held: 1_000, sent: 0 });
  collector.signal('SIGKILL');
});

test('a burst of datagrams: what was sent is accepted, or counted as dropped by the kernel', async () => {
  const collector = await startCollector(
    (directory) => `
receivers: { syslog: { listen: udp://127.0.0.1:0 } }
exporters: { file/all: { path: '${join(directory, 'all.jsonl')}' } }
`,
  );
  const port = await collector.port('syslog', 'udp');
  const socket = createSocket('udp4');
  const SENT = 100_000;
  for (let from = 0; from < SENT; from += 500) {
    const sending = Array.from(
      { length: 500 },
      (_, n) =>
        new Promise((sent) => socket.send(`<13>1 - web app - - - datagram ${from + n}`, port, '127.0.0.1', sent)),
    );
    await Promise.all(sending);
  }
  socket.close();
  const dropped = (): Promise<number> =>
    collector.metric('lnmt_collector_receiver_kernel_dropped_messages_total', { receiver: 'syslog' });
  await eventually(
    async () => (await collector.status()).receivers['syslog']!.accepted + (await dropped()) === SENT,
    'each is accounted for',
    10_000,
  );
  await collector.stop();
});

test('a second collector on one storage directory refuses within a second, and takes over after the first was killed', async () => {
  const port = await freePort();
  const collector = await startCollector(
    `receivers: { http: { listen: 'http://127.0.0.1:${port}' } }\nexporters: { console: {} }\n`,
  );
  let fastestMs = Infinity;
  // The best of three, its start included: other tests have the processors too.
  for (let n = 0; n < 3; n += 1) {
    const from = performance.now();
    const second = await command(['run', '-c', collector.file]);
    fastestMs = Math.min(fastestMs, performance.now() - from);
    expect(second.status).toBe(1);
    expect(second.stderr).toContain(`is in use by the collector with process id ${collector.pid}`);
  }
  expect(fastestMs).toBeLessThan(1_000);
  await collector.kill9();
  await collector.start();
  expect(await residentMiB(collector.pid)).toBeLessThan(256);
  await collector.stop();
});
