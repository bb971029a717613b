/** Reading a request's body within limits, and writing an answer, whole or as a stream. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface Reply {
  readonly status: number;
  /** `text/plain; charset=utf-8`, or `application/json` for an object, unless said. */
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text; an object, sent as JSON; or pieces of text, sent as they come and no faster than they are read. */
  readonly body: string | object | AsyncIterable<string>;
}

/** Ends a request with this status and sentence. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly reply: Reply;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.reply = { status, headers, body: `${message}\n` };
  }
}

const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** What the body says as JSON; a RequestError 400 if it is none. */
export function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as unknown;
  } catch (error) {
    // Without the parser's excerpt of the text: it may be a secret.
    const where = /position \d+/.exec(String(error))?.[0];
    throw new RequestError(400, `the body is not JSON${where ? ` (${where})` : ''}`);
  }
}

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') throw new RequestError(415, 'send the body uncompressed');
  const chunks: Buffer[] = [];
  let length = 0;
  // Not destroyed on the way out: the connection still carries the answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES)
      throw new RequestError(413, `the body is longer than ${MAX_BODY_BYTES} bytes`, { connection: 'close' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

/** Resolves once the answer is handed to the connection, or the asker is gone. */
export async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  reply: Reply,
  signal: AbortSignal,
): Promise<void> {
  const { status, headers, body } = reply;
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, {
    'content-type': reply.type ?? (isText(body) ? 'text/plain; charset=utf-8' : 'application/json'),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  });
  if (request.method === 'HEAD') response.end();
  else if (typeof body === 'string') response.end(body);
  else if (isStream(body)) await stream(response, body, signal);
  else response.end(`${JSON.stringify(body)}\n`);
}

async function stream(response: ServerResponse, pieces: AsyncIterable<string>, signal: AbortSignal): Promise<void> {
  response.flushHeaders();
  for await (const piece of pieces) {
    if (signal.aborted) break;
    if (!response.write(piece)) await once(response, 'drain', { signal });
  }
  response.end();
}

function isText(body: Reply['body']): boolean {
  return typeof body === 'string' || isStream(body);
}

function isStream(body: Reply['body']): body is AsyncIterable<string> {
  return typeof body === 'object' && Symbol.asyncIterator in body;
}
