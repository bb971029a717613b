/** Requests made of lines: as few as their size allows. */
import type { Encoded } from '../component/component.ts';

/**
 * Joins `parts`, one an event, into requests of at most `maxBytes` each, in order. A single part that
 * is longer goes alone, for the destination to judge.
 */
export function packed(parts: readonly string[], maxBytes: number): Encoded<string>[] {
  const requests: Encoded<string>[] = [];
  let start = 0;
  let size = 0;
  for (let index = 0; index < parts.length; index += 1) {
    const length = Buffer.byteLength(parts[index]!);
    if (size > 0 && size + length > maxBytes) {
      requests.push({ request: parts.slice(start, index).join(''), events: index - start });
      start = index;
      size = 0;
    }
    size += length;
  }
  if (parts.length > start) requests.push({ request: parts.slice(start).join(''), events: parts.length - start });
  return requests;
}
