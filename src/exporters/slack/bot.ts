/**
 * Posts as a bot, by its token: channel, name and icon are honoured, and a message can go to the
 * thread of an earlier one. https://docs.slack.dev/reference/methods/chat.postMessage
 */
import type { Clock, Exporter, Verdict } from '../../component/component.ts';
import type { Event } from '../../component/event.ts';
import { excerpt } from '../../lib/excerpt.ts';
import { retryAfterMs, verdictOf, type Answer, type HttpClient } from '../../lib/http-client.ts';
import { Threads } from './threads.ts';

export interface Post {
  readonly message: object;
  /** Repeats of one key go to the thread of its first message. */
  readonly key?: string;
}

export interface BotOptions {
  readonly token: string;
  readonly client: HttpClient;
  readonly clock: Clock;
  /** What makes the key; undefined where every message stands alone. */
  readonly keyOf: ((event: Event) => string) | undefined;
  readonly threadIdleMs: number;
  /** The message of an event, with its channel and sender. */
  readonly messageOf: (event: Event) => object;
}

export function bot({ token, client, clock, keyOf, threadIdleMs, messageOf }: BotOptions): Exporter<Post> {
  const headers = { 'content-type': 'application/json; charset=utf-8', authorization: `Bearer ${token}` };
  const threads = new Threads(threadIdleMs, clock);
  return {
    encode: (events) =>
      events.map((event) => ({
        request: { message: messageOf(event), ...(keyOf ? { key: keyOf(event) } : {}) },
        events: 1,
      })),
    async send({ message, key }, signal) {
      const thread = key === undefined ? undefined : threads.of(key);
      const body = JSON.stringify(thread ? { ...message, channel: thread.channel, thread_ts: thread.ts } : message);
      const answer = await client.post(body, headers, signal);
      if ('kind' in answer) return answer;
      const said = answerOf(answer);
      if (said?.ok && key !== undefined && said.ts !== undefined && said.channel !== undefined) {
        threads.posted(key, said.channel, said.ts);
      }
      if (said?.error === 'thread_not_found' && key !== undefined) {
        threads.forget(key);
        return {
          kind: 'later',
          reason: 'the first message of the thread is gone: sent again as a new one',
          notBeforeMs: 0,
        };
      }
      return verdictOfBot(answer, said, clock.now(), token);
    },
    snapshot: () => threads.snapshot(),
    restore: (snapshot) => threads.restore(snapshot),
    stop: () => client.close(),
  };
}

interface Said {
  readonly ok: boolean;
  readonly error?: string;
  readonly ts?: string;
  readonly channel?: string;
}

/** What is wrong with the options, not with the message, and what to do about it. */
const MISCONFIGURED: Readonly<Record<string, string>> = {
  invalid_auth: 'check the token',
  not_authed: 'check the token',
  account_inactive: 'the bot was removed: install the app again and renew the token',
  token_revoked: 'renew the token',
  token_expired: 'renew the token',
  missing_scope: 'give the app the scope chat:write (and chat:write.customize for username and icon_emoji)',
  no_permission: 'give the app the scope chat:write',
  channel_not_found: 'check the channel, and invite the bot to it',
  not_in_channel: 'invite the bot to the channel',
  is_archived: 'choose another channel, or bring it back',
  restricted_action: 'the workspace forbids it: ask its administrator',
};

const LATER = new Set([
  'ratelimited',
  'rate_limited',
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'team_added_to_org',
]);

function verdictOfBot(answer: Answer, said: Said | undefined, now: number, token: string): Verdict {
  // Slack answers 200 and says in the body whether it took the message.
  if (answer.status !== 200) return verdictOf(answer, now, [token]);
  if (said === undefined)
    return { kind: 'misconfigured', reason: `answered 200, but not as Slack does: ${excerpt(answer.text, [token])}` };
  if (said.ok) return { kind: 'sent' };
  const error = excerpt(said.error ?? 'no reason given', [token]);
  const advice = said.error === undefined ? undefined : MISCONFIGURED[said.error];
  if (advice !== undefined) return { kind: 'misconfigured', reason: `Slack said ${error}: ${advice}` };
  if (LATER.has(said.error ?? ''))
    return {
      kind: 'later',
      reason: `Slack said ${error}`,
      notBeforeMs: retryAfterMs(answer.headers['retry-after'], now),
    };
  return { kind: 'refused', reason: `Slack said ${error}` };
}

function answerOf({ text }: Answer): Said | undefined {
  try {
    const said = JSON.parse(text) as Said | null;
    return typeof said?.ok === 'boolean' ? said : undefined;
  } catch {
    return undefined;
  }
}
