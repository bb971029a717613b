/**
 * Syslog over TCP (RFC 6587) and TLS (RFC 5425): one connection, kept open, opened again on demand.
 *
 * TCP acknowledges to the kernel, not to us: when a destination dies, what the kernel had and had
 * not delivered is lost. A connection the peer has ended is noticed before anything is written to it;
 * one that breaks in the middle of a write is given up, so that no half frame is ever continued.
 */
import { readFile } from 'node:fs/promises';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Clock, Counter, Verdict } from '../../component/component.ts';
import { codeOf } from '../../component/errors.ts';
import { failureOf } from '../../lib/network-failure.ts';
import { trusted } from '../../lib/trust.ts';
import { fullTurn } from './full-turn.ts';
import type { Transport } from './transport.ts';

export interface StreamOptions {
  readonly host: string;
  readonly port: number;
  /** Undefined: clear text. */
  readonly tls?: TlsOptions | undefined;
}

export interface TlsOptions {
  readonly verifySsl: boolean;
  readonly caFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
}

/** How long a TLS 1.3 server that sends no session tickets may take to refuse our certificate. */
const REFUSAL_WAIT_MS = 250;

/** A stream of frames. `broken` counts connections that the destination ended. */
export function stream(options: StreamOptions, clock: Clock, broken: Counter): Transport {
  let socket: Socket | undefined;
  let opening: Promise<Socket> | undefined;

  async function open(signal: AbortSignal): Promise<Socket> {
    const opened = await (options.tls ? secure(options, options.tls, clock, signal) : plain(options, signal));
    opened.setNoDelay(true);
    opened.setKeepAlive(true, 60_000);
    // One listener a request under way.
    opened.setMaxListeners(0);
    const gone = (): void => {
      if (socket !== opened) return;
      socket = undefined;
      broken.add(1);
      opened.destroy();
    };
    // Nothing is expected from a syslog server; reading is how its FIN is noticed.
    opened.resume().on('end', gone).on('error', gone).on('close', gone);
    socket = opened;
    return opened;
  }

  async function connected(signal: AbortSignal): Promise<Socket> {
    if (socket) {
      // Lets a FIN that has already arrived be read first.
      await fullTurn();
      if (socket) return socket;
    }
    opening ??= open(signal).finally(() => (opening = undefined));
    return opening;
  }

  return {
    async send(frames, signal): Promise<Verdict> {
      signal.throwIfAborted();
      let open: Socket | undefined;
      try {
        open = await connected(signal);
        signal.throwIfAborted();
        await write(open, frames.join(''), signal);
        return { kind: 'sent' };
      } catch (error) {
        // What was written of it cannot be taken back, and nothing may follow it.
        open?.destroy();
        if (socket === open) socket = undefined;
        signal.throwIfAborted();
        return error instanceof Unreadable ? { kind: 'misconfigured', reason: error.message } : failureOf(error);
      }
    },
    async close() {
      const last = socket ?? (await opening?.catch(() => undefined));
      socket = undefined;
      if (!last || last.destroyed) return;
      const closed = new Promise((resolve) => last.once('close', resolve));
      if (last.writableLength > 0) last.destroy();
      else last.destroySoon();
      await closed;
    },
  };
}

/** Resolves once the kernel has all of it. */
function write(socket: Socket, text: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => void socket.destroy(signal.reason as Error);
    const closed = Object.assign(new Error('closed'), { code: 'EPIPE' });
    const onClose = (): void => reject(closed);
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('close', onClose);
    // A connection that only waits for the next message keeps no program alive: the library's users just end.
    socket.ref();
    socket.write(text, (error) => {
      if (socket.writableLength === 0) socket.unref();
      signal.removeEventListener('abort', onAbort);
      socket.off('close', onClose);
      // A destroyed socket calls back too, without an error.
      if (error || socket.destroyed) reject(error ?? closed);
      else resolve();
    });
  });
}

function plain({ host, port }: StreamOptions, signal: AbortSignal): Promise<Socket> {
  return ready(connectTcp({ host, port, autoSelectFamily: true }), 'connect', signal);
}

async function secure(
  { host, port }: StreamOptions,
  tls: TlsOptions,
  clock: Clock,
  signal: AbortSignal,
): Promise<Socket> {
  // Read at each connection: a renewed certificate is used without a restart.
  const [ca, cert, key] = await Promise.all([
    readable('ca_file', trusted(tls.caFile)),
    readable('cert_file', contents(tls.certFile)),
    readable('key_file', contents(tls.keyFile)),
  ]);
  signal.throwIfAborted();
  const socket = connectTls({
    host,
    port,
    rejectUnauthorized: tls.verifySsl,
    ...(isIP(host) === 0 && { servername: host }),
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
  });
  // In a turn of its own: `session` is emitted from inside OpenSSL's read, and a write from there breaks the next record (Node 20).
  const resumable = new Promise<void>((resolve) => socket.once('session', () => setImmediate(resolve)));
  await ready(socket, 'secureConnect', signal);
  if (socket.getProtocol() === 'TLSv1.3') await accepted(socket, resumable, clock, signal);
  return socket;
}

/** TLS 1.3 tells a client that its certificate is refused, or missing, only after the handshake; session tickets come when it is not. */
async function accepted(socket: TLSSocket, resumable: Promise<void>, clock: Clock, signal: AbortSignal): Promise<void> {
  let cancel: (() => void) | undefined;
  const waited = new Promise<void>((resolve) => (cancel = clock.schedule(REFUSAL_WAIT_MS, resolve)));
  socket.resume();
  try {
    await ready(socket, undefined, signal, Promise.race([resumable, waited]));
  } finally {
    cancel?.();
  }
}

/** Resolves at `event` or with `when`, rejects at an error, an end or the signal's abort; then the socket is destroyed. */
function ready<T extends Socket>(
  socket: T,
  event: string | undefined,
  signal: AbortSignal,
  when?: Promise<void>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      signal.removeEventListener('abort', onAbort);
      socket.off('error', fail).off('close', onClose);
      if (event !== undefined) socket.off(event, done);
    };
    const done = (): void => {
      settle();
      resolve(socket);
    };
    const fail = (error: Error): void => {
      settle();
      // A late error of a socket nobody waits for any more.
      socket.on('error', () => {});
      socket.destroy();
      reject(error);
    };
    const onClose = (): void => fail(Object.assign(new Error('closed'), { code: 'ECONNRESET' }));
    const onAbort = (): void => fail(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    socket.on('error', fail).on('close', onClose);
    if (event !== undefined) socket.on(event, done);
    void when?.then(done, fail);
  });
}

/** A file of the options that cannot be read or used. */
class Unreadable extends Error {}

async function readable<T>(option: string, contents: Promise<T>): Promise<T> {
  try {
    return await contents;
  } catch (error) {
    throw new Unreadable(`cannot read ${option}: ${codeOf(error)}`);
  }
}

function contents(file: string | undefined): Promise<Buffer> | Promise<undefined> {
  return file === undefined ? Promise.resolve(undefined) : readFile(file);
}
