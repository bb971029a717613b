/**
 * Records on their way to the disk, in one buffer as they will lie there: payloads are written right
 * where they go, and their numbers and sums once they are known. No copy and no buffer per record.
 */
import { RECORD_OVERHEAD, writeHead } from './record-format.ts';

export class RecordBatch {
  /** Another one after `room`. */
  bytes: Buffer;
  /** Where the next byte goes. */
  at = 0;
  /** Bytes that each record takes on disk. */
  readonly sizes: number[] = [];
  #start = 0;

  /** `bytes`: about how many the records will take. */
  constructor(bytes: number) {
    this.bytes = Buffer.allocUnsafeSlow(bytes);
  }

  /** Begins a record; its payload goes to `bytes` from `at` on. */
  begin(): void {
    this.#start = this.at;
    this.room(RECORD_OVERHEAD);
    this.at += RECORD_OVERHEAD;
  }

  /** Makes room for `size` bytes from `at` on. */
  room(size: number): void {
    const needed = this.at + size;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
  }

  end(): void {
    this.sizes.push(this.at - this.#start);
  }

  /** Numbers the records from `first` on; the bytes are then as they go on disk. */
  number(first: number): Buffer {
    let start = 0;
    for (const [index, size] of this.sizes.entries()) {
      writeHead(this.bytes, start, start + size, first + index);
      start += size;
    }
    return this.bytes.subarray(0, this.at);
  }
}
