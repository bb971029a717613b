/** Globs over texts such as sources: `*` is any text, `?` any one character. Upper and lower case differ. */

/** Whether a text matches; in time linear in the text for each `*`. */
export function compileGlob(pattern: string): (text: string) => boolean {
  if (!/[*?]/.test(pattern)) return (text) => text === pattern;
  if (pattern === '*') return () => true;
  if (/^[^*?]+\*$/.test(pattern)) {
    const start = pattern.slice(0, -1);
    return (text) => text.startsWith(start);
  }
  const characters = [...pattern];
  return (text) => matches(characters, [...text]);
}

/** Goes back to the last `*` only: earlier ones have matched the least they had to. */
function matches(pattern: readonly string[], text: readonly string[]): boolean {
  let at = 0;
  let star = -1;
  let starAt = 0;
  for (let index = 0; index < text.length;) {
    if (pattern[at] === '*') {
      star = at++;
      starAt = index;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[index])) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      at = star + 1;
      starAt += 1;
      index = starAt;
    } else {
      return false;
    }
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}
