/** Numbered messages, sent at a steady rate over UDP and one TCP connection: what is lost or repeated shows. */
import type { Collector } from './collector.ts';
import { linesIn } from './json-lines.ts';
import { tcpSender, udpSender } from './syslog-senders.ts';

export interface Traffic {
  /** Numbers sent so far, from 0. */
  readonly sent: { readonly udp: number; readonly tcp: number };
  /** Whether the one TCP connection was ended by the other side. */
  readonly dropped: boolean;
  /** Resolves once everything has been handed to the kernel. */
  stop(): Promise<void>;
}

const TICK_MS = 5;

/** PRIs of the messages, in turn: user.crit, user.err, user.warning, user.info. */
const PRIS = [10, 11, 12, 14];

/** Messages a second to the receiver `syslog`: a quarter of each over UDP, so that its receive buffer outlasts a stall of a busy machine. */
export async function sendTraffic(collector: Collector, perSecond: number): Promise<Traffic> {
  const udp = udpSender(await collector.port('syslog', 'udp'));
  const tcp = await tcpSender(await collector.port('syslog', 'tcp'));
  const sent = { udp: 0, tcp: 0 };
  const started = performance.now();
  const stopped = new AbortController();
  const line = (way: 'udp' | 'tcp'): string => `<${PRIS[sent[way] % 4]}>1 - web-1 app - - - ${way} ${sent[way]++}`;
  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      // What a stall of this process held up is not made up for: no bursts.
      const due = Math.min(
        ((performance.now() - started) / 1_000) * perSecond - sent.udp - sent.tcp,
        (perSecond * TICK_MS * 4) / 1_000,
      );
      for (let n = 0; n < due; n += 1)
        await ((sent.udp + sent.tcp) % 4 === 0 ? udp.send(line('udp')) : tcp.send(line('tcp')));
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
  };
  const done = run();
  return {
    sent,
    get dropped() {
      return tcp.dropped;
    },
    async stop() {
      stopped.abort();
      await done;
      await udp.close();
      await tcp.close();
    },
  };
}

/** The numbers of the messages that stand in a file, in its order. */
export function numbersIn(file: string): { udp: number[]; tcp: number[] } {
  const numbers: { udp: number[]; tcp: number[] } = { udp: [], tcp: [] };
  for (const line of linesIn(file)) {
    const [, way, number] = /"message":"(udp|tcp) (\d+)"/.exec(line) ?? [];
    if (way) numbers[way as 'udp' | 'tcp'].push(Number(number));
  }
  return numbers;
}
