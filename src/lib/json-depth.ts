/** How deep JSON from outside may be nested before it is parsed. */

/** Shorter texts are not worth a look: what they can nest, the parser takes in its stride. */
const LOOKED_AT = 4_096;

/**
 * Whether a long text nests brackets more than `most` levels deep: the parser takes seconds and
 * gigabytes for megabytes of them. Counts brackets in strings too, which only real logs of brackets notice.
 */
export function isDeepJson(text: string, most: number): boolean {
  if (text.length < LOOKED_AT) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 91 || code === 123) {
      depth += 1;
      if (depth > most) return true;
    } else if (code === 93 || code === 125) {
      depth -= 1;
    }
  }
  return false;
}
