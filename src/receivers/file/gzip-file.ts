/**
 * A compressed file, read as if it were not: from front to end, and from the front again where
 * somebody asks for what is behind. Holds no more than a read asks for.
 */
import type { Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** Compressed bytes that are read at once. */
const READ_BYTES = 65_536;

/** What of a file handle the tailer needs. */
export interface ReadableFile {
  read(buffer: Buffer, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
  stat(): Promise<Stats>;
  close(): Promise<void>;
}

/** Whether a file begins like one that gzip wrote. */
export function isGzip(head: Buffer): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

export class GzipFile implements ReadableFile {
  readonly #handle: FileHandle;
  readonly #damaged: (error: unknown) => void;
  #chunks: AsyncIterator<Buffer, undefined> | undefined;
  /** Decompressed bytes, and the position of the first of them. */
  #window: Buffer = Buffer.alloc(0);
  #start = 0;
  #ended = false;

  /** `damaged` is told once of a file that ends in the middle or is none of gzip's: it is read as far as it goes. */
  constructor(handle: FileHandle, damaged: (error: unknown) => void) {
    this.#handle = handle;
    this.#damaged = damaged;
  }

  async read(buffer: Buffer, offset: number, length: number, position: number): Promise<{ bytesRead: number }> {
    if (position < this.#start) await this.#rewind();
    this.#forget(position);
    while (!this.#ended && this.#start + this.#window.length < position + length) {
      const chunk = await this.#next();
      this.#window = this.#window.length === 0 ? chunk : Buffer.concat([this.#window, chunk]);
      this.#forget(position);
    }
    const from = position - this.#start;
    if (from >= this.#window.length) return { bytesRead: 0 };
    return { bytesRead: this.#window.copy(buffer, offset, from, from + length) };
  }

  stat(): Promise<Stats> {
    return this.#handle.stat();
  }

  async close(): Promise<void> {
    await this.#rewind();
    await this.#handle.close();
  }

  #forget(position: number): void {
    const bytes = Math.min(Math.max(0, position - this.#start), this.#window.length);
    this.#window = this.#window.subarray(bytes);
    this.#start += bytes;
  }

  async #next(): Promise<Buffer> {
    this.#chunks ??= this.#open();
    try {
      const next = await this.#chunks.next();
      if (!next.done) return next.value;
    } catch (error) {
      this.#damaged(error);
    }
    this.#ended = true;
    return Buffer.alloc(0);
  }

  #open(): AsyncIterator<Buffer, undefined> {
    const gunzip = createGunzip();
    const compressed = Readable.from(this.#compressed());
    compressed.on('error', (error) => gunzip.destroy(error));
    gunzip.on('close', () => compressed.destroy());
    return compressed.pipe(gunzip)[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
  }

  /** The file as it is. A read stream of the handle's own would close it at its end, whatever it was told. */
  async *#compressed(): AsyncGenerator<Buffer, undefined> {
    for (let position = 0; ;) {
      const buffer = Buffer.allocUnsafe(READ_BYTES);
      const { bytesRead } = await this.#handle.read(buffer, 0, READ_BYTES, position);
      if (bytesRead === 0) return undefined;
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  async #rewind(): Promise<void> {
    const chunks = this.#chunks;
    this.#chunks = undefined;
    this.#window = Buffer.alloc(0);
    this.#start = 0;
    this.#ended = false;
    await chunks?.return?.();
  }
}
