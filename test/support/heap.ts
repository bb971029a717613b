/** What a collector under test holds once garbage is collected: the resident memory tells of the allocator's mood, too. */
import type { Collector } from './collector.ts';
import { eventually } from './eventually.ts';

/** The environment in which `heldMiB` works. */
export const PROBED = { NODE_OPTIONS: `--import=${new URL('heap-probe.mjs', import.meta.url).href}` };

export async function heldMiB(collector: Collector): Promise<number> {
  const said = (): string[] => collector.log.flatMap(({ message }) => /^heap of (\d+) bytes$/.exec(message)?.[1] ?? []);
  const before = said().length;
  collector.signal('SIGUSR2');
  await eventually(() => said().length > before, 'the garbage is collected', 10_000);
  return Number(said().at(-1)) / 1_048_576;
}
