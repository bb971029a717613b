/**
 * Tells files apart by what is in them, since inodes are reused, and a file that was truncated and
 * grew again has the size it should have: the first bytes, and those before the offset.
 */
import { createHash } from 'node:crypto';
import type { ReadableFile } from './gzip-file.ts';

export const HEAD_BYTES = 1_024;
export const MARK_BYTES = 256;

/** Some bytes of a file, as a snapshot keeps them: the state file holds no log text. */
export interface Fingerprint {
  readonly length: number;
  readonly hash: string;
}

export const NO_BYTES = Buffer.alloc(0);

export function fingerprintOf(bytes: Buffer): Fingerprint {
  return { length: bytes.length, hash: createHash('sha256').update(bytes).digest('hex').slice(0, 32) };
}

export function matches(bytes: Buffer, { length, hash }: Fingerprint): boolean {
  return bytes.length === length && fingerprintOf(bytes).hash === hash;
}

/** `length` bytes at `position`, or as many as there are. */
export async function readAt(handle: ReadableFile, position: number, length: number): Promise<Buffer> {
  if (length === 0) return NO_BYTES;
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await handle.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}

/** What is known of a file that is not open: how far it was read, and how to know it again. */
export interface Remembered {
  readonly key: string;
  readonly path: string;
  readonly offset: number;
  readonly skipping: boolean;
  readonly head: Fingerprint;
  readonly mark: Fingerprint;
  /** Unix milliseconds when it was last there; undefined while it is. */
  readonly goneAt?: number | undefined;
}

/** The bytes before the offset, if the open file is the remembered one (or a copy of it) that far; else undefined. */
export async function recognise(
  handle: ReadableFile,
  known: Pick<Remembered, 'offset' | 'head' | 'mark'>,
): Promise<Buffer | undefined> {
  const head = await readAt(handle, 0, known.head.length);
  if (!matches(head, known.head)) return undefined;
  const mark = await readAt(handle, known.offset - known.mark.length, known.mark.length);
  return matches(mark, known.mark) ? mark : undefined;
}
