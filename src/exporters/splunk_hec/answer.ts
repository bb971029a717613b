/**
 * What the HTTP Event Collector's reply codes mean.
 *
 * A reply that names the first event it did not like has taken those before it.
 * https://docs.splunk.com/Documentation/Splunk/latest/Data/TroubleshootHTTPEventCollector#Possible_error_codes
 */
import type { Verdict } from '../../component/component.ts';
import { verdictOf, type Answer } from '../../lib/http-client.ts';

/** Codes of status 400 that are about our options, not about an event. */
const OPTIONS: Readonly<Record<number, string>> = {
  7: 'set index to one that the token may write to',
  10: 'the token has indexer acknowledgement on: set ack: true',
  11: 'it does not take this data channel',
  14: 'switch indexer acknowledgement on for the token, or ack off',
  16: 'it wants the token in another way',
};

/** The verdict on an answer to `body`, one envelope a line. */
export function verdictOfHec(answer: Answer, body: string, now: number, secrets: readonly string[]): Verdict {
  const verdict = verdictOf(answer, now, secrets);
  if (verdict.kind === 'sent' || verdict.kind === 'mixed' || verdict.kind === 'misconfigured') return verdict;
  const reply = replyOf(answer.text);
  if (!reply) return verdict;
  const mend = reply.code === undefined ? undefined : OPTIONS[reply.code];
  if (mend !== undefined && answer.status === 400)
    return { kind: 'misconfigured', reason: `${verdict.reason} (${mend})` };
  return reply.firstBad === undefined ? verdict : from(reply.firstBad, verdict, body);
}

/** Narrows a verdict on the request to the events from `firstBad` on. */
function from(firstBad: number, verdict: Verdict & { kind: 'later' | 'refused' }, body: string): Verdict {
  const events = countLines(body);
  if (firstBad >= events) return verdict;
  const { kind, reason } = verdict;
  const notBeforeMs = kind === 'later' ? verdict.notBeforeMs : undefined;
  if (kind === 'later') {
    return firstBad === 0
      ? verdict
      : { kind: 'mixed', refused: [], later: { kind: 'later', reason, notBeforeMs, events: range(firstBad, events) } };
  }
  const refused = [{ index: firstBad, reason }];
  if (firstBad === events - 1) return { kind: 'refused', reason, events: refused };
  const later = {
    kind: 'later',
    reason: 'came after an event that was refused',
    events: range(firstBad + 1, events),
  } as const;
  return { kind: 'mixed', refused, later };
}

function replyOf(text: string): { code: number | undefined; firstBad: number | undefined } | undefined {
  try {
    const reply = JSON.parse(text) as { code?: unknown; 'invalid-event-number'?: unknown } | null;
    return { code: whole(reply?.code), firstBad: whole(reply?.['invalid-event-number']) };
  } catch {
    return undefined;
  }
}

function whole(value: unknown): number | undefined {
  return Number.isInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, index) => start + index);
}

function countLines(text: string): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}
