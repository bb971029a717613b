/**
 * Reads a request's body into memory, within two bounds: `max_body` for one request (413), and
 * `max_in_flight` for all of them together (429). Both count decompressed bytes.
 */
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { codeOf } from '../../component/errors.ts';
import { Refusal, tooMany } from './answer.ts';
import { Pieces } from './pieces.ts';

const inflate = promisify(gunzip);

/** The smallest gzip stream: a header of 10 bytes, an empty block, a trailer of 8. */
const MIN_GZIP = 20;

/** Bytes of memory that requests under way share. */
export class Budget {
  readonly #max: number;
  #taken = 0;

  constructor(max: number) {
    this.#max = max;
  }

  take(bytes: number): boolean {
    if (this.#taken + bytes > this.#max) return false;
    this.#taken += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#taken -= bytes;
  }
}

/** The connection broke before the whole request was there: nobody is left to answer. */
export class SenderGone extends Error {
  override readonly name = 'SenderGone';
}

/** What one request has taken of the budget; `release` gives it all back, once it is answered. */
export class Share {
  readonly #budget: Budget;
  #taken = 0;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /** Why there is no more to take; undefined once it is taken. */
  take(bytes: number): Refusal | undefined {
    if (!this.#budget.take(bytes)) return tooMany('too many large requests are under way: send this one again later');
    this.#taken += bytes;
    return undefined;
  }

  release(): void {
    this.#budget.give(this.#taken);
    this.#taken = 0;
  }
}

/** Refuses by its headers a body that is not worth reading. */
export function checkHeaders(request: IncomingMessage, maxBody: number): void {
  const { headers } = request;
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (!['identity', 'gzip', 'x-gzip', ''].includes(encoding)) {
    throw new Refusal(
      415,
      'the only content-encoding understood is gzip: send the body with it or without any',
      {},
      { 'accept-encoding': 'gzip' },
    );
  }
  const length = headers['content-length'];
  if (length === undefined && headers['transfer-encoding'] === undefined) {
    throw new Refusal(411, 'a body is needed, with a Content-Length or chunked');
  }
  if (Number(length ?? 0) > maxBody) throw tooLarge(maxBody);
}

/** The body, decompressed, once `check` has seen it as it was sent. Rejects with a Refusal, or with SenderGone. */
export async function readBody(
  request: IncomingMessage,
  maxBody: number,
  share: Share,
  check: (bytes: Buffer) => void,
): Promise<Buffer> {
  const bytes = await received(request, maxBody, share);
  check(bytes);
  const encoding = request.headers['content-encoding']?.trim().toLowerCase();
  return encoding === 'gzip' || encoding === 'x-gzip' ? decompressed(bytes, maxBody, share) : bytes;
}

function received(request: IncomingMessage, maxBody: number, share: Share): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces = new Pieces();
    const stop = (): void => {
      request.off('data', onData).off('end', onEnd).off('close', onClose);
    };
    const onData = (chunk: Buffer): void => {
      const refusal = pieces.length + chunk.length > maxBody ? tooLarge(maxBody) : share.take(chunk.length);
      if (refusal) {
        stop();
        reject(refusal);
      } else {
        pieces.add(chunk);
      }
    };
    const onEnd = (): void => {
      stop();
      resolve(pieces.joined());
    };
    const onClose = (): void => {
      stop();
      reject(new SenderGone());
    };
    request
      .on('data', onData)
      .on('end', onEnd)
      .on('close', onClose)
      .on('error', () => {});
  });
}

/**
 * A gzip stream ends with the length it decompresses to, so that only so much memory is set
 * aside; where that is a lie, or of the last of several streams in a row, the most that is allowed.
 */
async function decompressed(bytes: Buffer, maxBody: number, share: Share): Promise<Buffer> {
  if (bytes.length < MIN_GZIP) throw new Refusal(400, 'the body is no gzip stream');
  const promised = bytes.readUInt32LE(bytes.length - 4);
  for (const limit of [Math.min(promised, maxBody), maxBody]) {
    const refusal = share.take(limit);
    if (refusal) throw refusal;
    try {
      return await inflate(bytes, { maxOutputLength: Math.max(1, limit) });
    } catch (error) {
      if (codeOf(error) !== 'ERR_BUFFER_TOO_LARGE') throw new Refusal(400, 'the body is no complete gzip stream');
    }
  }
  throw tooLarge(maxBody);
}

function tooLarge(maxBody: number): Refusal {
  return new Refusal(413, `the body is larger than ${maxBody} bytes (max_body): send the events in several requests`, {
    max_body: maxBody,
  });
}
