/** Batches of events as bytes to append: one event a line, whatever is in it. */
import type { Event } from '../../component/event.ts';
import { stringifyEvent } from '../../lib/event-json.ts';
import { lineOf } from '../../lib/layout.ts';

const LF = 0x0a;
const NUL = 0x00;
/** How rsyslog writes them too. */
const ESCAPED_LF = '#012';
const ESCAPED_NUL = '#000';

export function jsonLines(events: readonly Event[]): Buffer {
  let text = '';
  for (let index = 0; index < events.length; index += 1) text += `${stringifyEvent(events[index]!)}\n`;
  return Buffer.from(text);
}

export function textLines(events: readonly Event[]): Buffer {
  let text = '';
  for (let index = 0; index < events.length; index += 1) text += `${lineOf(events[index]!)}\n`;
  return Buffer.from(text);
}

/**
 * The lines as they were received, else the messages; newlines and NULs in them as `#012` and `#000`.
 * No line becomes a string: lines that lie one after the other in a received chunk are copied at once.
 */
export function rawLines(events: readonly Event[], memory: SpareMemory): Buffer {
  const lines = new RawLines();
  for (let index = 0; index < events.length; index += 1) {
    const event = events[index]!;
    const { received } = event;
    if (received) lines.add(received.bytes, received.start, received.end);
    else lines.addOther(Buffer.from(event.message));
  }
  return lines.joined(memory);
}

/** Memory of the last batch, for the next one: fresh pages for each cost a quarter of the lines a second. */
export class SpareMemory {
  readonly #own = new WeakSet<ArrayBufferLike>();
  #spare: ArrayBufferLike | undefined;

  /** Nobody else's until it is given back. */
  take(size: number): Buffer {
    let memory = this.#spare;
    this.#spare = undefined;
    if (!memory || memory.byteLength < size) {
      memory = new ArrayBuffer(size + (size >> 2));
      this.#own.add(memory);
    }
    return Buffer.from(memory, 0, size);
  }

  /** For what will not be read again. */
  giveBack({ buffer }: Buffer): void {
    if (this.#own.has(buffer) && buffer.byteLength <= MAX_SPARE) this.#spare = buffer;
  }
}

const MAX_SPARE = 4 * 1024 * 1024;

/** Spans of received chunks; each with its line end, its own or one to be added. */
class RawLines {
  readonly #bytes: Buffer[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  #size = 0;
  // The run that the next line may continue.
  #run: Buffer | undefined;
  #runStart = 0;
  #runEnd = 0;
  // Where the scanned chunk has its next newline and NUL: so that each byte is looked at once.
  #scanned: Buffer | undefined;
  #scannedFrom = 0;
  #nextLf = 0;
  #nextNul = 0;

  add(bytes: Buffer, start: number, end: number): void {
    if (bytes !== this.#scanned || start < this.#scannedFrom) {
      this.#scanned = bytes;
      this.#nextNul = find(bytes, NUL, start);
      this.#nextLf = find(bytes, LF, start);
    } else {
      if (this.#nextNul < start) this.#nextNul = find(bytes, NUL, start);
      if (this.#nextLf < start) this.#nextLf = find(bytes, LF, start);
    }
    this.#scannedFrom = start;
    if (this.#nextLf < end || this.#nextNul < end) {
      this.addOther(escapedLine(bytes.subarray(start, end)));
      return;
    }
    if (bytes === this.#run && start === this.#runEnd + 1 && bytes[this.#runEnd] === LF) {
      this.#runEnd = end;
      return;
    }
    this.#endRun();
    this.#run = bytes;
    this.#runStart = start;
    this.#runEnd = end;
  }

  addOther(line: Buffer): void {
    this.#endRun();
    const safe = line.includes(LF) || line.includes(NUL) ? escapedLine(line) : line;
    this.#push(safe, 0, safe.length);
  }

  joined(memory: SpareMemory): Buffer {
    this.#endRun();
    const target = memory.take(this.#size);
    let at = 0;
    for (let index = 0; index < this.#bytes.length; index += 1) {
      at += copied(this.#bytes[index]!, this.#starts[index]!, this.#ends[index]!, target, at);
      target[at++] = LF;
    }
    return target;
  }

  #endRun(): void {
    if (!this.#run) return;
    this.#push(this.#run, this.#runStart, this.#runEnd);
    this.#run = undefined;
  }

  #push(bytes: Buffer, start: number, end: number): void {
    this.#bytes.push(bytes);
    this.#starts.push(start);
    this.#ends.push(end);
    this.#size += end - start + 1;
  }
}

/** Past the end where there is none. */
function find(bytes: Buffer, byte: number, from: number): number {
  const index = bytes.indexOf(byte, from);
  return index === -1 ? Number.MAX_SAFE_INTEGER : index;
}

/** A call into C++ costs more than a short loop. */
const SHORT = 24;

function copied(bytes: Buffer, start: number, end: number, target: Buffer, at: number): number {
  const length = end - start;
  if (length > SHORT) bytes.copy(target, at, start, end);
  else for (let index = 0; index < length; index += 1) target[at + index] = bytes[start + index]!;
  return length;
}

function escapedLine(line: Buffer): Buffer {
  // latin1 keeps every byte as it is, also those that are no UTF-8.
  const text = line.toString('latin1').replaceAll('\n', ESCAPED_LF).replaceAll('\0', ESCAPED_NUL);
  return Buffer.from(text, 'latin1');
}
