/**
 * A connector of a program's own as an exporter: queued, retried and counted like any other.
 *
 * Why is my event a dead letter? `sendEvent` returned false or threw this many times in a row; a
 * built-in exporter can tell a destination that is down from an event that will never be taken, a
 * connector cannot, so its tries are bounded.
 */
import type { Context, Exporter } from '../component/component.ts';
import type { Event } from '../component/event.ts';
import type { Connector } from './base-connector.ts';
import { integrationEventOf } from './integration-event.ts';

export const MAX_TRIES = 5;

/** Calls that go on although nobody waits for them any more: with so many, no further one is made. */
const MAX_ABANDONED = 64;

/** Longest reason that is kept of an exception. */
const MAX_REASON = 200;

export function exporterOf(connector: Connector, { log }: Context): Exporter<Event> {
  if (Object.isExtensible(connector)) connector.logger = log;
  /** Of events that failed so far; a retry meets the same object again. */
  const failures = new WeakMap<Event, { count: number; reason: string }>();
  let abandoned = 0;
  const onAbandoned = (sending: Promise<unknown>): void => {
    abandoned += 1;
    const settled = (): void => void (abandoned -= 1);
    sending.then(settled, settled);
  };
  const exporter: Exporter<Event> = {
    encode: (events) => events.map((event) => ({ request: event, events: 1 })),
    async send(event, signal) {
      const known = failures.get(event) ?? { count: 0, reason: 'no answer in time' };
      failures.set(event, known);
      if (known.count >= MAX_TRIES) return { kind: 'refused', reason: `${known.reason}, ${known.count} times` };
      if (abandoned >= MAX_ABANDONED) return { kind: 'later', reason: `${abandoned} calls of sendEvent do not end` };
      known.count += 1;
      const reason = await attempt(connector, event, signal, onAbandoned);
      if (reason === undefined) return { kind: 'sent' };
      known.reason = reason;
      return known.count < MAX_TRIES
        ? { kind: 'later', reason }
        : { kind: 'refused', reason: `${reason}, ${known.count} times` };
    },
    async stop() {
      await connector.close?.();
    },
  };
  if (connector.shouldSend) {
    exporter.wants = (event) => {
      try {
        return connector.shouldSend?.(integrationEventOf(event)) !== false;
      } catch (error) {
        log.error(`shouldSend failed, so the event is sent: ${inOneLine(error)}`);
        return true;
      }
    };
  }
  return exporter;
}

/**
 * Undefined if it was sent, else why not. Rejects when the signal ends it: code that does not know of signals is not
 * waited for, and `onAbandoned` is told of the call that may go on.
 */
async function attempt(
  connector: Connector,
  event: Event,
  signal: AbortSignal,
  onAbandoned: (sending: Promise<unknown>) => void,
): Promise<string | undefined> {
  let abort = (): void => {};
  // A signal of its own: code that was not written here may leave listeners on it.
  const own = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    abort = () => {
      own.abort(signal.reason);
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', abort, { once: true });
  });
  const sending = (async () => connector.sendEvent(integrationEventOf(event), own.signal))();
  try {
    return (await Promise.race([sending, aborted])) === false ? 'sendEvent returned false' : undefined;
  } catch (error) {
    if (signal.aborted) onAbandoned(sending);
    signal.throwIfAborted();
    return `sendEvent failed: ${inOneLine(error)}`;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

export function inOneLine(error: unknown): string {
  const text = (error instanceof Error ? error.message : String(error)).split('\n', 1)[0]!.trim();
  return text.length > MAX_REASON ? `${text.slice(0, MAX_REASON)}…` : text || 'without a message';
}
