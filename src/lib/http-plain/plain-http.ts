/** Plain HTTP/1.1 of one client, towards whatever origins it names. */
import type { Abortable, Answer } from '../http-exchange.ts';
import type { PlainRequest } from './connection.ts';
import { Connections } from './connections.ts';
import { requestHead } from './request-head.ts';

export interface PlainOptions {
  /** Connections to one origin at the most; otherwise as many as requests are under way. */
  readonly connections?: number;
  /** Bytes of an answer's body that are kept. */
  readonly maxAnswerBytes: number;
  readonly encoding: 'utf8' | 'latin1';
}

export interface PlainTarget {
  /** `http://host:port`. */
  readonly origin: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>> | undefined;
}

export interface Outgoing {
  readonly method?: string;
  /** In place of the target's. */
  readonly path?: string;
  /** Not to be changed in place: what they come to is kept. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
}

/** Called once. */
export type Settle = (answer: Answer | undefined, error: Error | undefined) => void;

const NO_HEADERS: Readonly<Record<string, string>> = {};

export class PlainHttp {
  readonly #options: PlainOptions;
  readonly #origins = new Map<string, Connections>();
  #closed = false;
  /** Of the last request: most have the same. */
  #last: { target: PlainTarget; method: string; path: string; headers: object; head: string } | undefined;

  constructor(options: PlainOptions) {
    this.#options = options;
  }

  /** Makes a request that `start` sends. Throws `Unsendable`. */
  exchange(target: PlainTarget, outgoing: Outgoing, settle: Settle): PlainExchange {
    return new PlainExchange(this.#to(target), this.#headOf(target, outgoing), outgoing.body, this.#options, settle);
  }

  /** Ends all connections; requests under way fail, and so do those that come after. */
  close(): void {
    this.#closed = true;
    for (const connections of this.#origins.values()) connections.close(new Error('closed'));
  }

  #headOf(target: PlainTarget, { method = 'POST', path = target.path, headers = NO_HEADERS }: Outgoing): string {
    const last = this.#last;
    if (last?.target === target && last.headers === headers && last.path === path && last.method === method)
      return last.head;
    const all = target.headers ? { ...target.headers, ...headers } : headers;
    const head = requestHead({ method, path, host: target.origin.slice('http://'.length), headers: all });
    this.#last = { target, method, path, headers, head };
    return head;
  }

  #to({ origin }: PlainTarget): Connections {
    let connections = this.#origins.get(origin);
    if (!connections) {
      const { hostname, port } = new URL(origin);
      const address = { host: hostname.replaceAll(/^\[|\]$/g, ''), port: port === '' ? 80 : Number(port) };
      connections = new Connections(address, this.#options.connections ?? Infinity);
      if (this.#closed) connections.close(new Error('closed'));
      this.#origins.set(origin, connections);
    }
    return connections;
  }
}

export class PlainExchange implements PlainRequest, Abortable {
  readonly #connections: Connections;
  readonly #settle: Settle;
  readonly head: string;
  readonly body: string | Uint8Array | undefined;
  readonly maxBytes: number;
  readonly encoding: BufferEncoding;

  constructor(
    connections: Connections,
    head: string,
    body: string | Uint8Array | undefined,
    { maxAnswerBytes, encoding }: PlainOptions,
    settle: Settle,
  ) {
    this.#connections = connections;
    this.#settle = settle;
    this.head = head;
    this.body = body;
    this.maxBytes = maxAnswerBytes;
    this.encoding = encoding;
  }

  start(): void {
    this.#connections.request(this);
  }

  abort(error: Error): void {
    this.#connections.abort(this, error);
  }

  answered(answer: Answer): void {
    this.#settle(answer, undefined);
  }

  failed(error: Error): void {
    this.#settle(undefined, error);
  }
}
