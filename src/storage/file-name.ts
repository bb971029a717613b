import { createHash } from 'node:crypto';

const LONGEST_NAME = 180;

/** A file name for an id, which may hold slashes or be `..`. Different ids have different names; ordinary ones can be read. */
export function fileNameOf(id: string): string {
  const name = encodeURIComponent(Buffer.from(id).toString()).replace(/[.*]/g, (character) =>
    character === '.' ? '%2E' : '%2A',
  );
  if (name.length > 0 && name.length <= LONGEST_NAME) return name;
  const hash = createHash('sha256').update(id).digest('hex').slice(0, 32);
  return `${name.slice(0, LONGEST_NAME - hash.length - 1).replace(/%.?$/, '')}~${hash}`;
}

/** The id that a file name was made for; of a very long one, what the name has of it. */
export function idOfFileName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    // It was cut within a character.
    return name;
  }
}
