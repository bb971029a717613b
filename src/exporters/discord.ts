/**
 * discord: posts events to a Discord channel through a webhook, as embeds coloured by level.
 *
 * Can a log line ping people? No: mentions are switched off for every message, and escaped in it.
 * https://docs.discord.com/developers/resources/webhook#execute-webhook
 */
import { defineExporter, type Encoded, type Exporter, type OptionProblem } from '../component/component.ts';
import type { Event } from '../component/event.ts';
import type { ConfigOf, ConfigSchema } from '../component/schema.ts';
import { secretsOfUrl } from '../lib/excerpt.ts';
import { HttpClient } from '../lib/http-client.ts';
import { compileTemplate } from '../lib/template.ts';
import { transportProblems } from '../lib/transport-problems.ts';
import { trustProperties } from '../lib/trust-options.ts';
import { verdictOfDiscord } from './discord/answer.ts';
import { escapeMarkdown } from './discord/markdown.ts';
import { embedOf, MAX_EMBEDS, MAX_TOTAL, sizeOfEmbed, type Embed } from './discord/message.ts';

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['webhook_url'],
  properties: {
    webhook_url: {
      type: 'string',
      format: 'uri',
      writeOnly: true,
      description: 'Webhook URL. A secret: use ${env:…}.',
    },
    username: {
      type: 'string',
      minLength: 1,
      maxLength: 80,
      description: 'Name to post as. Default: the webhook’s.',
      examples: ['LNMT'],
    },
    avatar_url: { type: 'string', format: 'uri', description: 'Picture to post with. Default: the webhook’s.' },
    thread_id: { type: 'string', pattern: '^[0-9]+$', description: 'Thread of the channel to post to.' },
    thread_name: {
      type: 'string',
      minLength: 1,
      maxLength: 100,
      description: 'Opens a thread of this name for every message: for the webhook of a forum channel.',
    },
    template: {
      type: 'string',
      format: 'template',
      minLength: 1,
      description: 'Text of the embed in Discord’s Markdown, in place of the usual layout; values are escaped.',
      examples: ['**{title}** on {metadata.hostname}: {message}'],
    },
    ...trustProperties,
  },
} as const satisfies ConfigSchema;

type Options = ConfigOf<typeof schema>;

const HEADERS = { 'content-type': 'application/json' };

export default defineExporter({
  type: 'discord',
  stability: 'stable',
  summary: 'Posts events to a Discord channel through a webhook.',
  audience: 'people',
  // What waits goes out as several embeds of one message: the pace is a few messages a second at best.
  take: MAX_EMBEDS,
  schema,
  example: { webhook_url: '${env:DISCORD_WEBHOOK_URL}', username: 'LNMT' },
  check: problems,
  create(options, { clock }): Exporter<string> {
    const { username, avatar_url: avatarUrl, thread_name: threadName } = options;
    const client = new HttpClient({ url: executeUrl(options), verifySsl: options.verify_ssl, caFile: options.ca_file });
    const secrets = secretsOfUrl(options.webhook_url);
    const template = options.template === undefined ? undefined : compileTemplate(options.template, escapeMarkdown);
    const sender = { username, avatar_url: avatarUrl, thread_name: threadName, allowed_mentions: { parse: [] } };
    return {
      encode: (events) => messages(events, (event) => embedOf(event, template), sender),
      async send(body, signal) {
        const answer = await client.post(body, HEADERS, signal);
        return 'kind' in answer ? answer : verdictOfDiscord(answer, clock.now(), secrets);
      },
      stop: () => client.close(),
    };
  },
});

/** Without `wait` Discord answers 204 even for a message that it does not keep. */
function executeUrl({ webhook_url: url, thread_id: threadId }: Options): string {
  const execute = new URL(url);
  execute.searchParams.set('wait', 'true');
  if (threadId !== undefined) execute.searchParams.set('thread_id', threadId);
  return execute.href;
}

function messages(events: readonly Event[], embed: (event: Event) => Embed, sender: object): Encoded<string>[] {
  const requests: Encoded<string>[] = [];
  let embeds: Embed[] = [];
  let size = 0;
  const flush = (): void => {
    if (embeds.length > 0) requests.push({ request: JSON.stringify({ ...sender, embeds }), events: embeds.length });
    embeds = [];
    size = 0;
  };
  for (const event of events) {
    const one = embed(event);
    const length = sizeOfEmbed(one);
    if (embeds.length === MAX_EMBEDS || size + length > MAX_TOTAL) flush();
    embeds.push(one);
    size += length;
  }
  flush();
  return requests;
}

function problems(options: Options): OptionProblem[] {
  const found: OptionProblem[] = transportProblems({ url: options.webhook_url, verify_ssl: options.verify_ssl }).map(
    (problem) => (problem.path[0] === 'url' ? { ...problem, path: ['webhook_url'] } : problem),
  );
  // https://docs.discord.com/developers/resources/user#usernames-and-nicknames
  if (options.username !== undefined && /clyde|discord/i.test(options.username)) {
    found.push({ severity: 'error', message: 'Discord takes no name with clyde or discord in it', path: ['username'] });
  }
  if (options.thread_id !== undefined && options.thread_name !== undefined) {
    found.push({
      severity: 'error',
      message: 'thread_id posts to a thread, thread_name opens one: remove one of them',
      path: ['thread_name'],
    });
  }
  return found;
}
