/**
 * The parts of a body as they come, in about as much memory as they have bytes: a chunk of one byte
 * costs hundreds as a Buffer of its own, and a sender may send nothing else.
 */

/** Chunks from here on stay as they came. */
const LARGE = 4_096;
const MAX_PIECE = 65_536;

export class Pieces {
  readonly #pieces: Buffer[] = [];
  /** What of the last piece is still free. */
  #room: Buffer = Buffer.alloc(0);
  /** How large the next piece is that small chunks are copied into. */
  #next = LARGE;
  /** Bytes so far. */
  length = 0;

  add(chunk: Buffer): void {
    // The whole body, most often.
    const stays = this.length === 0;
    this.length += chunk.length;
    if (stays) this.#pieces.push(chunk);
    else this.#fill(chunk);
  }

  /** All of it; a single chunk is not copied. */
  joined(): Buffer {
    const [first] = this.#pieces;
    return this.#pieces.length === 1 ? first! : Buffer.concat(this.#pieces, this.length);
  }

  /** A piece is filled before the next is begun, so that none lies half empty. */
  #fill(chunk: Buffer): void {
    const copied = chunk.copy(this.#room);
    this.#room = this.#room.subarray(copied);
    if (copied === chunk.length) return;
    const rest = chunk.subarray(copied);
    if (rest.length >= LARGE) {
      this.#pieces.push(rest);
      return;
    }
    const piece = Buffer.allocUnsafeSlow(this.#next);
    this.#next = Math.min(this.#next * 2, MAX_PIECE);
    this.#pieces.push(piece);
    this.#room = piece.subarray(rest.copy(piece));
  }
}
