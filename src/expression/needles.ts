/**
 * Texts that a message must have for an expression to be true: whoever sees that it has none of them
 * need not evaluate it, nor make an event at all.
 */
import type { Compiled, Run } from './compiled.ts';

/** Each is a search of its own: with more, evaluating is as cheap. */
export const MAX_NEEDLES = 4;

/** The closure with what is known of it. */
export function withNeedles(run: Run, needles: readonly string[] | undefined): Compiled {
  return needles ? { run, needles } : { run };
}

/** Of a search for `wanted` in what `subject` reads. */
export function needlesOf({ variable }: Compiled, wanted: unknown): readonly string[] | undefined {
  return variable === 'message' && typeof wanted === 'string' && wanted !== '' ? [wanted] : undefined;
}

/** Where all terms hold, any term's will do: the fewest, and of those the longest. */
export function needlesOfAll(terms: readonly (readonly string[] | undefined)[]): readonly string[] | undefined {
  return terms
    .filter((needles) => needles !== undefined)
    .toSorted((a, b) => a.length - b.length || shortest(b) - shortest(a))[0];
}

/** Where one of the terms holds, one of all their needles is there, if each has some. */
export function needlesOfAny(terms: readonly (readonly string[] | undefined)[]): readonly string[] | undefined {
  const all = new Set<string>();
  for (const needles of terms) {
    if (!needles) return undefined;
    for (const needle of needles) all.add(needle);
  }
  return all.size <= MAX_NEEDLES ? [...all] : undefined;
}

function shortest(needles: readonly string[]): number {
  return Math.min(...needles.map((needle) => needle.length));
}
