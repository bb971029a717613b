/**
 * Cuts a byte stream into syslog messages (RFC 6587): `83 <34>…` by octet counting, or lines.
 *
 * An operator asks: why was a connection closed? Because a count was not a number from 1 to ten
 * digits followed by a space; after that nobody knows where the next message starts.
 */
export type Framing = 'auto' | 'octet_counting' | 'newline';

/** Takes frames. The bytes are the chunk that was fed, or memory of the frame's own: it may keep them. */
export interface FrameSink {
  frame(bytes: Buffer, start: number, end: number, truncated: boolean): void;
}

const LF = 10;
const CR = 13;
const SPACE = 0x20;
const MAX_DIGITS = 10;

type State = 'undecided' | 'line' | 'rest_of_line' | 'count' | 'body' | 'rest_of_body' | 'bad';

/**
 * One per connection. `auto` decides by the first frame: digits and a space mean octet counting.
 * Holds one unfinished frame of at most `maxSize` bytes; a longer one is cut there, at a whole
 * UTF-8 character, and its rest skipped. The frames do not depend on how the bytes were chunked.
 */
export class Framer {
  readonly #maxSize: number;
  #state: State;
  /** The unfinished frame, or in `undecided` the digits so far. */
  #held: Buffer | undefined;
  #length = 0;
  #digits = 0;
  #count = 0;

  constructor(framing: Framing, maxSize: number) {
    this.#maxSize = maxSize;
    this.#state = framing === 'auto' ? 'undecided' : framing === 'newline' ? 'line' : 'count';
  }

  /** Bytes held of a frame that is not finished. */
  get pending(): number {
    return this.#length;
  }

  /** Whether a frame has begun that is not finished. */
  get unfinished(): boolean {
    const state = this.#state;
    return this.#length > 0 || this.#digits > 0 || !(state === 'undecided' || state === 'line' || state === 'count');
  }

  /** Hands on every frame that `chunk` finishes. False: the framing is broken, close the connection. */
  feed(chunk: Buffer, sink: FrameSink): boolean {
    const { length } = chunk;
    let at = 0;
    while (at < length) {
      switch (this.#state) {
        case 'undecided':
          at = this.#decide(chunk, at);
          break;
        case 'line':
          at = this.#lines(chunk, at, sink);
          break;
        case 'rest_of_line':
          at = this.#restOfLine(chunk, at);
          break;
        case 'count':
          at = this.#readCount(chunk, at);
          break;
        case 'body':
          at = this.#body(chunk, at, sink);
          break;
        case 'rest_of_body': {
          const skipped = Math.min(this.#count, length - at);
          this.#count -= skipped;
          at += skipped;
          if (this.#count === 0) this.#state = 'count';
          break;
        }
        case 'bad':
          return false;
      }
    }
    return this.#state !== 'bad';
  }

  /** The stream has ended: an unfinished line is a frame, an unfinished counted message is an error (false). */
  end(sink: FrameSink): boolean {
    const state = this.#state;
    this.#state = 'bad';
    if (state === 'line' || state === 'undecided') {
      this.#release(sink);
      return true;
    }
    return state === 'rest_of_line' || (state === 'count' && this.#digits === 0);
  }

  #decide(chunk: Buffer, from: number): number {
    let at = from;
    for (; at < chunk.length; at += 1) {
      const byte = chunk[at]!;
      const isDigit = byte >= 0x30 && byte <= 0x39;
      if (isDigit && this.#length + at - from < MAX_DIGITS) continue;
      const none = this.#length + at - from === 0;
      const held = this.#length;
      if (none || (byte !== SPACE && !isDigit)) {
        this.#state = 'line';
        return from;
      }
      // Read the held digits again, as the count they are.
      const digits = this.#held;
      this.#held = undefined;
      this.#length = 0;
      this.#state = 'count';
      if (digits && held > 0) this.#readCount(digits.subarray(0, held), 0);
      return from;
    }
    this.#hold(chunk, from, at);
    return at;
  }

  #lines(chunk: Buffer, from: number, sink: FrameSink): number {
    const { length } = chunk;
    const max = this.#maxSize;
    let at = from;
    let lf = chunk.indexOf(LF, at);
    let nul = chunk.indexOf(0, at);
    if (this.#length > 0) {
      const end = nearest(lf, nul, length);
      this.#hold(chunk, at, Math.min(end, at + this.#room()));
      if (this.#overlong()) return this.#cutLine(sink, end);
      if (end === length) return length;
      this.#release(sink);
      at = end + 1;
    }
    for (;;) {
      if (lf >= 0 && lf < at) lf = chunk.indexOf(LF, at);
      if (nul >= 0 && nul < at) nul = chunk.indexOf(0, at);
      const end = nearest(lf, nul, length);
      if (end === length) break;
      let last = end;
      if (last > at && chunk[last - 1] === CR) last -= 1;
      if (last - at > max) sink.frame(chunk, at, wholeCharacters(chunk, at, at + max), true);
      else if (last > at) sink.frame(chunk, at, last, false);
      at = end + 1;
    }
    if (at < length) {
      this.#hold(chunk, at, Math.min(length, at + this.#room()));
      if (this.#overlong()) return this.#cutLine(sink, length);
    }
    return length;
  }

  #restOfLine(chunk: Buffer, from: number): number {
    const end = nearest(chunk.indexOf(LF, from), chunk.indexOf(0, from), chunk.length);
    if (end < chunk.length) this.#state = 'line';
    return Math.min(end + 1, chunk.length);
  }

  #readCount(chunk: Buffer, from: number): number {
    let at = from;
    for (; at < chunk.length; at += 1) {
      const digit = chunk[at]! - 0x30;
      // Some senders end a counted message with a line feed that they did not count.
      if (this.#digits === 0 && chunk[at] === LF) continue;
      if (digit >= 0 && digit <= 9 && this.#digits < MAX_DIGITS && (digit > 0 || this.#digits > 0)) {
        this.#count = this.#count * 10 + digit;
        this.#digits += 1;
        continue;
      }
      if (chunk[at] === SPACE && this.#digits > 0) {
        this.#digits = 0;
        this.#state = 'body';
        return at + 1;
      }
      this.#state = 'bad';
      return at;
    }
    return at;
  }

  #body(chunk: Buffer, from: number, sink: FrameSink): number {
    const count = this.#count;
    const missing = count - this.#length;
    const end = Math.min(chunk.length, from + missing);
    if (this.#length === 0 && end - from === count && count <= this.#maxSize) {
      this.#count = 0;
      this.#state = 'count';
      sink.frame(chunk, from, end, false);
      return end;
    }
    const stop = Math.min(end, from + this.#maxSize + 1 - this.#length);
    this.#hold(chunk, from, stop);
    if (this.#length > this.#maxSize) {
      this.#count = count - this.#length;
      this.#state = this.#count === 0 ? 'count' : 'rest_of_body';
      this.#release(sink);
    } else if (this.#length === count) {
      this.#count = 0;
      this.#state = 'count';
      this.#release(sink);
    }
    return stop;
  }

  /** How many more bytes a line may have before it is known to be too long: one for a CR, one for what follows. */
  #room(): number {
    return this.#maxSize + 2 - this.#length;
  }

  #overlong(): boolean {
    const excess = this.#length - this.#maxSize;
    return excess > 1 || (excess === 1 && this.#held![this.#length - 1] !== CR);
  }

  /** Hands the held part of a line on; the rest, up to the terminator at `end` or further, is skipped. */
  #cutLine(sink: FrameSink, end: number): number {
    this.#release(sink);
    this.#state = 'rest_of_line';
    return end;
  }

  /** Hands the held frame on, cut where it is too long, without the CR where it is a line. */
  #release(sink: FrameSink): void {
    const held = this.#held;
    let length = this.#length;
    this.#held = undefined;
    this.#length = 0;
    if (!held || length === 0) return;
    const isLine = this.#state === 'line' || this.#state === 'bad';
    if (isLine && held[length - 1] === CR) length -= 1;
    if (length > this.#maxSize) sink.frame(held, 0, wholeCharacters(held, 0, this.#maxSize), true);
    else if (length > 0 || !isLine) sink.frame(held, 0, length, false);
  }

  /** Copies bytes into memory of the frame's own, so that a waiting half-line does not hold its chunk. */
  #hold(chunk: Buffer, from: number, to: number): void {
    const needed = this.#length + to - from;
    const held = this.#held;
    if (!held || held.length < needed) {
      const grown = Buffer.allocUnsafeSlow(Math.min(Math.max(needed * 2, 256), Math.max(needed, this.#maxSize + 2)));
      if (held) held.copy(grown, 0, 0, this.#length);
      this.#held = grown;
    }
    chunk.copy(this.#held!, this.#length, from, to);
    this.#length = needed;
  }
}

/** The nearer of two places found by indexOf, or `none`. */
function nearest(a: number, b: number, none: number): number {
  if (a < 0) return b < 0 ? none : b;
  return b < 0 || a < b ? a : b;
}

/** `cut`, or up to three bytes before it, so that no UTF-8 character is halved. There must be a byte at `cut`. */
export function wholeCharacters(bytes: Buffer, start: number, cut: number): number {
  let at = cut;
  while (at > start && cut - at < 4 && (bytes[at]! & 0xc0) === 0x80) at -= 1;
  return cut - at < 4 ? at : cut;
}
