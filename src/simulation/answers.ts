/** What a destination answers in a simulation, in the order it was scripted; 200 when the script is over. */
import type { Verdict } from '../component/component.ts';
import { verdictOf } from '../lib/http-client.ts';

export type ScriptedAnswer =
  | 'timeout'
  | {
      readonly status: number;
      readonly retryAfterMs?: number;
      /** What the destination says. */
      readonly body?: string;
    };

export type Script = ReadonlyMap<string, readonly ScriptedAnswer[]>;

/** What a status means to an HTTP destination; a time-out ends with the signal. */
export function answerWith(
  answer: ScriptedAnswer | undefined,
  now: number,
  signal: AbortSignal,
): Promise<Verdict> | Verdict {
  if (answer === undefined) return { kind: 'sent' };
  if (answer === 'timeout') {
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
  }
  const { status, retryAfterMs, body = '' } = answer;
  const headers = retryAfterMs === undefined ? {} : { 'retry-after': String(retryAfterMs / 1_000) };
  return verdictOf({ status, headers, text: body }, now);
}
