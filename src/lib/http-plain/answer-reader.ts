/** Reads the answers of one connection, one after the other, from bytes in whatever pieces. */
import type { Answer } from '../http-exchange.ts';
import { NotHttp, readHead, type AnswerHead } from './answer-head.ts';
import { ChunkedBody } from './chunked.ts';

const MAX_HEAD = 16_384;
const END_OF_HEAD = Buffer.from('\r\n\r\n');
const START = 'HTTP/1.';
const LONE_LINE_FEED = /(?<!\r)\n/;
const NO_BYTES = Buffer.alloc(0);
const NO_ANSWER: Answer = { status: 0, headers: {}, text: '' };

/** Its head is longer than 16 KiB. */
class HeadTooLong extends Error {
  override readonly name = 'HeadTooLong';
  readonly code = 'HEAD_TOO_LONG';
}

export interface Wanted {
  /** Bytes of the body that are kept; a longer one ends the answer there. */
  readonly maxBytes: number;
  readonly encoding: BufferEncoding;
}

export class AnswerReader {
  #wanted: Wanted | undefined;
  #head: AnswerHead | undefined;
  /** Servers answer in the same words, second for second: the last head, and its bytes. */
  #lastHead: AnswerHead | undefined;
  #lastHeadBytes = NO_BYTES;
  /** Of a head that is not whole yet. */
  #carry: Buffer | undefined;
  #left = 0;
  #chunked: ChunkedBody | undefined;
  #pieces: Buffer[] = [];
  #size = 0;
  /** The answer that `read` or `end` has completed. */
  answer: Answer = NO_ANSWER;
  /** After an answer: the connection takes another request, and for how long when idle, where the server says. */
  reusable = false;
  idleMs: number | undefined;

  expect(wanted: Wanted): void {
    this.#wanted = wanted;
  }

  /** Takes bytes, which are the caller's again afterwards. Returns true once the answer is whole. Throws for what is no HTTP. */
  read(bytes: Buffer): boolean {
    const wanted = this.#wanted;
    // Nobody asked.
    if (!wanted) throw new NotHttp();
    let at = 0;
    if (!this.#head) {
      if (this.#carry) bytes = Buffer.concat([this.#carry, bytes]);
      at = this.#readHead(bytes);
      if (at < 0) return false;
    }
    return this.#readBody(bytes, at, wanted);
  }

  /** The connection has ended. Returns true if that completes the answer. */
  end(): boolean {
    const wanted = this.#wanted;
    if (!wanted || this.#head?.body !== 'until closed') return false;
    this.#complete(this.#text(wanted), false);
    return true;
  }

  /** Returns where the body begins; -1 where more is to come. Interim answers (1xx) are passed over. */
  #readHead(bytes: Buffer): number {
    for (let from = 0; ;) {
      const end = bytes.indexOf(END_OF_HEAD, from);
      if (end < 0) {
        const began = bytes.toString('latin1', from, Math.min(bytes.length, from + START.length));
        if (bytes.length - from > MAX_HEAD) throw new HeadTooLong('its head is too long');
        // It would be waited for until the time-out.
        if (!START.startsWith(began) || LONE_LINE_FEED.test(bytes.toString('latin1', from))) throw new NotHttp();
        this.#carry = Buffer.from(bytes.subarray(from));
        return -1;
      }
      if (end - from > MAX_HEAD) throw new HeadTooLong('its head is too long');
      const head = this.#headOf(bytes, from, end);
      from = end + END_OF_HEAD.length;
      // No protocol was offered to switch to.
      if (head.status === 101) throw new NotHttp();
      if (head.status < 200) continue;
      this.#carry = undefined;
      this.#head = head;
      this.#left = typeof head.body === 'number' ? head.body : 0;
      this.#chunked = head.body === 'chunked' ? new ChunkedBody() : undefined;
      return from;
    }
  }

  #headOf(bytes: Buffer, from: number, end: number): AnswerHead {
    const last = this.#lastHeadBytes;
    if (this.#lastHead && last.length === end - from && bytes.compare(last, 0, last.length, from, end) === 0)
      return this.#lastHead;
    const head = readHead(bytes.toString('latin1', from, end));
    this.#lastHead = head;
    this.#lastHeadBytes = Buffer.from(bytes.subarray(from, end));
    return head;
  }

  #readBody(bytes: Buffer, at: number, wanted: Wanted): boolean {
    const { body } = this.#head!;
    if (body === 0) {
      this.#complete('', at === bytes.length);
      return true;
    }
    let end: number;
    if (this.#chunked) {
      end = this.#chunked.read(bytes, at, (from, to) => this.#keep(bytes, from, to));
    } else {
      end = body === 'until closed' || bytes.length - at < this.#left ? -1 : at + this.#left;
      const to = end < 0 ? bytes.length : end;
      if (end >= 0 && this.#size === 0 && this.#left <= wanted.maxBytes) {
        this.#complete(bytes.toString(wanted.encoding, at, end), end === bytes.length);
        return true;
      }
      this.#left -= to - at;
      this.#keep(bytes, at, to);
    }
    if (end < 0 && this.#size <= wanted.maxBytes) return false;
    this.#complete(this.#text(wanted), end === bytes.length);
    return true;
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    if (from === to) return;
    this.#pieces.push(Buffer.from(bytes.subarray(from, to)));
    this.#size += to - from;
  }

  #text({ encoding, maxBytes }: Wanted): string {
    return Buffer.concat(this.#pieces).toString(encoding, 0, Math.min(this.#size, maxBytes));
  }

  #complete(text: string, cleanly: boolean): void {
    const { status, headers, keepsAlive, idleMs } = this.#head!;
    this.answer = { status, headers, text };
    this.reusable = keepsAlive && cleanly;
    this.idleMs = idleMs;
    this.#wanted = undefined;
    this.#head = undefined;
    this.#chunked = undefined;
    if (this.#size > 0) {
      this.#pieces = [];
      this.#size = 0;
    }
  }
}
