/** What the Bot API means by its answers. https://core.telegram.org/bots/api#making-requests */
import type { Verdict } from '../../component/component.ts';
import { excerpt } from '../../lib/excerpt.ts';
import { verdictOf, type Answer } from '../../lib/http-client.ts';

/** Descriptions of status 400 that are about the options: Telegram has no codes for them. */
const MISCONFIGURED =
  /chat not found|chat_id|peer_id|not enough rights|need administrator|thread not found|topic_|upgraded to a supergroup|bot was (?:kicked|blocked)|have no rights/i;

export function verdictOfTelegram(answer: Answer, now: number, secrets: readonly string[]): Verdict {
  const verdict = verdictOf(answer, now, secrets);
  const reply = parsed(answer.text);
  if (verdict.kind === 'sent') {
    return reply?.ok === true
      ? verdict
      : { kind: 'misconfigured', reason: `answered ${answer.status}, but not as the Bot API does: check api_url` };
  }
  if (!reply || verdict.kind === 'mixed') return verdict;
  const said = typeof reply.description === 'string' ? excerpt(reply.description, secrets) : '';
  const reason = said === '' ? verdict.reason : `answered ${answer.status}: ${said}`;
  const { retry_after: retryAfter, migrate_to_chat_id: movedTo } = reply.parameters ?? {};
  if (verdict.kind === 'later') {
    return {
      ...verdict,
      reason,
      notBeforeMs: typeof retryAfter === 'number' ? retryAfter * 1_000 : verdict.notBeforeMs,
    };
  }
  if (typeof movedTo === 'number') return { kind: 'misconfigured', reason: `${reason}: set chat_id to ${movedTo}` };
  if (verdict.kind === 'misconfigured') {
    // The Bot API knows no path for a token that it does not know.
    return {
      kind: 'misconfigured',
      reason: answer.status === 404 || answer.status === 401 ? `${reason}: check bot_token` : reason,
    };
  }
  return MISCONFIGURED.test(said) ? { kind: 'misconfigured', reason } : { kind: 'refused', reason };
}

interface Reply {
  readonly ok?: unknown;
  readonly description?: unknown;
  readonly parameters?: { readonly retry_after?: unknown; readonly migrate_to_chat_id?: unknown };
}

function parsed(text: string): Reply | undefined {
  try {
    const reply: unknown = JSON.parse(text);
    return typeof reply === 'object' && reply !== null ? reply : undefined;
  } catch {
    return undefined;
  }
}
