/**
 * Short texts that come again and again, such as host names: the same string each time, with nothing
 * allocated, and whose hash a Map knows already.
 */
const SLOTS = 1_024;
const LONGEST = 64;

const strings = Array.from({ length: SLOTS }, () => '');

/** The text of ASCII bytes. */
export function internedText(bytes: Buffer, start: number, end: number): string {
  const length = end - start;
  if (length > LONGEST) return bytes.toString('latin1', start, end);
  let hash = length;
  for (let index = start; index < end; index += 1) hash = Math.imul(hash ^ bytes[index]!, 0x01000193);
  const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
  const known = strings[slot]!;
  if (known.length === length && isSame(known, bytes, start)) return known;
  return (strings[slot] = bytes.toString('latin1', start, end));
}

function isSame(text: string, bytes: Buffer, start: number): boolean {
  for (let index = 0; index < text.length; index += 1)
    if (text.charCodeAt(index) !== bytes[start + index]) return false;
  return true;
}
