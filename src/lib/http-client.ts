/**
 * HTTP towards one destination: connections kept alive, answers bounded, failures as verdicts. https goes
 * through undici, plain http over connections of our own (docs/decisions/0013-plain-http-of-our-own.md).
 *
 * Redirects are not followed: they could carry a token to another host. Answers are not decompressed
 * (none is asked for compressed) and are cut at `maxAnswerBytes`. Nothing here names a URL or a header.
 */
import type { Agent } from 'undici';
import type { Verdict } from '../component/component.ts';
import { codeOf } from '../component/errors.ts';
import { excerpt } from './excerpt.ts';
import { Aborts, Exchange, type Answer } from './http-exchange.ts';
import { PlainHttp } from './http-plain/plain-http.ts';
import { Unsendable } from './http-plain/request-head.ts';
import { failureOf } from './network-failure.ts';
import { trusted } from './trust.ts';

export type { Answer };

export interface HttpClientOptions {
  /** Where requests without a `url` of their own go; credentials in it become an Authorization header. */
  readonly url?: string;
  /** False accepts any certificate. */
  readonly verifySsl?: boolean | undefined;
  /** PEM file of authorities to trust besides the usual ones; read at the first request. */
  readonly caFile?: string | undefined;
  /** Connections to one origin at the most; otherwise as many as requests are under way. */
  readonly connections?: number;
  /** Bytes of an answer's body that are kept: 64 KiB unless said. */
  readonly maxAnswerBytes?: number;
  /** Of the answers' text: utf8 unless said; latin1 keeps every byte. */
  readonly encoding?: 'utf8' | 'latin1';
}

export interface HttpRequest {
  /** POST unless said. */
  readonly method?: string;
  /** Absolute; the client's own `url` unless said. */
  readonly url?: string;
  /** Path and query in place of those of the client's `url`. */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
  readonly signal: AbortSignal;
}

export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #base: Target | undefined;
  readonly #kept: { readonly maxAnswerBytes: number; readonly encoding: 'utf8' | 'latin1' };
  #agent: Agent | undefined;
  #opening: Promise<Agent> | undefined;
  readonly #plain: PlainHttp;
  readonly #aborts = new Aborts();
  #closed = false;

  /** Touches nothing: undici is loaded, and `caFile` read, at the first request. */
  constructor(options: HttpClientOptions) {
    this.#options = options;
    this.#base = options.url === undefined ? undefined : targetOf(options.url);
    const { maxAnswerBytes = 65_536, encoding = 'utf8' } = options;
    this.#kept = { maxAnswerBytes, encoding };
    this.#plain = new PlainHttp({ ...options, ...this.#kept });
  }

  /** Makes one request. Throws the signal's reason when that ends it; every other failure is a verdict. */
  request(request: HttpRequest): Promise<Answer | Verdict> {
    const target = request.url === undefined ? this.#base : targetOf(request.url);
    if (!target) return Promise.resolve(NO_TARGET);
    if (target.isPlain) return this.#overPlain(target, request);
    return this.#agent ? this.#overTls(this.#agent, target, request) : this.#overFirstTls(target, request);
  }

  #overPlain(target: Target, request: HttpRequest): Promise<Answer | Verdict> {
    return new Promise((resolve, reject) => {
      const { signal } = request;
      if (signal.aborted) return reject(signal.reason as Error);
      try {
        const exchange = this.#plain.exchange(target, request, (answer, error) => {
          this.#aborts.delete(signal, exchange);
          if (answer) resolve(answer);
          else if (signal.aborted) reject(signal.reason as Error);
          else resolve(failureOf(error));
        });
        this.#aborts.add(signal, exchange);
        exchange.start();
      } catch (error) {
        if (!(error instanceof Unsendable)) throw error;
        resolve({ kind: 'misconfigured', reason: error.message });
      }
    });
  }

  async #overFirstTls(target: Target, request: HttpRequest): Promise<Answer | Verdict> {
    const { signal } = request;
    signal.throwIfAborted();
    let agent: Agent;
    try {
      agent = await (this.#opening ??= this.#open());
    } catch (error) {
      this.#opening = undefined;
      signal.throwIfAborted();
      if (this.#options.caFile === undefined) throw error;
      return { kind: 'misconfigured', reason: `cannot read the certificates of ca_file: ${codeOf(error)}` };
    }
    return this.#overTls(agent, target, request);
  }

  #overTls(agent: Agent, target: Target, request: HttpRequest): Promise<Answer | Verdict> {
    return new Promise((resolve, reject) => {
      const { signal } = request;
      if (signal.aborted) return reject(signal.reason as Error);
      const { maxAnswerBytes, encoding } = this.#kept;
      const exchange = new Exchange(maxAnswerBytes, encoding, (settled, error) => {
        this.#aborts.delete(signal, settled);
        if (!error) resolve(settled);
        else if (signal.aborted) reject(signal.reason as Error);
        else resolve(verdictOfError(error));
      });
      this.#aborts.add(signal, exchange);
      agent.dispatch(
        {
          origin: target.origin,
          path: request.path ?? target.path,
          method: request.method ?? 'POST',
          headers: target.headers ? { ...target.headers, ...request.headers } : (request.headers ?? null),
          body: request.body ?? null,
        },
        exchange,
      );
    });
  }

  post(
    body: string | Uint8Array,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Answer | Verdict> {
    return this.request({ body, headers, signal });
  }

  /** Ends its connections; requests under way fail. Safe twice, and before the first request. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#plain.close();
    const agent = this.#agent ?? (await this.#opening?.catch(() => undefined));
    await agent?.destroy();
  }

  async #open(): Promise<Agent> {
    const { verifySsl, caFile, connections } = this.#options;
    // By its default: a bundle gives a CommonJS module no other names.
    const [{ default: undici }, ca] = await Promise.all([import('undici'), trusted(caFile)]);
    const agent = new undici.Agent({
      connections: connections ?? null,
      // The pipeline's signal is the one time-out; two more timers per request would be wasted.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { rejectUnauthorized: verifySsl !== false, timeout: 10_000, ...(ca && { ca }) },
    });
    this.#agent = agent;
    if (this.#closed) await agent.destroy();
    return agent;
  }
}

const NO_TARGET: Verdict = { kind: 'misconfigured', reason: 'its URL is not an absolute http or https URL' };

interface Target {
  readonly isPlain: boolean;
  readonly origin: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>> | undefined;
}

function verdictOfError(error: Error): Verdict {
  return codeOf(error) === 'UND_ERR_INVALID_ARG'
    ? { kind: 'misconfigured', reason: 'method, path or a header has a character that HTTP does not allow' }
    : failureOf(error);
}

function targetOf(url: string): Target | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, origin, pathname, search, username, password } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:') return undefined;
  const anonymous = username === '' && password === '';
  const headers = anonymous ? undefined : { authorization: basicAuthorization(decode(username), decode(password)) };
  return { isPlain: protocol === 'http:', origin, path: pathname + search, headers };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The Authorization header of a user and password (RFC 7617, UTF-8). */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/**
 * What a status means to most destinations, with what the destination said, `secrets` masked.
 * `now` is the clock's, for a Retry-After date.
 */
export function verdictOf({ status, headers, text }: Answer, now: number, secrets: readonly string[] = []): Verdict {
  if (status >= 200 && status < 300) return { kind: 'sent' };
  const said = excerpt(text, secrets);
  const reason = said === '' ? `answered ${status}` : `answered ${status}: ${said}`;
  switch (status) {
    case 301:
    case 308:
      // The URL is out of date for good: what waits can still be delivered once it is mended.
      return { kind: 'misconfigured', reason: `answered ${status}: it has moved; set its new URL` };
    case 401:
    case 403:
    case 404:
    case 405:
    case 407:
    case 410:
      return { kind: 'misconfigured', reason };
    case 408:
    case 425:
    case 429:
      return { kind: 'later', reason, notBeforeMs: retryAfterMs(headers['retry-after'], now) };
  }
  if (status >= 500) return { kind: 'later', reason, notBeforeMs: retryAfterMs(headers['retry-after'], now) };
  return { kind: 'refused', reason };
}

/** Longer waits than a day are taken for a mistake of the destination's, and cut. */
const MAX_RETRY_AFTER_MS = 86_400_000;

/** RFC 9110, 10.2.3: seconds (also with a fraction), or a date in one of the three forms. Milliseconds from `now`. */
export function retryAfterMs(header: string | string[] | undefined, now: number): number | undefined {
  const text = (typeof header === 'string' ? header : (header?.[0] ?? '')).trim();
  if (/^\d{1,15}(\.\d{1,15})?$/.test(text)) return Math.min(MAX_RETRY_AFTER_MS, Math.ceil(Number(text) * 1_000));
  // asctime has no zone and means UTC.
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},? [\w :-]{10,40}$/.test(text)) return undefined;
  const date = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(date) ? undefined : Math.min(MAX_RETRY_AFTER_MS, Math.max(0, date - now));
}
