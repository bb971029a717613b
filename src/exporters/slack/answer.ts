/** What Slack means by its answers: the body's word says more than the status. */
import type { Verdict } from '../../component/component.ts';
import { excerpt } from '../../lib/excerpt.ts';
import { verdictOf, type Answer } from '../../lib/http-client.ts';

/** Words that mean the options are wrong, and what to do. https://docs.slack.dev/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks */
const MISCONFIGURED = new Map([
  ['invalid_token', 'the webhook does not exist any more: make a new one and set webhook_url'],
  ['no_service', 'the webhook was removed or disabled: make a new one and set webhook_url'],
  ['no_service_id', 'webhook_url is not complete: copy it from Slack again'],
  ['no_active_hooks', 'the webhook was disabled: enable it in Slack'],
  ['no_team', 'the workspace does not exist any more'],
  ['team_disabled', 'the workspace is disabled'],
  ['action_prohibited', 'an administrator restricts posting there'],
  ['posting_to_general_channel_denied', 'posting to the general channel is restricted: choose another channel'],
  ['channel_not_found', 'the channel does not exist, or the webhook may not post there: correct channel'],
  ['channel_is_archived', 'the channel is archived: choose another one'],
  ['user_not_found', 'the user in channel does not exist: correct channel'],
]);

const LATER = new Set([
  'rollup_error',
  'rate_limited',
  'ratelimited',
  'message_limit_exceeded',
  'internal_error',
  'fatal_error',
]);

const NOT_SLACK = 'without the word ok: is webhook_url a Slack webhook?';

export function verdictOfSlack(answer: Answer, now: number, secrets: readonly string[]): Verdict {
  const { status } = answer;
  const said = answer.text.trim();
  if (status === 200 && isOk(said)) return { kind: 'sent' };
  const mend = MISCONFIGURED.get(said);
  if (mend !== undefined) return { kind: 'misconfigured', reason: `Slack said ${said}: ${mend}` };
  if (LATER.has(said)) return later(answer, said, now);
  if (status < 200 || status >= 300) return verdictOf(answer, now, secrets);
  // A word of Slack's own is about the message; anything else comes from somebody else.
  return /^[a-z][a-z_]{2,60}$/.test(said)
    ? { kind: 'refused', reason: `Slack said ${excerpt(said, secrets)}` }
    : { kind: 'misconfigured', reason: `answered ${status} ${NOT_SLACK}` };
}

function later(answer: Answer, said: string, now: number): Verdict {
  const verdict = verdictOf({ ...answer, status: 503 }, now);
  return {
    kind: 'later',
    reason: `Slack said ${said}`,
    ...('notBeforeMs' in verdict && { notBeforeMs: verdict.notBeforeMs }),
  };
}

/** Servers that speak Slack's protocol answer `ok`, or JSON that says so. */
function isOk(said: string): boolean {
  return said === 'ok' || /^\{\s*"(?:ok|success)"\s*:\s*true\b/.test(said);
}
