/** Row 1 of the fault matrix, for senders that nobody answers: what a kill costs those who stream. */
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect } from 'vitest';
import { startCollector } from '../support/collector.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { NumberedSink } from '../support/numbered-sink.ts';

/** What a queue lets be on its way to the disk, and a read of the socket on top. */
const UNSYNCED_BYTES = 17 * 1_024 * 1_024;
const PAD = 'x'.repeat(200);

/** Kills the collector under a stream of numbered lines, each time a connection of its own. */
export async function killWhileStreaming(kills: number): Promise<string> {
  const sink = await NumberedSink.start();
  const port = await freePort();
  const collector = await startCollector(
    `receivers: { syslog: { listen: 'tcp://127.0.0.1:${port}' } }
processors: { parse: { format: json } }
exporters: { http/sink: { url: '${sink.url}', concurrency: 2, batch: { max_events: 500, max_wait: 20ms } } }
pipelines: { all: { receivers: [syslog], processors: [parse], exporters: [http/sink] } }`,
  );
  const bound = UNSYNCED_BYTES + (await socketBuffers());
  let next = 0;
  let [lost, mostBytes] = [0, 0];
  for (let kill = 0; kill <= kills; kill += 1) {
    const first = next;
    const sender = connect(port, '127.0.0.1').on('error', () => {});
    const lines = (): string =>
      Array.from({ length: 100 }, () => `<13>1 - web app - - - {"seq":${next++},"pad":"${PAD}"}\n`).join('');
    const until = kill < kills ? 300 + Math.random() * 700 : 300;
    const from = performance.now();
    while (!sender.closed && performance.now() - from < until) {
      if (!sender.write(lines())) await new Promise((resolve) => sender.once('drain', resolve).once('close', resolve));
    }
    if (kill < kills) {
      await collector.kill9();
      await collector.start();
    } else sender.end();
    await eventually(
      async () => (await collector.status()).exporters['http/sink']!.held === 0,
      'the queue is empty',
      15_000,
    );
    if (kill === kills) await eventually(() => sink.taken.has(next - 1), 'the last line is there', 15_000);
    const missing = Array.from({ length: next - first }, (_, n) => first + n).filter((seq) => !sink.taken.has(seq));
    // Nothing before the first that was lost, nothing after it: what is lost is the end.
    expect(missing).toEqual(Array.from({ length: missing.length }, (_, n) => next - missing.length + n));
    const bytes = missing.length * (PAD.length + 40);
    expect(bytes).toBeLessThanOrEqual(bound);
    [lost, mostBytes] = [lost + missing.length, Math.max(mostBytes, bytes)];
  }
  await collector.stop();
  return `${kills} kills, ${next} lines streamed, ${lost} lost, all of them the last of their connection: at most ${Math.round(mostBytes / 1_024)} KiB at once; ${sink.repeats} repeated`;
}

/** What the kernel may hold of one connection, at both ends. */
async function socketBuffers(): Promise<number> {
  const most = async (name: string): Promise<number> =>
    Number((await readFile(join('/proc/sys/net/ipv4', name), 'utf8')).trim().split(/\s+/)[2]);
  return (await most('tcp_rmem')) + (await most('tcp_wmem'));
}
