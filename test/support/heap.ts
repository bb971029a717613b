/** What a collector under test holds once garbage is collected: the resident memory tells of the allocator's mood, too. */
import type { Collector } from './collector.ts';
import { eventually } from './eventually.ts';

/** The environment in which `heldMiB` and `held` work. */
export const PROBED = { NODE_OPTIONS: `--import=${new URL('heap-probe.mjs', import.meta.url).href}` };

export interface Held {
  readonly heapMiB: number;
  /** How many handles, timers and requests there are, by Node's names for them. */
  readonly open: Readonly<Record<string, number>>;
}

export async function held(collector: Collector): Promise<Held> {
  const said = (): Probed[] => collector.log.filter((line): line is Probed => line.logger === 'heap-probe');
  const before = said().length;
  collector.signal('SIGUSR2');
  await eventually(() => said().length > before, 'the garbage is collected', 10_000);
  const { message, open } = said().at(-1)!;
  return { heapMiB: Number(/^heap of (\d+) bytes$/.exec(message)![1]) / 1_048_576, open };
}

type Probed = Collector['log'][number] & Pick<Held, 'open'>;

export async function heldMiB(collector: Collector): Promise<number> {
  return (await held(collector)).heapMiB;
}
