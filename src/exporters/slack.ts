/**
 * slack: posts each event to a Slack incoming webhook, coloured by its level.
 *
 * Why is a message not in the channel it was meant for? An app's webhook posts to the channel it
 * was made for; only legacy webhooks honour `channel`, `username` and `icon_emoji`.
 * https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
 */
import { defineExporter, type Exporter, type OptionProblem } from '../component/component.ts';
import type { ConfigOf, ConfigSchema } from '../component/schema.ts';
import { secretsOfUrl } from '../lib/excerpt.ts';
import { HttpClient } from '../lib/http-client.ts';
import { compileTemplate } from '../lib/template.ts';
import { transportProblems } from '../lib/transport-problems.ts';
import { verdictOfSlack } from './slack/answer.ts';
import { message, templated } from './slack/message.ts';
import { escapeMrkdwn } from './slack/mrkdwn.ts';

const HEADERS = { 'content-type': 'application/json; charset=utf-8' };

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['webhook_url'],
  properties: {
    webhook_url: {
      type: 'string',
      format: 'uri',
      writeOnly: true,
      description: 'Incoming webhook URL. A secret: use ${env:…}.',
    },
    channel: {
      type: 'string',
      minLength: 1,
      description: 'Channel or @user to post to. Legacy webhooks only: an app’s webhook has its own.',
      examples: ['#alerts'],
    },
    username: {
      type: 'string',
      minLength: 1,
      description: 'Name to post as. Legacy webhooks only.',
      examples: ['LNMT Bot'],
    },
    icon_emoji: {
      type: 'string',
      minLength: 1,
      description: 'Emoji to post with. Legacy webhooks only.',
      examples: [':robot_face:'],
    },
    template: {
      type: 'string',
      format: 'template',
      minLength: 1,
      description: 'Text of the message in Slack’s mrkdwn, in place of the usual layout; values are escaped.',
      examples: ['*{title}* on {metadata.hostname}: {message}'],
    },
    verify_ssl: {
      type: 'boolean',
      default: true,
      description: 'Whether the server’s certificate and name are checked.',
    },
    ca_file: {
      type: 'string',
      format: 'path',
      description: 'PEM file of an authority to trust besides the usual ones, such as a proxy’s.',
    },
  },
} as const satisfies ConfigSchema;

type Options = ConfigOf<typeof schema>;

export default defineExporter({
  type: 'slack',
  stability: 'stable',
  summary: 'Posts events to a Slack channel through an incoming webhook.',
  audience: 'people',
  // https://docs.slack.dev/apis/web-api/rate-limits: one message a second, short bursts allowed.
  minIntervalMs: 1_000,
  schema,
  example: { webhook_url: '${env:SLACK_WEBHOOK_URL}' },
  check: problems,
  create(options, { clock }): Exporter<string> {
    const { webhook_url: url, channel, username, icon_emoji: icon } = options;
    const client = new HttpClient({ url, verifySsl: options.verify_ssl, caFile: options.ca_file });
    const secrets = secretsOfUrl(url);
    const sender = { ...(channel && { channel }), ...(username && { username }), ...(icon && { icon_emoji: icon }) };
    const template = options.template === undefined ? undefined : compileTemplate(options.template, escapeMrkdwn);
    return {
      encode: (events) =>
        events.map((event) => ({
          request: JSON.stringify({ ...sender, ...(template ? templated(event, template) : message(event)) }),
          events: 1,
        })),
      async send(body, signal) {
        const answer = await client.post(body, HEADERS, signal);
        return 'kind' in answer ? answer : verdictOfSlack(answer, clock.now(), secrets);
      },
      stop: () => client.close(),
    };
  },
});

function problems(options: Options): OptionProblem[] {
  const found: OptionProblem[] = [];
  // The webhook URLs of apps and of legacy integrations look alike: it can only be said, not known.
  const names = (['channel', 'username', 'icon_emoji'] as const).filter((name) => options[name] !== undefined);
  if (names.length > 0 && names[0] !== undefined) {
    const message = `only legacy webhooks honour ${names.join(', ')}: the webhook of a Slack app posts to its own channel, under its own name`;
    found.push({ severity: 'hint', message, path: [names[0]] });
  }
  for (const problem of transportProblems({ url: options.webhook_url, verify_ssl: options.verify_ssl })) {
    found.push(problem.path[0] === 'url' ? { ...problem, path: ['webhook_url'] } : problem);
  }
  return found;
}
