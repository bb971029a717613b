/**
 * Takes known secrets out of text that is about to be printed. The last line of defence: errors and
 * log lines are written so that they hold none in the first place.
 */

/** Shorter ones would tear ordinary words apart. */
const SHORTEST_SECRET = 4;

/** What stands for a secret wherever it would have been printed. */
export const MASK = '***';

/** A function that masks what `secrets` lists now, also as JSON or a URL writes it. */
export function secretMask(secrets: () => readonly string[]): (text: string) => string {
  let known: readonly string[] = [];
  let spellings: readonly string[] = [];
  return (text) => {
    const current = secrets();
    if (!isSame(current, known)) {
      known = current;
      spellings = spellingsOf(current);
    }
    let masked = text;
    for (const spelling of spellings) if (masked.includes(spelling)) masked = masked.replaceAll(spelling, MASK);
    return masked;
  };
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((secret, index) => secret === b[index]));
}

/** Longest first, so that a secret within another leaves no half of it behind. */
function spellingsOf(secrets: readonly string[]): readonly string[] {
  const spellings = new Set<string>();
  for (const secret of secrets) {
    const trimmed = secret.trim();
    if (trimmed.length < SHORTEST_SECRET) continue;
    spellings.add(trimmed);
    spellings.add(JSON.stringify(trimmed).slice(1, -1));
    // By way of a buffer, since half a surrogate pair would throw.
    spellings.add(encodeURIComponent(Buffer.from(trimmed).toString()));
  }
  return [...spellings].sort((a, b) => b.length - a.length);
}
