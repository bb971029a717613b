/** What Discord means by its answers, and how long it asks us to wait. */
import type { Verdict } from '../../component/component.ts';
import { excerpt } from '../../lib/excerpt.ts';
import { verdictOf, type Answer } from '../../lib/http-client.ts';

/** Codes of status 400 that mean the options are wrong. https://docs.discord.com/developers/topics/opcodes-and-status-codes#json */
const MISCONFIGURED = new Map([
  [10003, 'the channel does not exist any more: make a new webhook'],
  [50083, 'the thread is archived: open it again, or set another thread_id'],
  [160005, 'the thread is locked: unlock it, or set another thread_id'],
  [220001, 'the webhook posts to a forum: set thread_id or thread_name'],
  [220002, 'thread_id and thread_name exclude each other'],
  [220003, 'only the webhook of a forum can open a thread: remove thread_name'],
]);

/** Fields of the form that come from the options. */
const OWN_FIELDS = ['username', 'avatar_url', 'thread_id', 'thread_name'];

/** https://docs.discord.com/developers/topics/rate-limits */
export function verdictOfDiscord(answer: Answer, now: number, secrets: readonly string[]): Verdict {
  const verdict = verdictOf(answer, now, secrets);
  if (verdict.kind === 'sent') return spent(answer) ? { kind: 'sent', notBeforeMs: resetAfterMs(answer) } : verdict;
  const { code, message, errors, retryAfterMs } = parsed(answer.text);
  if (verdict.kind === 'later') {
    const notBeforeMs =
      retryAfterMs ?? verdict.notBeforeMs ?? (answer.status === 429 ? resetAfterMs(answer) : undefined);
    return { ...verdict, notBeforeMs };
  }
  if (verdict.kind === 'mixed') return verdict;
  const reason = message === undefined ? verdict.reason : `answered ${answer.status}: ${excerpt(message, secrets)}`;
  if (answer.status !== 400) return { ...verdict, reason };
  const mend = code === undefined ? undefined : MISCONFIGURED.get(code);
  if (mend !== undefined) return { kind: 'misconfigured', reason: `${reason}: ${mend}` };
  const own = OWN_FIELDS.find((field) => errors.includes(field));
  if (own !== undefined) return { kind: 'misconfigured', reason: `${reason}: Discord does not take ${own}` };
  return { kind: 'refused', reason: errors.length > 0 ? `${reason}: ${excerpt(errors.join(', '), secrets)}` : reason };
}

function spent({ headers }: Answer): boolean {
  return headers['x-ratelimit-remaining'] === '0';
}

function resetAfterMs({ headers }: Answer): number | undefined {
  return milliseconds(Number(headers['x-ratelimit-reset-after']));
}

interface Refusal {
  readonly code?: number | undefined;
  readonly message?: string | undefined;
  /** Names of the fields it did not like. */
  readonly errors: readonly string[];
  readonly retryAfterMs?: number | undefined;
}

function parsed(text: string): Refusal {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { errors: [] };
  }
  if (typeof body !== 'object' || body === null) return { errors: [] };
  const { code, message, errors, retry_after: retryAfter } = body as Readonly<Record<string, unknown>>;
  return {
    code: typeof code === 'number' ? code : undefined,
    message: typeof message === 'string' ? message : undefined,
    errors: typeof errors === 'object' && errors !== null ? Object.keys(errors) : [],
    retryAfterMs: typeof retryAfter === 'number' ? milliseconds(retryAfter) : undefined,
  };
}

/** Of fractional seconds; longer waits than a day are taken for a mistake. */
function milliseconds(seconds: number): number | undefined {
  return seconds >= 0 ? Math.min(86_400_000, Math.ceil(seconds * 1_000)) : undefined;
}
