/** Row 31 of the fault matrix: a name server that takes questions and never answers. */
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startCollector } from '../support/collector.ts';
import { eventually } from '../support/eventually.ts';
import { NumberedSink } from '../support/numbered-sink.ts';
import { Poster } from '../support/poster.ts';
import { udpSender } from '../support/syslog-senders.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const NAME_SERVER = '127.0.0.53';
const EXPORTERS = 8;

const questions: Buffer[] = [];
const mayMount = spawnSync('unshare', ['-rm', 'true']).status === 0;
const nameServer = mayMount ? await deafNameServer() : undefined;
if (!nameServer)
  process.stderr.write('a dead name server is not tested: unshare -rm, or port 53, is not permitted here\n');

/** On the only port that resolvers ask; undefined where that takes more rights than we have. */
async function deafNameServer(): Promise<ReturnType<typeof createSocket> | undefined> {
  const socket = createSocket('udp4', (question) => void questions.push(question));
  socket.bind(53, NAME_SERVER);
  return Promise.race([
    once(socket, 'listening').then(() => socket.unref()),
    once(socket, 'error').then(() => undefined),
  ]).catch(() => undefined);
}

test.runIf(nameServer)(
  'a name server that never answers: the disk, other exporters, other receivers and a second signal do not wait for it',
  async () => {
    onTestFinished(() => void nameServer!.close());
    const sink = await NumberedSink.start();
    const resolver = join(await temporaryDirectory(), 'resolv.conf');
    await writeFile(resolver, `nameserver ${NAME_SERVER}\n`);
    const lost = Array.from(
      { length: EXPORTERS },
      (_, n) =>
        `  http/lost${n}: { url: 'http://host-${n}.example/', retry: { initial_interval: 50ms, max_interval: 200ms } }`,
    );
    const collector = await startCollector(
      (directory) => `
receivers:
  http: { listen: http://127.0.0.1:0 }
  syslog: { listen: udp://127.0.0.1:0 }
exporters:
  http/sink: { url: '${sink.url}', batch: { max_events: 50, max_wait: 10ms } }
  file/all: { path: '${directory}/all.jsonl' }
${lost.join('\n')}
`,
      {
        wrapper: () => ['unshare', '-rm', 'sh', '-c', 'mount --bind "$0" /etc/resolv.conf && exec "$@"', resolver],
        service: '  shutdown_timeout: 100ms\n',
      },
    );
    const poster = new Poster(await collector.port('http', 'http'));
    expect(await poster.post()).toBe(202);
    // Two at a time is all that the runtime asks, so that its other threads are left for files.
    await eventually(() => asked().size >= 2, 'names are asked for');
    const udp = udpSender(await collector.port('syslog', 'udp'));
    for (let n = 0; n < 500; n += 1) await udp.send(`<13>1 - web app - - - datagram ${n}`);
    await poster.all(1_000);
    await eventually(() => sink.missing(poster.acked).length === 0, 'the other has everything');
    const { syslog } = (await collector.status()).receivers;
    const dropped = await collector.metric('lnmt_collector_receiver_kernel_dropped_messages_total');
    expect(syslog!.accepted + dropped).toBe(500);
    const { exporters } = await collector.expectBalancedBooks();
    for (let n = 0; n < EXPORTERS; n += 1) expect(exporters[`http/lost${n}`]).toMatchObject({ sent: 0, dropped: 0 });
    // All that went on while the first questions were still open.
    expect(asked().size).toBeLessThan(EXPORTERS);
    collector.signal('SIGTERM');
    await collector.said(/^stopped$/);
    // The process itself waits for the answers until it is told not to.
    collector.signal('SIGTERM');
    expect(await collector.ended).toBe('SIGTERM');
  },
);

function asked(): ReadonlySet<string> {
  return new Set(questions.map(nameIn));
}

/** The first label of the name that is asked for: of a length that stands before it. */
function nameIn(question: Buffer): string {
  return question.toString('latin1', 13, 13 + question[12]!);
}
