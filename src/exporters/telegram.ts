/**
 * telegram: sends each event to a Telegram chat through a bot.
 *
 * How do I find chat_id? Add the bot to the chat, write something there, and look at
 * https://api.telegram.org/bot<token>/getUpdates. A public channel goes by its @name.
 * https://core.telegram.org/bots/api#sendmessage
 */
import { defineExporter, type Exporter, type OptionProblem } from '../component/component.ts';
import type { ConfigOf, ConfigSchema } from '../component/schema.ts';
import { secretsOfUrl } from '../lib/excerpt.ts';
import { HttpClient } from '../lib/http-client.ts';
import { compileTemplate } from '../lib/template.ts';
import { transportProblems } from '../lib/transport-problems.ts';
import { trustProperties } from '../lib/trust-options.ts';
import { verdictOfTelegram } from './telegram/answer.ts';
import { escapeHtml, htmlOf, templated } from './telegram/message.ts';

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['bot_token', 'chat_id'],
  properties: {
    bot_token: {
      type: 'string',
      minLength: 1,
      writeOnly: true,
      description: 'Token that @BotFather gave the bot. A secret: use ${env:…}.',
    },
    chat_id: {
      type: ['string', 'number', 'boolean', 'null', 'array', 'object'],
      description: 'Number of the chat (negative for groups), or @name of a public channel.',
      examples: [-1_001_234_567_890, '@ops_alerts'],
    },
    message_thread_id: { type: 'integer', minimum: 1, description: 'Topic of a forum group.' },
    disable_notification: { type: 'boolean', default: false, description: 'Sends without a sound.' },
    template: {
      type: 'string',
      format: 'template',
      minLength: 1,
      description: 'Text of the message in Telegram’s HTML, in place of the usual layout; values are escaped.',
      examples: ['<b>{title}</b> on {metadata.hostname}\n{message}'],
    },
    api_url: {
      type: 'string',
      format: 'uri',
      default: 'https://api.telegram.org',
      description: 'Base URL of the Bot API, for a server of one’s own.',
    },
    ...trustProperties,
  },
} as const satisfies ConfigSchema;

type Options = ConfigOf<typeof schema>;

const HEADERS = { 'content-type': 'application/json' };

export default defineExporter({
  type: 'telegram',
  stability: 'beta',
  summary: 'Sends events to a Telegram chat through a bot.',
  audience: 'people',
  // https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this: one a second to a chat.
  minIntervalMs: 1_000,
  schema,
  example: { bot_token: '${env:TELEGRAM_BOT_TOKEN}', chat_id: -1_001_234_567_890 },
  check: problems,
  create(options, { clock }): Exporter<string> {
    const { bot_token: token, api_url: base, verify_ssl: verifySsl, ca_file: caFile } = options;
    const client = new HttpClient({ url: `${base.replace(/\/+$/, '')}/bot${token}/sendMessage`, verifySsl, caFile });
    // The part after the colon is the secret; with it any form of the token is recognised.
    const secrets = [token, ...token.split(':').filter((part) => part.length >= 8), ...secretsOfUrl(base)];
    const template = options.template === undefined ? undefined : compileTemplate(options.template, escapeHtml);
    const fixed = {
      chat_id: options.chat_id,
      ...(options.message_thread_id !== undefined && { message_thread_id: options.message_thread_id }),
      ...(options.disable_notification && { disable_notification: true }),
      parse_mode: 'HTML',
      link_preview_options: { is_disabled: true },
    };
    return {
      encode: (events) =>
        events.map((event) => ({
          request: JSON.stringify({ ...fixed, text: template ? templated(event, template) : htmlOf(event) }),
          events: 1,
        })),
      async send(body, signal) {
        const answer = await client.post(body, HEADERS, signal);
        return 'kind' in answer ? answer : verdictOfTelegram(answer, clock.now(), secrets);
      },
      stop: () => client.close(),
    };
  },
});

function problems(options: Options): OptionProblem[] {
  const found: OptionProblem[] = transportProblems(
    { url: options.api_url, verify_ssl: options.verify_ssl },
    'the token',
  ).map((problem) => (problem.path[0] === 'url' ? { ...problem, path: ['api_url'] } : problem));
  const { chat_id: chat } = options;
  const isChat =
    typeof chat === 'number' ? Number.isSafeInteger(chat) : typeof chat === 'string' && /^(?:-?\d+|@\w+)$/.test(chat);
  if (!isChat)
    found.push({
      severity: 'error',
      message: 'chat_id is a number, or the @name of a public channel',
      path: ['chat_id'],
    });
  if (!/^\d+:[\w-]+$/.test(options.bot_token)) {
    found.push({
      severity: 'hint',
      message: 'a bot token is a number, a colon and letters: copy it from @BotFather again',
      path: ['bot_token'],
    });
  }
  return found;
}
