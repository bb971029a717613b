/** Reads protobuf's wire format from front to end, never past the end. Whatever does not fit is a MalformedLogs. */
import { MalformedLogs } from './received.ts';

/** Wire types. */
export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;

const TWO_32 = 2 ** 32;

export class Cursor {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;
  /** Number and wire type of the field that `next` came to. */
  field = 0;
  wireType = 0;

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /** Goes to the next field; false at the end. Its value must then be read or skipped. */
  next(): boolean {
    if (this.#at >= this.#end) return false;
    const tag = this.number();
    this.wireType = tag & 7;
    this.field = Math.floor(tag / 8);
    if (this.field === 0) throw new MalformedLogs('the protobuf has a field 0');
    return true;
  }

  /** Whether the field is this one, of this wire type. */
  is(field: number, wireType: number): boolean {
    return this.field === field && this.wireType === wireType;
  }

  /** A varint as a number: exact up to 2^53. */
  number(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      if (scale >= 2 ** 63) throw new MalformedLogs('the protobuf has a number of more than 64 bits');
    }
  }

  /** A varint as a signed integer of 64 bits. */
  int64(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asIntN(64, value);
      if (shift >= 63n) throw new MalformedLogs('the protobuf has a number of more than 64 bits');
    }
  }

  fixed64(): bigint {
    const at = this.#skip(8);
    return this.#bytes.readBigUInt64LE(at);
  }

  /** As `fixed64`, where a number will do. */
  fixed32(): number {
    return this.#bytes.readUInt32LE(this.#skip(4));
  }

  double(): number {
    return this.#bytes.readDoubleLE(this.#skip(8));
  }

  text(): string {
    const length = this.number();
    const at = this.#skip(length);
    return this.#bytes.toString('utf8', at, at + length);
  }

  bytes(encoding: 'hex' | 'base64'): string {
    const length = this.number();
    const at = this.#skip(length);
    return this.#bytes.toString(encoding, at, at + length);
  }

  /** A cursor over a message inside this one. */
  message(): Cursor {
    const length = this.number();
    const at = this.#skip(length);
    return new Cursor(this.#bytes, at, at + length);
  }

  /** Goes past the value of a field that nobody knows. */
  skip(): void {
    switch (this.wireType) {
      case VARINT:
        while (this.#byte() >= 128);
        break;
      case FIXED64:
        this.#skip(8);
        break;
      case BYTES:
        this.#skip(this.number());
        break;
      case FIXED32:
        this.#skip(4);
        break;
      default:
        throw new MalformedLogs(`the protobuf has a field of the unknown wire type ${this.wireType}`);
    }
  }

  #byte(): number {
    if (this.#at >= this.#end) throw cutShort();
    return this.#bytes[this.#at++]!;
  }

  /** Where the next `length` bytes begin. */
  #skip(length: number): number {
    const at = this.#at;
    if (length > this.#end - at || length >= TWO_32) throw cutShort();
    this.#at = at + length;
    return at;
  }
}

function cutShort(): MalformedLogs {
  return new MalformedLogs('the protobuf ends in the middle of a field: is the body cut short?');
}
