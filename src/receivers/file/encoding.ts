/** Where lines end in the encodings that log files have, and how they become UTF-8. */

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'latin1';

const LF = 10;

/** Index after the last line end; `from` where there is none. */
export function lastLineEnd(bytes: Buffer, from: number, to: number, encoding: Encoding): number {
  if (encoding === 'utf-8' || encoding === 'latin1') {
    const index = bytes.lastIndexOf(LF, to - 1);
    return index < from || to === 0 ? from : index + 1;
  }
  const [first, second] = encoding === 'utf-16le' ? [LF, 0] : [0, LF];
  for (let at = to - ((to - from) % 2) - 2; at >= from; at -= 2) {
    if (bytes[at] === first && bytes[at + 1] === second) return at + 2;
  }
  return from;
}

/** Index after the next line end; -1 where there is none. */
export function nextLineEnd(bytes: Buffer, from: number, to: number, encoding: Encoding): number {
  if (encoding === 'utf-8' || encoding === 'latin1') {
    const index = bytes.indexOf(LF, from);
    return index < 0 || index >= to ? -1 : index + 1;
  }
  const [first, second] = encoding === 'utf-16le' ? [LF, 0] : [0, LF];
  for (let at = from; at + 1 < to; at += 2) {
    if (bytes[at] === first && bytes[at + 1] === second) return at + 2;
  }
  return -1;
}

const UTF_16 = {
  'utf-16le': new TextDecoder('utf-16le', { ignoreBOM: true }),
  'utf-16be': new TextDecoder('utf-16be', { ignoreBOM: true }),
};

/** The bytes as UTF-8, in memory of their own. */
export function toUtf8(bytes: Buffer, from: number, to: number, encoding: Encoding): Buffer {
  if (encoding === 'utf-8') return Buffer.from(bytes.subarray(from, to));
  if (encoding === 'latin1') return Buffer.from(bytes.toString('latin1', from, to));
  return Buffer.from(UTF_16[encoding].decode(bytes.subarray(from, to)));
}

/** How many bytes the first `end` bytes of `utf8` had before `toUtf8`. */
export function unitsOf(utf8: Buffer, end: number, encoding: Encoding): number {
  const units = utf8.toString('utf8', 0, end).length;
  return encoding === 'latin1' ? units : 2 * units;
}

/** Bytes of a byte order mark at the start of a file. */
export function lengthOfBom(bytes: Buffer, from: number, to: number, encoding: Encoding): number {
  if (encoding === 'utf-8') return to - from >= 3 && bytes.readUIntBE(from, 3) === 0xefbbbf ? 3 : 0;
  if (encoding === 'latin1' || to - from < 2) return 0;
  return (encoding === 'utf-16le' ? bytes.readUInt16LE(from) : bytes.readUInt16BE(from)) === 0xfeff ? 2 : 0;
}
