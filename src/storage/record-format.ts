/**
 * What a segment file holds: eight bytes that say what it is, then records one after the other:
 *
 *     magic 4 | crc32 4 | length 4 | sequence 6 | payload …        (big endian; the sum covers what follows it)
 *
 * Each record carries its sequence number, so that after a damaged stretch the rest is found again
 * and it is known how many are missing.
 */
import { crc32 } from 'node:zlib';

export const SEGMENT_HEADER = Buffer.from('LNMTLOG1');

/** Bytes of a record beside its payload. */
export const RECORD_OVERHEAD = 18;

const MAGIC = Buffer.from([0xe5, 0x4c, 0x52, 0x9d]);
const MAGIC_NUMBER = MAGIC.readUInt32BE(0);
const SUMMED_FROM = 8;

/** Writes what goes before the payload of a record that lies from `start` to `end`. */
export function writeHead(bytes: Buffer, start: number, end: number, sequence: number): void {
  bytes.writeUInt32BE(MAGIC_NUMBER, start);
  bytes.writeUInt32BE(end - start - RECORD_OVERHEAD, start + 8);
  bytes.writeUInt16BE(Math.floor(sequence / 2 ** 32), start + 12);
  bytes.writeUInt32BE(sequence % 2 ** 32, start + 14);
  bytes.writeUInt32BE(crc32(bytes.subarray(start + SUMMED_FROM, end)), start + 4);
}

export interface Scan {
  /** Bytes that belong to no record. */
  readonly damagedBytes: number;
  /** Where the last sound record ends. */
  readonly end: number;
}

/** Finds every sound record from `at` on; what is damaged is stepped over. */
export function scanRecords(
  bytes: Buffer,
  at: number,
  found: (sequence: number, start: number, end: number) => void,
): Scan {
  let start = at;
  let damagedBytes = 0;
  let soundEnd = at;
  while (start < bytes.length) {
    const end = recordEnd(bytes, start);
    if (end !== undefined && isSound(bytes, start, end)) {
      found(sequenceAt(bytes, start), start, end);
      start = soundEnd = end;
      continue;
    }
    // A damaged payload still has the right length, and its neighbour there; else the next magic number is looked for.
    const next = end !== undefined && follows(bytes, start, end) ? end : bytes.indexOf(MAGIC, start + 1);
    damagedBytes += (next < 0 ? bytes.length : next) - start;
    start = next < 0 ? bytes.length : next;
  }
  return { damagedBytes, end: soundEnd };
}

/** The payload of the record at `start`, sharing memory; undefined if it is not sound, or not the one wanted. */
export function payloadAt(bytes: Buffer, start: number, sequence: number): Buffer | undefined {
  const end = recordEnd(bytes, start);
  if (end === undefined || !isSound(bytes, start, end) || sequenceAt(bytes, start) !== sequence) return undefined;
  return bytes.subarray(start + RECORD_OVERHEAD, end);
}

/** Where the record at `start` says that it ends; undefined if none starts there or it ends past the bytes. */
function recordEnd(bytes: Buffer, start: number): number | undefined {
  if (start + RECORD_OVERHEAD > bytes.length || !startsRecord(bytes, start)) return undefined;
  const end = start + RECORD_OVERHEAD + bytes.readUInt32BE(start + 8);
  return end <= bytes.length ? end : undefined;
}

function startsRecord(bytes: Buffer, start: number): boolean {
  return start + 4 <= bytes.length && bytes.readUInt32BE(start) === MAGIC_NUMBER;
}

/** Whether the record after the one at `start` begins at `end`: a damaged length may point at one further on. */
function follows(bytes: Buffer, start: number, end: number): boolean {
  return (
    end + RECORD_OVERHEAD <= bytes.length &&
    startsRecord(bytes, end) &&
    sequenceAt(bytes, end) === sequenceAt(bytes, start) + 1
  );
}

function isSound(bytes: Buffer, start: number, end: number): boolean {
  return crc32(bytes.subarray(start + SUMMED_FROM, end)) === bytes.readUInt32BE(start + 4);
}

function sequenceAt(bytes: Buffer, start: number): number {
  return bytes.readUInt16BE(start + 12) * 2 ** 32 + bytes.readUInt32BE(start + 14);
}
