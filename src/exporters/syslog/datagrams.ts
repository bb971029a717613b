/**
 * Syslog over UDP (RFC 5426): one message a datagram.
 *
 * Nothing acknowledges a datagram. The socket is a connected one, so that a host where nothing
 * listens is noticed by its ICMP answer: then events wait instead of vanishing. From this machine the
 * answer is there at once, from another one only after some datagrams are gone.
 */
import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import type { Clock, RefusedEvent, Verdict } from '../../component/component.ts';
import { codeOf } from '../../component/errors.ts';
import { failureOf } from '../../lib/network-failure.ts';
import { fullTurn } from './full-turn.ts';
import type { Transport } from './transport.ts';

/** A name is looked up again this often: the destination may have moved. */
const LOOK_UP_AGAIN_MS = 60_000;

/** Errors that ICMP brings: they are about datagrams sent before, and do not say which. */
const LATE = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH']);

interface Connection {
  readonly socket: Socket;
  readonly since: number;
  /** What the socket said between two datagrams, such as that nobody listens. */
  failure?: Error;
}

/** Datagrams to `host`:`port`. */
export function datagrams(host: string, port: number, clock: Clock): Transport {
  let connection: Connection | undefined;
  let failures = 0;

  function drop(): void {
    connection?.socket.close();
    connection = undefined;
  }

  async function connected(signal: AbortSignal): Promise<Connection> {
    if (connection?.failure) {
      const { failure } = connection;
      drop();
      throw failure;
    }
    if (connection && clock.monotonic() - connection.since > LOOK_UP_AGAIN_MS) drop();
    if (connection) return connection;
    // IPv4 first: `localhost` often has both, and a syslog daemon often only listens on the one.
    const addresses = await abortable(lookup(host, { all: true, order: 'ipv4first' }), signal);
    const { address, family } = addresses[failures % addresses.length]!;
    const socket = createSocket({ type: family === 6 ? 'udp6' : 'udp4', sendBufferSize: 1_048_576 });
    // Waiting for the next message keeps no program alive; a send under way does.
    socket.unref();
    const opened: Connection = { socket, since: clock.monotonic() };
    await new Promise<void>((resolve, reject) => {
      const failed = (error: Error): void => {
        socket.close();
        reject(error);
      };
      socket.once('error', failed);
      // A failure that its callback is told, nobody else is.
      socket.connect(port, address, (error?: Error) => (error ? failed(error) : resolve()));
    });
    socket.removeAllListeners('error').on('error', (error) => void (opened.failure = error));
    // Another request may have opened one meanwhile.
    drop();
    connection = opened;
    return opened;
  }

  return {
    async send(frames, signal): Promise<Verdict> {
      signal.throwIfAborted();
      const refused: RefusedEvent[] = [];
      let sent = 0;
      try {
        const open = await connected(signal);
        for (; sent < frames.length; sent += 1) {
          const error = await sendOne(open.socket, frames[sent]!);
          if (!error) continue;
          if (codeOf(error) !== 'EMSGSIZE') throw error;
          refused.push({ index: sent, reason: 'too long for a datagram (EMSGSIZE): lower max_message_size' });
        }
        // Sends that succeed at once never leave this turn: all other sockets would wait.
        await fullTurn();
        if (open.failure) throw open.failure;
      } catch (error) {
        drop();
        failures += 1;
        signal.throwIfAborted();
        const failure = failureOf(error);
        return LATE.has(codeOf(error)) || sent === 0 ? failure : rest(failure.reason, sent, frames.length, refused);
      }
      return refused.length > 0 ? { kind: 'refused', reason: refused[0]!.reason, events: refused } : { kind: 'sent' };
    },
    close() {
      drop();
      return Promise.resolve();
    },
  };
}

/** The verdict when the frames from `sent` on are still to go. */
function rest(reason: string, sent: number, total: number, refused: readonly RefusedEvent[]): Verdict {
  const events = Array.from({ length: total - sent }, (_, index) => sent + index);
  return { kind: 'mixed', refused, later: { kind: 'later', reason, events } };
}

function sendOne(socket: Socket, frame: string): Promise<Error | null> {
  return new Promise((resolve) => {
    try {
      socket.send(frame, resolve);
    } catch (error) {
      // Closed meanwhile, by a stop or by another request's failure.
      resolve(error as Error);
    }
  });
}

/** A look-up cannot be called off; this stops waiting for it. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
