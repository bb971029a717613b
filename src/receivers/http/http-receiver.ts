import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Context, Counter, Receiver, Sink } from '../../component/component.ts';
import { codeOf, ConfigError, StartError } from '../../component/errors.ts';
import { TlsIdentity, type TlsFiles } from '../../lib/tls-identity.ts';
import { Refusal, send, type Answer } from './answer.ts';
import { guardOf, type AuthOptions, type Guard } from './auth.ts';
import { Budget, checkHeaders, readBody, SenderGone, Share } from './body.ts';
import { alertmanagerRoute, grafanaRoute } from './doors/alerts.ts';
import { githubRoute } from './doors/github.ts';
import { webhookRoute, type WebhookOptions } from './doors/webhook.ts';
import { checkRoom } from './deliver.ts';
import { eventsRoute } from './events-route.ts';
import { hostAndPort, Listener, type Handler } from './listener.ts';
import { mediaTypeOf } from './media-type.ts';
import { logsRoute } from './logs-route.ts';
import type { Route } from './route.ts';

export interface HttpOptions {
  readonly listen: readonly string[];
  readonly auth?: AuthOptions;
  readonly tls?: TlsFiles;
  /** By path. */
  readonly webhooks?: Readonly<Record<string, WebhookOptions>>;
  readonly max_body: number;
  readonly max_in_flight: number;
  readonly max_connections: number;
  readonly request_timeout: number;
}

/** Paths that every receiver has. */
export const ROUTES: readonly Route[] = [eventsRoute, logsRoute, alertmanagerRoute, grafanaRoute, githubRoute];

/** How long `stop` waits for requests under way before it cuts their connections. */
const PATIENCE_MS = 5_000;

/** How long, and for how much of it, the rest of a refused body is read so that its sender gets to see the answer. */
const DISCARD_MS = 2_000;

/** How often the TLS files are looked at. */
const TLS_LOOK_MS = 1_000;

export class HttpReceiver implements Receiver, Handler {
  readonly #options: HttpOptions;
  readonly #context: Context;
  readonly #sink: Sink;
  readonly #guard: Guard;
  readonly #routes: ReadonlyMap<string, Route>;
  readonly #identity: TlsIdentity | undefined;
  readonly #budget: Budget;
  readonly #requests: Counter;
  readonly #refusedRequests: Counter;
  readonly #refusedConnections: Counter;
  readonly #failedHandshakes: Counter;
  /** By the address as it was configured. Those adopted are bound already. */
  readonly #listeners = new Map<string, Listener>();
  #underWay = 0;
  #stopping = false;
  readonly #onIdle: (() => void)[] = [];
  #cancelLook: () => void = () => {};

  constructor(options: HttpOptions, context: Context, sink: Sink) {
    for (const [index, listen] of options.listen.entries()) {
      if (!hostAndPort(listen))
        throw new ConfigError(`"${listen}" is no address to listen on`, { path: ['listen', index] });
    }
    this.#options = options;
    this.#context = context;
    this.#sink = sink;
    this.#guard = guardOf(options.auth);
    const webhooks = Object.entries(options.webhooks ?? {}).map(([path, webhook]) =>
      webhookRoute(path, webhook, ['webhooks', path]),
    );
    this.#routes = new Map([...ROUTES, ...webhooks].map((route) => [route.path, route]));
    this.#identity = options.tls && new TlsIdentity(options.tls, context.clock, context.log);
    this.#budget = new Budget(options.max_in_flight);
    this.#requests = context.counter('http_requests', 'Requests to take events, whatever became of them.');
    this.#refusedRequests = context.counter('http_requests_refused', 'Requests of which nothing was taken.');
    this.#refusedConnections = context.counter(
      'http_connections_refused',
      'Connections closed because of max_connections, or for want of descriptors.',
    );
    this.#failedHandshakes = context.counter('http_handshakes_failed', 'TLS connections whose handshake failed.');
  }

  async verify(): Promise<void> {
    await this.#identity?.verify();
  }

  async start(signal: AbortSignal): Promise<void> {
    const opened: string[] = [];
    await this.#identity?.load();
    try {
      for (const [index, listen] of this.#options.listen.entries()) {
        signal.throwIfAborted();
        if (this.#listeners.has(listen)) continue;
        const listener = new Listener(listen, this);
        listener.limit(this.#limits());
        if (this.#identity?.current) listener.identify(this.#identity.current);
        await listener.open().catch((error: unknown) => {
          throw error instanceof StartError ? new StartError(error.message, { path: ['listen', index] }) : error;
        });
        this.#listeners.set(listen, listener);
        opened.push(listen);
      }
    } catch (error) {
      // What was adopted stays here: the predecessor adopts it back.
      for (const listen of opened) {
        await this.#listeners.get(listen)?.close();
        this.#listeners.delete(listen);
      }
      throw error;
    }
    this.#identify();
    if (this.#identity) this.#lookAtFiles(this.#identity);
  }

  adopt(predecessor: HttpReceiver): void {
    for (const listen of this.#options.listen) {
      const listener = predecessor.#listeners.get(listen);
      if (!listener || this.#listeners.has(listen)) continue;
      predecessor.#listeners.delete(listen);
      this.#listeners.set(listen, listener);
      listener.handler = this;
      listener.limit(this.#limits());
    }
    this.#stopping = false;
  }

  async stop(): Promise<void> {
    this.#cancelLook();
    const listeners = [...this.#listeners.values()];
    // Where a successor has the connections, they stay open after the answers that are due here.
    this.#stopping = listeners.length > 0;
    this.#listeners.clear();
    const closed = Promise.all([...listeners.map((listener) => listener.close()), this.#idle()]);
    const cancel = this.#context.clock.schedule(PATIENCE_MS, () => {
      for (const listener of listeners) listener.cut();
      this.#waitNoMore();
    });
    await closed;
    cancel();
  }

  addresses(): readonly string[] {
    return [...this.#listeners.values()].flatMap(({ address }) => address ?? []);
  }

  request(request: IncomingMessage, response: ServerResponse, awaitsGoAhead: boolean): void {
    this.#underWay += 1;
    const share = new Share(this.#budget);
    void this.#respond(request, response, share, awaitsGoAhead).finally(() => {
      share.release();
      this.#underWay -= 1;
      if (this.#underWay === 0) this.#waitNoMore();
    });
  }

  connectionRefused(): void {
    this.#refusedConnections.add(1);
  }

  handshakeFailed(why: string): void {
    this.#failedHandshakes.add(1);
    this.#context.log.debug(`a TLS handshake failed: ${why}`);
  }

  async #respond(
    request: IncomingMessage,
    response: ServerResponse,
    share: Share,
    awaitsGoAhead: boolean,
  ): Promise<void> {
    const path = pathOf(request);
    const route = this.#routes.get(path);
    let answer: Answer | undefined;
    try {
      answer = route
        ? await this.#answer(route, request, response, share, awaitsGoAhead)
        : elsewhere(request, path, this.#routes.values());
    } catch (error) {
      answer = this.#answerTo(error, request, route);
    }
    if (this.#stopping) response.shouldKeepAlive = false;
    if (answer) send(response, answer);
    if (!request.complete) this.#discard(request);
  }

  async #answer(
    route: Route,
    request: IncomingMessage,
    response: ServerResponse,
    share: Share,
    awaitsGoAhead: boolean,
  ): Promise<Answer> {
    if (request.method !== 'POST') {
      throw new Refusal(405, `${route.path} takes POST only`, { hint: route.hint }, { allow: 'POST' });
    }
    this.#requests.add(1);
    const { headers } = request;
    this.#guard.headers(headers);
    const mediaType = mediaTypeOf(request, route);
    checkHeaders(request, this.#options.max_body);
    // Nobody has counted the events in it: at least one.
    checkRoom(this.#sink, 1);
    if (awaitsGoAhead) response.writeContinue();
    const body = await readBody(request, this.#options.max_body, share, (bytes) => this.#guard.body(headers, bytes));
    return route.take(body, mediaType, { sink: this.#sink, clock: this.#context.clock }, request);
  }

  /** Undefined when the sender has gone. */
  #answerTo(error: unknown, request: IncomingMessage, route: Route | undefined): Answer | undefined {
    this.#refusedRequests.add(1);
    if (error instanceof SenderGone) return undefined;
    const refusal = error instanceof Refusal ? error : this.#ownFault(error);
    return route?.answerOf?.(refusal, request) ?? refusal.answer;
  }

  #ownFault(error: unknown): Refusal {
    this.#context.log.error(`a request failed for a reason of the receiver's own: ${codeOf(error)}`);
    return new Refusal(500, 'internal error: the log of the collector has more');
  }

  /** Reads on past a refused body, within bounds: closing at once would reset the connection under the answer. */
  #discard(request: IncomingMessage): void {
    let left = this.#options.max_body;
    const cut = (): void => void request.socket.destroy();
    const cancel = this.#context.clock.schedule(DISCARD_MS, cut);
    request.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) cut();
    });
    request.once('close', cancel);
    request.resume();
  }

  #identify(): void {
    const identity = this.#identity?.current;
    if (identity) for (const listener of this.#listeners.values()) listener.identify(identity);
  }

  #lookAtFiles(identity: TlsIdentity): void {
    this.#cancelLook = this.#context.clock.schedule(TLS_LOOK_MS, () => {
      void identity.refresh().then((changed) => {
        if (changed) this.#identify();
      });
      this.#lookAtFiles(identity);
    });
  }

  #limits() {
    return { maxConnections: this.#options.max_connections, requestTimeoutMs: this.#options.request_timeout };
  }

  #idle(): Promise<void> {
    if (this.#underWay === 0) return Promise.resolve();
    return new Promise((resolve) => void this.#onIdle.push(resolve));
  }

  #waitNoMore(): void {
    for (const resolve of this.#onIdle.splice(0)) resolve();
  }
}

function pathOf(request: IncomingMessage): string {
  const url = request.url ?? '/';
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

/** `GET /` says what this is; every other unknown path is a 404 that says where to go. */
function elsewhere(request: IncomingMessage, path: string, doors: Iterable<Route>): Answer {
  const routes = Object.fromEntries(Array.from(doors, (route) => [route.path, route.hint]));
  if (path === '/' && (request.method === 'GET' || request.method === 'HEAD')) {
    return { status: 200, body: { service: 'lnmt-collector', routes } };
  }
  return { status: 404, body: { error: 'there is nothing at this path', routes } };
}
