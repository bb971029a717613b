/**
 * Indexer acknowledgement: asks Splunk until the events of a request are indexed.
 *
 * https://docs.splunk.com/Documentation/Splunk/latest/Data/AboutHECIDXAck
 */
import type { Clock, Verdict } from '../../component/component.ts';
import { verdictOf, type Answer, type HttpClient } from '../../lib/http-client.ts';

const FIRST_POLL_MS = 250;
const SLOWEST_POLL_MS = 5_000;

interface Poll {
  readonly client: HttpClient;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly secrets: readonly string[];
}

/** The number under which a taken request can be asked about; undefined if it was given none. */
export function ackIdOf({ text }: Answer): number | undefined {
  const ackId = parsed(text)?.['ackId'];
  return typeof ackId === 'number' ? ackId : undefined;
}

/** Resolves once the request is indexed. Throws when the signal ends the wait: the events are then sent again. */
export async function acknowledged(
  ackId: number,
  { client, url, headers, clock, secrets }: Poll,
  signal: AbortSignal,
): Promise<Verdict> {
  const body = JSON.stringify({ acks: [ackId] });
  for (let wait = FIRST_POLL_MS; ; wait = Math.min(SLOWEST_POLL_MS, wait * 2)) {
    await delay(wait, clock, signal);
    const answer = await client.request({ url, body, headers, signal });
    if ('kind' in answer) return answer;
    const verdict = verdictOf(answer, clock.now(), secrets);
    // Busy just now: the events were taken, so ask again rather than send again.
    if (verdict.kind === 'later') continue;
    if (verdict.kind !== 'sent') return verdict;
    const acks = parsed(answer.text)?.['acks'];
    if (typeof acks === 'object' && acks !== null && (acks as Record<string, unknown>)[String(ackId)] === true)
      return verdict;
  }
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function delay(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      cancel();
      reject(signal.reason as Error);
    };
    const cancel = clock.schedule(ms, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
