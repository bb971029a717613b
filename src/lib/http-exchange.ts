/**
 * One request under way. `undici.request` makes a stream for each answer; without one, a core makes
 * 35 k requests a second with 32 under way, against 23 k (Node 20, 300-byte bodies).
 */
import type { Dispatcher } from 'undici';

export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The body as UTF-8, or in the client's `encoding`, as far as it was kept. */
  readonly text: string;
}

export class Exchange implements Dispatcher.DispatchHandler, Answer {
  status = 0;
  headers: Answer['headers'] = NO_HEADERS;
  text = '';
  readonly #maxBytes: number;
  readonly #encoding: BufferEncoding;
  readonly #settle: (exchange: Exchange, error: Error | undefined) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #aborted: Error | undefined;
  #settled = false;
  #chunk: Buffer | undefined;
  #more: Buffer[] | undefined;
  #size = 0;

  /** `settle` is called once; the answer is the exchange itself. Of the body, `maxBytes` are kept. */
  constructor(
    maxBytes: number,
    encoding: BufferEncoding,
    settle: (exchange: Exchange, error: Error | undefined) => void,
  ) {
    this.#maxBytes = maxBytes;
    this.#encoding = encoding;
    this.#settle = settle;
  }

  /** Ends the request, and its connection if it is under way. One that waits for a connection is never sent. */
  abort(error: Error): void {
    this.#aborted = error;
    this.#end(error);
    this.#controller?.abort(error);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#aborted) controller.abort(this.#aborted);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Answer['headers']): void {
    this.status = status;
    this.headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#settled) return;
    this.#size += chunk.length;
    if (!this.#chunk) this.#chunk = chunk;
    else (this.#more ??= [this.#chunk]).push(chunk);
    if (this.#size <= this.#maxBytes) return;
    this.onResponseEnd();
    this.abort(new Error('answer too long'));
  }

  onResponseEnd(): void {
    const bytes = this.#more ? Buffer.concat(this.#more) : this.#chunk;
    if (bytes) this.text = bytes.toString(this.#encoding, 0, Math.min(bytes.length, this.#maxBytes));
    this.#end(undefined);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#end(error);
  }

  #end(error: Error | undefined): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#settle(this, error);
  }
}

const NO_HEADERS: Answer['headers'] = Object.freeze({});

export interface Abortable {
  abort(error: Error): void;
}

/** Aborts what is under way when its signal ends: one listener for each signal, for as long as there is the signal, since it may serve many requests. */
export class Aborts {
  readonly #bySignal = new WeakMap<AbortSignal, Watch>();

  add(signal: AbortSignal, exchange: Abortable): void {
    let watch = this.#bySignal.get(signal);
    if (!watch) {
      watch = new Watch(signal);
      this.#bySignal.set(signal, watch);
    }
    watch.exchanges.add(exchange);
  }

  delete(signal: AbortSignal, exchange: Abortable): void {
    this.#bySignal.get(signal)?.exchanges.delete(exchange);
  }
}

class Watch {
  readonly exchanges = new Set<Abortable>();
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', this, { once: true });
  }

  handleEvent(): void {
    const reason: unknown = this.#signal.reason;
    const error = reason instanceof Error ? reason : new Error('aborted');
    for (const exchange of [...this.exchanges]) exchange.abort(error);
  }
}
