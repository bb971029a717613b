/** The chunked coding (RFC 9112, 7.1), of a body that comes in whatever pieces. */
import { NotHttp } from './answer-head.ts';

/** Characters of the line that gives a chunk's size, with its extensions; and of all trailers. */
const MAX_LINE = 4_096;
const MAX_TRAILERS = 16_384;
const LF = 10;

export class ChunkedBody {
  #state: 'size' | 'data' | 'end of data' | 'trailer' = 'size';
  #left = 0;
  #line = '';
  #trailers = 0;

  /**
   * Reads `bytes` from `at` on and hands the data to `take`, as ranges of `bytes`. Returns where the
   * body ends in them; -1 if it does not. Throws {@link NotHttp}.
   */
  read(bytes: Buffer, at: number, take: (from: number, to: number) => void): number {
    while (at < bytes.length) {
      if (this.#state === 'data') {
        const to = Math.min(bytes.length, at + this.#left);
        take(at, to);
        this.#left -= to - at;
        at = to;
        if (this.#left === 0) this.#state = 'end of data';
        continue;
      }
      const end = bytes.indexOf(LF, at);
      this.#line += bytes.toString('latin1', at, end < 0 ? bytes.length : end);
      if (this.#line.length > MAX_LINE) throw new NotHttp();
      if (end < 0) return -1;
      at = end + 1;
      if (this.#endOfLine()) return at;
    }
    return -1;
  }

  /** Returns true at the end of the body. */
  #endOfLine(): boolean {
    const line = this.#line;
    this.#line = '';
    if (!line.endsWith('\r')) throw new NotHttp();
    if (this.#state === 'trailer') {
      this.#trailers += line.length;
      if (this.#trailers > MAX_TRAILERS) throw new NotHttp();
      return line === '\r';
    }
    if (this.#state === 'end of data') {
      if (line !== '\r') throw new NotHttp();
      this.#state = 'size';
      return false;
    }
    const size = /^0*([0-9a-f]{1,8})[ \t]*(?:;.*)?\r$/i.exec(line)?.[1];
    if (size === undefined) throw new NotHttp();
    this.#left = Number.parseInt(size, 16);
    this.#state = this.#left === 0 ? 'trailer' : 'data';
    return false;
  }
}
