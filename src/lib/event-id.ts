/**
 * The ids of events that came without one: UUIDs that share their first twelve bytes, random and new
 * for some thousands of events, and count in their last four. An id costs one small object until
 * somebody reads it as text; a queue on disk writes its bytes.
 */
import { randomFillSync } from 'node:crypto';

/** Bytes of an id. */
export const ID_BYTES = 16;

const SHARED_BYTES = 12;

/** So many ids share their first bytes: a copy of a running machine soon goes ways of its own. */
const IDS_PER_BLOCK = 65_536;

export class EventId {
  readonly #shared: Buffer;
  readonly #number: number;
  #text: string | undefined;

  /** `shared`: the first twelve bytes, in memory of their own. */
  constructor(shared: Buffer, number: number) {
    this.#shared = shared;
    this.#number = number;
  }

  toString(): string {
    return (this.#text ??= sharedText(this.#shared) + this.#number.toString(16).padStart(8, '0'));
  }

  write(bytes: Buffer, at: number): void {
    const shared = this.#shared;
    for (let index = 0; index < SHARED_BYTES; index += 1) bytes[at + index] = shared[index]!;
    bytes.writeUInt32BE(this.#number, at + SHARED_BYTES);
  }
}

let own = newBlock();
let next = 0;

/** One that no other event has. */
export function newEventId(): EventId {
  if (next === IDS_PER_BLOCK) {
    own = newBlock();
    next = 0;
  }
  next += 1;
  return new EventId(own, next);
}

let read = own;

/** The id that `write` wrote; keeps no hold of `bytes`. */
export function readEventId(bytes: Buffer, at: number): EventId {
  for (let index = 0; index < SHARED_BYTES; index += 1) {
    if (bytes[at + index] === read[index]) continue;
    read = Buffer.from(Uint8Array.prototype.slice.call(bytes, at, at + SHARED_BYTES).buffer);
    break;
  }
  return new EventId(read, bytes.readUInt32BE(at + SHARED_BYTES));
}

/** Version 4, as of any other random UUID. */
function newBlock(): Buffer {
  const block = randomFillSync(Buffer.alloc(SHARED_BYTES));
  block[6] = (block[6]! & 0x0f) | 0x40;
  block[8] = (block[8]! & 0x3f) | 0x80;
  return block;
}

let written = own;
let writtenText = uuidStart(own);

/** What the texts of all ids of a block begin with. */
function sharedText(shared: Buffer): string {
  if (shared !== written) {
    written = shared;
    writtenText = uuidStart(shared);
  }
  return writtenText;
}

function uuidStart(shared: Buffer): string {
  const hex = shared.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
