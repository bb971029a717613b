/** The last file that was at work, kept in the storage directory: a collector that is restarted while the file is broken starts from it. */
import type { StateStore } from '../pipeline/world.ts';

const KEY = 'last-good';

export interface LastGood {
  /** Unix milliseconds when it came into effect. */
  readonly since: number;
  /** The text of the file and its fragments, as written: secrets are not in it, only where they are found. */
  readonly texts: ReadonlyMap<string, string>;
}

export async function keepLastGood(state: StateStore, { since, texts }: LastGood): Promise<void> {
  await state.save(KEY, JSON.stringify({ since, texts: Object.fromEntries(texts) }));
}

export function lastGood(state: StateStore): LastGood | undefined {
  const kept = state.load(KEY) as { since?: unknown; texts?: unknown } | undefined;
  if (typeof kept?.since !== 'number' || typeof kept.texts !== 'object' || kept.texts === null) return undefined;
  const texts = Object.entries(kept.texts).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return { since: kept.since, texts: new Map(texts) };
}
