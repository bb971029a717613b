/** The lines found in one chunk: where they are, which of them were cut, and how many were left out. */

const LF = 10;
const CR = 13;
/** What a line may begin with whose message is not its text: a JSON object. */
const BRACE = 0x7b;

export class Spans {
  spans: number[] = [];
  truncated: Set<number> | undefined;
  /** Lines that were left out. */
  sifted = 0;
  /** Bytes from the first line to the last one, those left out included. */
  length = 0;
  #first = -1;
  #kept = 0;
  readonly #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** `drop`: leave it out, if it is a whole line whose text is its message. */
  add(bytes: Buffer, from: number, to: number, drop = false): void {
    let start = from;
    let end = to;
    while (end > start && (bytes[end - 1] === LF || bytes[end - 1] === CR)) end -= 1;
    while (start < end && bytes[start] === 0) start += 1;
    if (end === start) return;
    if (end - start > this.#maxBytes) {
      end = start + this.#maxBytes;
      // Not within a character: back to its first byte.
      while (end > start && (bytes[end]! & 0xc0) === 0x80) end -= 1;
      (this.truncated ??= new Set()).add(start);
    } else if (drop && bytes[start] !== BRACE) {
      this.sifted += 1;
      this.#measure(start, end);
      return;
    }
    this.#measure(start, end);
    this.#kept += end - start;
    this.spans.push(start, end);
  }

  /**
   * The lines in memory of their own, if they need less than half of the chunk: it can then be used
   * again at once. Lines that lie one after the other are copied at once.
   */
  compact(bytes: Buffer): Buffer {
    const { spans, truncated } = this;
    if (this.#kept * 2 > bytes.length) return bytes;
    const copy = Buffer.allocUnsafeSlow(this.#kept + spans.length / 2);
    const moved: number[] = [];
    let at = 0;
    for (let index = 0; index < spans.length;) {
      const from = spans[index]!;
      const shift = at - from;
      let end = from;
      do {
        const start = spans[index]!;
        end = spans[index + 1]!;
        moved.push(start + shift, end + shift);
        if (truncated?.delete(start)) truncated.add(start + shift);
        index += 2;
      } while (spans[index] === end + 1 && bytes[end] === LF);
      bytes.copy(copy, at, from, end);
      at = end + shift;
      copy[at++] = LF;
    }
    this.spans = moved;
    return copy;
  }

  #measure(start: number, end: number): void {
    if (this.#first < 0) this.#first = start;
    this.length = end - this.#first;
  }
}
