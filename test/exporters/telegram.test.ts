import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/component/event.ts';
import telegram from '../../src/exporters/telegram.ts';
import { deliver, exporterOf, withDefaults } from '../support/exporter.ts';
import { exporterContract } from '../support/exporter-contract.ts';
import { event } from '../support/fakes.ts';
import { expectGolden, goldenEvents } from '../support/golden.ts';
import { serve } from '../support/http-server.ts';

const OK = '{"ok":true,"result":{}}';

exporterContract(telegram, {
  config: (url) => withDefaults(telegram, { api_url: url, bot_token: '123:s3cret-T0KEN', chat_id: -1 }),
  success: { body: OK },
});

interface Message {
  text: string;
  parse_mode: string;
}

const messageOf = (fields: Partial<Event>, options: object = {}): Message => {
  const exporter = exporterOf<string>(telegram, { bot_token: '1:abc', chat_id: -1, ...options });
  return JSON.parse(exporter.encode([event(fields)])[0]!.request) as Message;
};

/** What Telegram counts: the text once its markup is taken out. Throws on markup that Telegram would refuse. */
function shown(html: string): string {
  const open: string[] = [];
  const text = html.replaceAll(/<(\/?)(\w+)>/g, (_, slash: string, tag: string) => {
    if (slash === '') open.push(tag);
    else if (open.pop() !== tag) throw new Error(`</${tag}> closes nothing`);
    return '';
  });
  if (open.length > 0 || /[<>]/.test(text) || /&(?!lt;|gt;|amp;)/.test(text))
    throw new Error(`not Telegram's HTML: ${html.slice(0, 200)}`);
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

test('messages are the golden ones', () => {
  const exporter = exporterOf<string>(telegram, { bot_token: '1:abc', chat_id: -1 });
  const texts = exporter.encode(goldenEvents()).map(({ request }) => (JSON.parse(request) as Message).text);
  expectGolden('telegram.html', `${texts.join('\n\n--\n\n')}\n`);
});

test('posts to the bot’s own address, for the chat and topic asked for', async () => {
  const server = await serve({ body: OK });
  const options = {
    bot_token: '1:abc',
    chat_id: '@ops',
    message_thread_id: 7,
    disable_notification: true,
    api_url: `${server.origin}/`,
  };
  expect(await deliver(exporterOf(telegram, options), [event()])).toEqual([{ kind: 'sent' }]);
  expect(server.seen[0]!.path).toBe('/bot1:abc/sendMessage');
  expect(JSON.parse(server.seen[0]!.body)).toMatchObject({
    chat_id: '@ops',
    message_thread_id: 7,
    disable_notification: true,
    parse_mode: 'HTML',
    link_preview_options: { is_disabled: true },
  });
});

test('text from events is text, and calls nobody', () => {
  const evil = '<b>&amp; @root </b><a href="x">';
  const { text } = messageOf({ title: evil, message: evil, source: evil, tags: [evil], metadata: { [evil]: evil } });
  expect(text).not.toMatch(/@root/);
  expect(shown(text)).toContain('<a href="x">');
  expect(shown(messageOf({ message: `a\n${evil}` }).text)).toContain(`a\n${evil}`);
  expect(messageOf({ message: 'me@example.com /var/log' }).text).toContain('me@example.com /var/log');
});

test('a template keeps its markup, values are escaped', () => {
  expect(messageOf({ title: '<i>x</i>' }, { template: '<b>{title}</b>' }).text).toBe('<b>&lt;i&gt;x&lt;/i&gt;</b>');
  expect(messageOf({}, { template: '{metadata.none}' }).text).toContain('INFO');
});

test.for(['x', '😀', '&', '<', '@a ', '\n', '\ud800'])('%j over and over fits, whole', (character) => {
  const long = character.repeat(6_000);
  const metadata = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`${long.slice(0, 90)}${n}`, long]));
  for (const { text } of [
    messageOf({ title: long, message: `a${long}`, source: long, tags: [long], metadata }),
    messageOf({ title: long, message: `a\n${long}b`, metadata }),
    messageOf({ message: `a${long}` }, { template: '<b>{message}</b>' }),
  ]) {
    expect(shown(text).length).toBeLessThanOrEqual(4_096);
    expect(shown(text)).not.toMatch(/\p{Cs}/u);
  }
});

describe('answers', () => {
  const verdictOn = async (status: number, description: string, parameters?: object) => {
    const server = await serve({
      status,
      body: JSON.stringify({ ok: false, error_code: status, description, parameters }),
    });
    return (
      await deliver(exporterOf(telegram, { bot_token: '1:abc', chat_id: -1, api_url: server.origin }), [event()])
    )[0];
  };

  test.for([
    [400, 'Bad Request: chat not found', 'misconfigured'],
    [400, "Bad Request: can't parse entities", 'refused'],
    [400, 'Bad Request: message thread not found', 'misconfigured'],
    [401, 'Unauthorized', 'misconfigured'],
    [403, 'Forbidden: bot was blocked by the user', 'misconfigured'],
    [404, 'Not Found', 'misconfigured'],
    [502, 'Bad Gateway', 'later'],
  ] as const)('%i %s is %s', async ([status, description, kind]) => {
    expect(await verdictOn(status, description)).toMatchObject({ kind, reason: expect.stringContaining(description) });
  });

  test('429 says how long to wait', async () => {
    expect(await verdictOn(429, 'Too Many Requests: retry after 14', { retry_after: 14 })).toMatchObject({
      kind: 'later',
      notBeforeMs: 14_000,
    });
  });

  test('a group that became a supergroup has a new number', async () => {
    expect(
      await verdictOn(400, 'Bad Request: group chat was upgraded', { migrate_to_chat_id: -100_123 }),
    ).toMatchObject({
      kind: 'misconfigured',
      reason: expect.stringContaining('set chat_id to -100123'),
    });
  });

  test('a 200 from somebody else is none', async () => {
    const server = await serve({ body: '<html>' });
    const exporter = exporterOf(telegram, { bot_token: '1:abc', chat_id: -1, api_url: server.origin });
    expect(await deliver(exporter, [event()])).toMatchObject([{ kind: 'misconfigured' }]);
  });
});

test('says what can be no chat and no token', () => {
  const check = (more: object) => telegram.check!(withDefaults(telegram, { bot_token: '1:abc', chat_id: -1, ...more }));
  for (const chat_id of [-1_001_234_567_890, '@ops', '-100123']) expect(check({ chat_id })).toEqual([]);
  for (const chat_id of ['ops', 1.5, true, ['@ops']])
    expect(check({ chat_id })).toMatchObject([{ severity: 'error', path: ['chat_id'] }]);
  expect(check({ bot_token: 'bot1:abc' })).toMatchObject([{ severity: 'hint', path: ['bot_token'] }]);
});
