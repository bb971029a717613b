/** Memory of the last chunk of which nothing was kept, for the next one: fresh pages cost as much as reading into them. */

/** A chunk and the mark before it; longer ones are rare. */
const MAX_SPARE = 1_024 * 1_024;

export class ChunkMemory {
  #spare: Buffer | undefined;

  /** Nobody else's until it is given back, or for good. */
  take(size: number): Buffer {
    const spare = this.#spare;
    this.#spare = undefined;
    return spare && spare.length >= size ? spare.subarray(0, size) : Buffer.allocUnsafeSlow(size);
  }

  /** For a chunk that nobody will read again. */
  giveBack({ buffer }: Buffer): void {
    if (buffer.byteLength <= MAX_SPARE) this.#spare = Buffer.from(buffer);
  }
}
