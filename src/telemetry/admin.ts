/**
 * The admin address: health, metrics, status, and what the commands ask of a running collector.
 *
 * Loopback by default; anywhere else a token is needed. On loopback a page in the operator's
 * browser is the stranger: requests for another host name (DNS rebinding) or sent by another
 * site's page are turned away. "Where does it listen?": the log says so at the start, and the
 * storage directory has the address.
 */
import { timingSafeEqual } from 'node:crypto';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from '../component/component.ts';
import { codeOf, StartError } from '../component/errors.ts';
import { hostAndPort, isLoopback } from '../lib/host-port.ts';
import { answer, readBody, RequestError, type Reply } from './admin-http.ts';

export interface Route {
  readonly method: 'GET' | 'POST';
  /** Exact, such as `/status`. */
  readonly path: string;
  /** Answered without the token, for probes that cannot send one. */
  readonly open?: boolean;
  /** A RequestError it throws becomes the answer; any other error a 500 that names none of its words. */
  handle(request: AdminRequest): Promise<Reply> | Reply;
}

export interface AdminRequest {
  readonly body: Buffer;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Aborts when the asker goes away or the server stops. */
  readonly signal: AbortSignal;
}

export interface AdminOptions {
  /** host:port; an empty host is every address. */
  readonly listen: string;
  readonly token?: string | undefined;
  /** Whether the operator asked for this address; if not, the next free port will do. */
  readonly chosen: boolean;
  readonly routes: readonly Route[];
  readonly log: Logger;
}

export interface Admin {
  /** host:port as bound. */
  readonly address: string;
  /** Ends streams and connections. Safe twice. */
  stop(): Promise<void>;
}

/** Ports tried after a taken one that nobody asked for; then any free port is taken. */
const NEXT_PORTS = 20;

/** Binds and answers. Throws a StartError when the address cannot be had. */
export async function startAdmin(options: AdminOptions): Promise<Admin> {
  const wanted = hostAndPort(options.listen);
  if (!wanted) {
    throw new StartError(`the admin address ${options.listen} is not host:port`, {
      hint: 'Write it like 127.0.0.1:13133.',
    });
  }
  const { host, port } = wanted;
  const loopback = isLoopback(host);
  if (!loopback && !options.token) {
    throw new StartError(`the admin address ${options.listen} can be reached from other machines, and has no token`, {
      hint: 'Set service.admin.token, or listen on 127.0.0.1.',
    });
  }
  const underWay = new UnderWay();
  const paths = byPath(options.routes);
  const server = createServer((request, response) => {
    void respond(request, response, { ...options, loopback, paths, underWay });
  });
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  server.maxConnections = 256;
  await bind(server, host, port, options);
  server.on('error', (error) => options.log.warn('admin server failed', { reason: codeOf(error) }));

  const bound = server.address() as AddressInfo;
  let stopping: Promise<void> | undefined;
  return {
    address: bound.family === 'IPv6' ? `[${bound.address}]:${bound.port}` : `${bound.address}:${bound.port}`,
    stop: () => (stopping ??= close(server, underWay)),
  };
}

type Paths = ReadonlyMap<string, ReadonlyMap<string, Route>>;

interface Serving extends AdminOptions {
  readonly loopback: boolean;
  readonly paths: Paths;
  readonly underWay: UnderWay;
}

/** Requests under way, to be ended by a stop. `AbortSignal.any` would leave something on the one long-lived signal for each of them. */
class UnderWay {
  stopped = false;
  readonly #requests = new Set<AbortController>();

  /** The signal ends with the response, or with the stop. */
  begin(response: ServerResponse): AbortSignal {
    const gone = new AbortController();
    this.#requests.add(gone);
    response.once('close', () => {
      this.#requests.delete(gone);
      gone.abort();
    });
    if (this.stopped) gone.abort();
    return gone.signal;
  }

  stop(): void {
    this.stopped = true;
    for (const gone of this.#requests) gone.abort();
  }
}

async function respond(request: IncomingMessage, response: ServerResponse, serving: Serving): Promise<void> {
  const signal = serving.underWay.begin(response);
  let path = '';
  try {
    const url = new URL(request.url ?? '/', 'http://admin');
    path = url.pathname;
    const route = routeOf(request, path, serving);
    const body = await readBody(request);
    const reply = await route.handle({ body, query: url.searchParams, headers: request.headers, signal });
    await answer(request, response, reply, signal);
  } catch (error) {
    if (signal.aborted) {
      response.destroy();
    } else if (error instanceof RequestError) {
      await answer(request, response, error.reply, signal);
    } else {
      serving.log.error('an admin request failed', { path, error });
      await answer(request, response, { status: 500, body: 'internal error; the log says more\n' }, signal);
    }
  } finally {
    // Else an idle connection that the asker keeps would hold the stop up.
    if (serving.underWay.stopped) request.socket.end();
  }
}

/** The route asked for, or the reason why not. The order matters: a stranger learns nothing of what there is. */
function routeOf(request: IncomingMessage, path: string, { loopback, token, paths }: Serving): Route {
  if (loopback && !isLoopback(hostNameOf(request.headers.host))) {
    throw new RequestError(403, 'the Host header names another host; ask for 127.0.0.1 or localhost');
  }
  if (request.headers.origin !== undefined || request.headers['sec-fetch-site'] === 'cross-site') {
    throw new RequestError(403, 'a web page may not ask this address');
  }
  const methods = paths.get(path);
  const method = request.method === 'HEAD' ? 'GET' : (request.method ?? '');
  const route = methods?.get(method);
  if (token && !route?.open && !authorised(request.headers.authorization, token)) {
    throw new RequestError(401, 'a bearer token is needed: service.admin.token', { 'www-authenticate': 'Bearer' });
  }
  if (!methods) throw new RequestError(404, `nothing here; there are ${[...paths.keys()].sort().join(', ')}`);
  if (!route)
    throw new RequestError(405, `${path} takes ${[...methods.keys()].join(' and ')}`, {
      allow: [...methods.keys()].join(', '),
    });
  return route;
}

function authorised(header: string | undefined, token: string): boolean {
  const given = Buffer.from(/^bearer +(.*)$/i.exec(header ?? '')?.[1] ?? '');
  const wanted = Buffer.from(token);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function byPath(routes: readonly Route[]): Paths {
  const paths = new Map<string, Map<string, Route>>();
  for (const route of routes) {
    const methods = paths.get(route.path) ?? new Map<string, Route>();
    paths.set(route.path, methods.set(route.method, route));
  }
  return paths;
}

async function bind(server: Server, host: string, port: number, { chosen, listen }: AdminOptions): Promise<void> {
  const last = chosen || port === 0 ? port : port + NEXT_PORTS;
  for (let next = port; next <= last; next += 1) {
    const error = await listening(server, host, next);
    if (!error) return;
    if (codeOf(error) !== 'EADDRINUSE') throw cannotBind(listen, error);
    if (chosen) throw cannotBind(listen, error);
  }
  const error = await listening(server, host, 0);
  if (error) throw cannotBind(listen, error);
}

function listening(server: Server, host: string, port: number): Promise<unknown> {
  return new Promise((resolve) => {
    server.once('error', resolve);
    server.listen({ port, host: host || undefined }, () => {
      server.off('error', resolve);
      resolve(undefined);
    });
  });
}

function cannotBind(listen: string, error: unknown): StartError {
  const code = codeOf(error);
  if (code === 'EADDRINUSE') {
    return new StartError(`the admin address ${listen} is taken by another program`, {
      hint: 'Choose another with service.admin.listen, or stop the other program.',
    });
  }
  return new StartError(`the admin address ${listen} cannot be listened on: ${code}`, {
    hint: 'Set service.admin.listen.',
  });
}

/** Gives answers under way a moment, then cuts what is left. */
async function close(server: Server, underWay: UnderWay): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  underWay.stop();
  server.closeIdleConnections();
  const impatience = setTimeout(() => server.closeAllConnections(), 500);
  await closed;
  clearTimeout(impatience);
}

function hostNameOf(header: string | undefined): string {
  return (header ?? '').replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}
