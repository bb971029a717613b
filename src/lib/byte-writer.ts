/**
 * Makes bodies of requests as bytes, in memory that serves one body after the other. Text that lies in
 * received bytes is copied as it is: decoded, escaped, joined and encoded again it costs several times as much.
 */
const FIRST_SIZE = 65_536;
/** Memory beyond this is given back after the body that needed it. */
const KEPT_SIZE = 1_048_576;
/** Bytes that a loop copies sooner than a call. */
const SHORT = 48;

export class ByteWriter {
  #bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_SIZE);
  #own = viewOf(this.#bytes);
  #length = 0;
  /** What was copied from last: most events share a chunk with their neighbours. */
  #viewed: ArrayBufferLike | undefined;
  #view = this.#own;

  /** Forgets what was written: a body that failed half-way is not to begin the next one. */
  reset(): void {
    this.#length = 0;
  }

  text(text: string): void {
    // No character of a string takes more than three bytes.
    this.#reserve(text.length * 3);
    this.#length += this.#bytes.write(text, this.#length, 'utf8');
  }

  raw(bytes: Uint8Array): void {
    const { length } = bytes;
    this.#reserve(length);
    const to = this.#bytes;
    const at = this.#length;
    if (length > SHORT) to.set(bytes, at);
    else for (let index = 0; index < length; index += 1) to[at + index] = bytes[index]!;
    this.#length = at + length;
  }

  /**
   * Writes those bytes if they are ASCII that JSON has no escapes for, so that they mean the same inside a
   * JSON string and outside. Otherwise writes nothing and returns false.
   */
  plain(from: Buffer, start: number, end: number): boolean {
    this.#reserve(end - start);
    const { buffer, byteOffset } = from;
    if (buffer !== this.#viewed) {
      this.#viewed = buffer;
      this.#view = new DataView(buffer);
    }
    const view = this.#view;
    const to = this.#own;
    let at = this.#length;
    let odd = 0;
    let index = byteOffset + start;
    const behind = byteOffset + end;
    // Four bytes at a time; the sign of each of them tells, at the end, of one below 0x20, above 0x7f, `"` or `\\`.
    for (const last = behind - 4; index <= last; index += 4) {
      const four = view.getInt32(index);
      const quotes = four ^ 0x22222222;
      const slashes = four ^ 0x5c5c5c5c;
      odd |=
        four | ((four - 0x20202020) & ~four) | ((quotes - 0x01010101) & ~quotes) | ((slashes - 0x01010101) & ~slashes);
      to.setInt32(at, four);
      at += 4;
    }
    if ((odd & 0x80808080) !== 0) return false;
    for (; index < behind; index += 1) {
      const byte = view.getUint8(index);
      if (byte < 0x20 || byte >= 0x80 || byte === 0x22 || byte === 0x5c) return false;
      to.setUint8(at, byte);
      at += 1;
    }
    this.#length = at;
    return true;
  }

  /** What was written since the last time, as bytes of its own. */
  take(): Buffer {
    const taken = Buffer.from(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
    this.#viewed = undefined;
    this.#view = this.#own;
    if (this.#bytes.length > KEPT_SIZE) this.#use(Buffer.allocUnsafeSlow(FIRST_SIZE));
    return taken;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#use(larger);
  }

  #use(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#own = viewOf(bytes);
  }
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}
