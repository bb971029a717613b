import { distance } from 'fastest-levenshtein';

/** The name that was probably meant by `text`: at most two fifths of it away; undefined if none is near. */
export function nearest(text: string, names: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(text.length * 0.4)) + 1;
  for (const name of names) {
    const away = distance(text, name);
    // One character may be mistaken for any other: that is no likeness.
    if (away < least && away < name.length) {
      best = name;
      least = away;
    }
  }
  return best;
}
