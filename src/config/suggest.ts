import { distance } from 'fastest-levenshtein';

/** The candidate that was probably meant by `name`; undefined where none is near. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = normal(name);
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of candidates) {
    if (candidate === name) continue;
    const far = howFar(wanted, normal(candidate));
    if (far < bestDistance) [best, bestDistance] = [candidate, far];
  }
  return best ?? completion(wanted, candidates);
}

/** Letters in the wrong order are one slip, not two. */
function howFar(a: string, b: string): number {
  return a.length === b.length && [...a].sort().join('') === [...b].sort().join('') ? 1 : distance(a, b);
}

/** `; did you mean "x"?`, or nothing. */
export function didYouMean(suggestion: string | undefined): string {
  return suggestion === undefined ? '' : `; did you mean "${suggestion}"?`;
}

/** `a, b and c`, cut after `most`. */
export function listed(names: readonly string[], most = 12): string {
  if (names.length > most) return `${names.slice(0, most).join(', ')}, …`;
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** `there is only a`, `there are a and b`. */
export function thereAre(names: readonly string[], most?: number): string {
  return `${names.length === 1 ? 'there is only' : 'there are'} ${listed(names, most)}`;
}

/** `a, b or c`. */
export function oneOf(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

function normal(name: string): string {
  return name.toLowerCase().replaceAll('-', '_');
}

/** The only candidate that `wanted` starts or that starts `wanted`: `max` for `max_size`, `warn` for `warning`. */
function completion(wanted: string, candidates: Iterable<string>): string | undefined {
  if (wanted.length < 3) return undefined;
  const found = [...candidates].filter((candidate) => {
    const other = normal(candidate);
    return other !== wanted && other.length > 2 && (other.startsWith(wanted) || wanted.startsWith(other));
  });
  return found.length === 1 ? found[0] : undefined;
}
