import type { ServerResponse } from 'node:http';

/** What a request is answered: a status, a body of JSON or of bytes, and headers beside the usual ones. */
export interface Answer {
  readonly status: number;
  readonly body: object | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Ends a request with an answer other than the one it hoped for. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly answer: Answer;

  /** `error` tells the sender what is wrong and what to do; `details` are further keys of the body, such as `index`. */
  constructor(status: number, error: string, details: object = {}, headers: Readonly<Record<string, string>> = {}) {
    super(error);
    this.status = status;
    this.headers = headers;
    this.answer = { status, body: { error, ...details }, headers };
  }
}

/** For a full queue: nothing was taken, and the same request can be sent again. */
export function tooMany(error: string): Refusal {
  return new Refusal(429, error, {}, { 'retry-after': '1' });
}

/** Writes the answer; does nothing where the sender has gone or was answered already. */
export function send(response: ServerResponse, { status, body, headers }: Answer): void {
  if (response.headersSent || response.destroyed) return;
  // A text leaves in one piece with the headers.
  const content = Buffer.isBuffer(body) ? body : `${JSON.stringify(body)}\n`;
  const length = Buffer.byteLength(content);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': length, ...headers });
  response.end(content);
}
