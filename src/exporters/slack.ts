/**
 * slack: posts each event to Slack, coloured by its level, through an incoming webhook or as a bot.
 *
 * Why is a message not in the channel it was meant for? An app's webhook posts to the channel it
 * was made for; only a bot (`token`) and legacy webhooks honour `channel`, `username` and `icon_emoji`.
 * https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
 */
import { defineExporter, type Clock, type Exporter, type OptionProblem } from '../component/component.ts';
import type { Event } from '../component/event.ts';
import type { ConfigOf, ConfigSchema } from '../component/schema.ts';
import { secretsOfUrl } from '../lib/excerpt.ts';
import { keyReader } from '../lib/field-key.ts';
import { HttpClient } from '../lib/http-client.ts';
import { compileTemplate } from '../lib/template.ts';
import { transportProblems } from '../lib/transport-problems.ts';
import { trustProperties } from '../lib/trust-options.ts';
import { verdictOfSlack } from './slack/answer.ts';
import { bot } from './slack/bot.ts';
import { message, templated } from './slack/message.ts';
import { escapeMrkdwn } from './slack/mrkdwn.ts';

const HEADERS = { 'content-type': 'application/json; charset=utf-8' };

const schema = {
  type: 'object',
  additionalProperties: false,
  required: [],
  properties: {
    webhook_url: {
      type: 'string',
      format: 'uri',
      writeOnly: true,
      description: 'Incoming webhook URL. A secret: use ${env:…}.',
    },
    token: {
      type: 'string',
      minLength: 1,
      writeOnly: true,
      description:
        'Token of a bot (xoxb-…), in place of a webhook: it honours channel, username and icon_emoji, and can thread. A secret.',
    },
    channel: {
      type: 'string',
      minLength: 1,
      description: 'Channel or @user to post to. Needed with a token; an app’s webhook has its own.',
      examples: ['#alerts'],
    },
    username: {
      type: 'string',
      minLength: 1,
      description: 'Name to post as. With a token or a legacy webhook.',
      examples: ['LNMT Bot'],
    },
    icon_emoji: {
      type: 'string',
      minLength: 1,
      description: 'Emoji to post with. With a token or a legacy webhook.',
      examples: [':robot_face:'],
    },
    thread_by: {
      type: 'array',
      items: { type: 'string', format: 'field' },
      orOne: true,
      description: 'With a token: events that agree in these fields go to the thread of the first of them.',
      examples: [['source', 'title']],
    },
    thread_idle: {
      type: 'number',
      format: 'duration',
      default: 86_400_000,
      minimum: 1_000,
      description: 'How long a thread may be silent before the next event begins a new one.',
    },
    api_url: {
      type: 'string',
      format: 'uri',
      default: 'https://slack.com/api',
      description: 'Where the bot posts: another address for a proxy.',
    },
    template: {
      type: 'string',
      format: 'template',
      minLength: 1,
      description: 'Text of the message in Slack’s mrkdwn, in place of the usual layout; values are escaped.',
      examples: ['*{title}* on {metadata.hostname}: {message}'],
    },
    ...trustProperties,
  },
} as const satisfies ConfigSchema;

type Options = ConfigOf<typeof schema>;

export default defineExporter({
  type: 'slack',
  stability: 'stable',
  summary: 'Posts events to a Slack channel, through an incoming webhook or as a bot.',
  audience: 'people',
  // https://docs.slack.dev/apis/web-api/rate-limits: one message a second, short bursts allowed.
  minIntervalMs: 1_000,
  schema,
  example: { webhook_url: '${env:SLACK_WEBHOOK_URL}' },
  check: problems,
  create(options, { clock }): Exporter {
    const { webhook_url: webhook, token, channel, username, icon_emoji: icon, thread_by: threadBy } = options;
    const sender = { ...(channel && { channel }), ...(username && { username }), ...(icon && { icon_emoji: icon }) };
    const template = options.template === undefined ? undefined : compileTemplate(options.template, escapeMrkdwn);
    const messageOf = (event: Event): object => ({
      ...sender,
      ...(template ? templated(event, template) : message(event)),
    });
    const url = token === undefined ? (webhook ?? '') : `${options.api_url.replace(/\/$/, '')}/chat.postMessage`;
    const client = new HttpClient({ url, verifySsl: options.verify_ssl, caFile: options.ca_file });
    if (token === undefined) return webhookExporter(client, messageOf, clock, secretsOfUrl(url));
    const keyOf = threadBy === undefined ? undefined : keyReader(threadBy);
    return bot({ token, client, clock, keyOf, threadIdleMs: options.thread_idle, messageOf });
  },
});

function webhookExporter(
  client: HttpClient,
  messageOf: (event: Event) => object,
  clock: Clock,
  secrets: readonly string[],
): Exporter<string> {
  return {
    encode: (events) => events.map((event) => ({ request: JSON.stringify(messageOf(event)), events: 1 })),
    async send(body, signal) {
      const answer = await client.post(body, HEADERS, signal);
      return 'kind' in answer ? answer : verdictOfSlack(answer, clock.now(), secrets);
    },
    stop: () => client.close(),
  };
}

function problems(options: Options): OptionProblem[] {
  const found: OptionProblem[] = [];
  const { webhook_url: webhook, token, channel, thread_by: threadBy } = options;
  const wrong = (message: string, ...path: string[]): void => void found.push({ severity: 'error', message, path });
  if (webhook === undefined && token === undefined) wrong('slack needs webhook_url, or token and channel');
  if (webhook !== undefined && token !== undefined)
    wrong('webhook_url and token are two ways to post: keep one of them', 'token');
  if (token !== undefined && channel === undefined)
    wrong('a bot needs to know where to post: add channel, such as "#alerts"', 'token');
  if (token === undefined && threadBy !== undefined)
    wrong('thread_by needs a token: a webhook does not say which message it made', 'thread_by');
  // The webhook URLs of apps and of legacy integrations look alike: it can only be said, not known.
  const names = (['channel', 'username', 'icon_emoji'] as const).filter((name) => options[name] !== undefined);
  if (token === undefined && names[0] !== undefined) {
    const message = `only legacy webhooks honour ${names.join(', ')}: the webhook of a Slack app posts to its own channel, under its own name`;
    found.push({ severity: 'hint', message, path: [names[0]] });
  }
  for (const problem of transportProblems({
    ...(webhook !== undefined && { url: webhook }),
    verify_ssl: options.verify_ssl,
  })) {
    found.push(problem.path[0] === 'url' ? { ...problem, path: ['webhook_url'] } : problem);
  }
  return found;
}
