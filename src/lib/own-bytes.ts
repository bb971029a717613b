/**
 * Copies that keep no large memory alive. Node's own (`Buffer.from`) lie in slabs that they share: from Node 24 on of
 * 64 KiB, as much as the chunk that a line is to leave.
 */
const SLAB_BYTES = 8_192;
/** What is larger has memory of its own. */
const SHARES_BYTES = SLAB_BYTES >> 1;

let slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
let used = 0;

export function ownBytes(bytes: Buffer, start: number, end: number): Buffer {
  const own = roomFor(end - start);
  bytes.copy(own, 0, start, end);
  return own;
}

/** For what is kept long after everything that was copied beside it: shares its memory with nothing. */
export function aloneBytes(bytes: Buffer, start: number, end: number): Buffer {
  const own = Buffer.allocUnsafeSlow(end - start);
  bytes.copy(own, 0, start, end);
  return own;
}

function roomFor(length: number): Buffer {
  if (length > SHARES_BYTES) return Buffer.allocUnsafeSlow(length);
  if (used + length > SLAB_BYTES) {
    slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    used = 0;
  }
  const room = slab.subarray(used, used + length);
  used += length;
  return room;
}
