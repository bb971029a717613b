import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/component/event.ts';
import { newMetadata } from '../../src/component/event.ts';
import discord from '../../src/exporters/discord.ts';
import { escapeMarkdown } from '../../src/exporters/discord/markdown.ts';
import { sizeOfEmbed, type Embed } from '../../src/exporters/discord/message.ts';
import { deliver, exporterOf, withDefaults } from '../support/exporter.ts';
import { exporterContract } from '../support/exporter-contract.ts';
import { event } from '../support/fakes.ts';
import { expectGolden, goldenEvents, pretty } from '../support/golden.ts';
import { serve } from '../support/http-server.ts';

exporterContract(discord, {
  config: (url) => withDefaults(discord, { webhook_url: url, username: 'LNMT' }),
  success: { body: '{"id":"1"}' },
});

interface Message {
  username?: string;
  avatar_url?: string;
  allowed_mentions: { parse: string[] };
  embeds: Embed[];
}

function messages(options: object, events: Event[]): Message[] {
  const exporter = exporterOf<string>(discord, { webhook_url: 'http://127.0.0.1:1/x', ...options });
  return exporter.encode(events).map(({ request }) => JSON.parse(request) as Message);
}

const embedOf = (fields: Partial<Event>, options: object = {}): Embed =>
  messages(options, [event(fields)])[0]!.embeds[0]!;

test('messages are the golden ones', () => {
  const exporter = exporterOf<string>(discord, {
    webhook_url: 'http://127.0.0.1:1/x',
    username: 'LNMT',
    avatar_url: 'https://example.com/a.png',
  });
  expectGolden('discord.json', pretty(exporter.encode(goldenEvents())[0]!.request));
});

test('posts to the webhook, waits for the answer, in the thread asked for', async () => {
  const server = await serve({ body: '{}' });
  await deliver(exporterOf(discord, { webhook_url: `${server.origin}/api/webhooks/1/t`, thread_id: '99' }), [event()]);
  expect(server.seen[0]).toMatchObject({
    path: '/api/webhooks/1/t?wait=true&thread_id=99',
    headers: { 'content-type': 'application/json' },
  });
});

test('a template makes the text, its values escaped', () => {
  const embed = embedOf({ title: '*bold*' }, { template: '**{title}** {metadata.none}' });
  expect(embed).toMatchObject({ description: String.raw`**\*bold\***` });
  expect(embed).not.toHaveProperty('title');
});

describe('text from events', () => {
  test.for<[string, string]>([
    ['*a* _b_ __c__ ~~d~~ ||e||', String.raw`\*a\* \_b\_ \_\_c\_\_ \~~d\~~ \||e\||`],
    ['snake_case_name', 'snake_case_name'],
    ['[x](http://192.0.2.9)', String.raw`\[x](http://192.0.2.9)`],
    ['<@123> <#1> <@&2> <t:1>', String.raw`\<@123> \<#1> \<@&2> \<t:1>`],
    ['`code` \\*', '\\`code\\` \\\\\\*'],
    ['# big\n> quote\n - list\n-# small', '\\# big\n\\> quote\n \\- list\n\\-# small'],
    ['a\u0000b\u001b[31m\u202ec', 'ab\\[31mc'],
    ['mail me@example.com', 'mail me@example.com'],
  ])('%j is shown as written', ([text, escaped]) => {
    expect(escapeMarkdown(text)).toBe(escaped);
  });

  test('pings nobody, wherever it stands', () => {
    const evil = '@everyone @here <@&1>';
    const [message] = messages({}, [
      event({ title: evil, message: `${evil}!`, source: evil, tags: [evil], metadata: { [evil]: evil } }),
    ]);
    expect(message!.allowed_mentions).toEqual({ parse: [] });
    expect(message).not.toHaveProperty('content');
    expect(message!.embeds[0]!.title).not.toContain('@everyone');
    expect(message!.embeds[0]!.description).not.toContain('@here');
  });

  test('several lines are a code block that nothing inside can end', () => {
    const { description } = embedOf({ message: 'one\n```\n@everyone **two**' });
    expect(description).toBe("```\none\n'''\n@everyone **two**\n```");
  });
});

describe('limits', () => {
  const inLimits = ({ title = '', description = '', fields = [], footer }: Embed): boolean =>
    title.length <= 256 &&
    description.length <= 4_096 &&
    fields.length <= 25 &&
    fields.every(
      ({ name, value }) => name.length >= 1 && name.length <= 256 && value.length >= 1 && value.length <= 1_024,
    ) &&
    (footer?.text.length ?? 0) <= 2_048;

  test.for(['x', '😀', '*', '\\', '`', '\n'])('%j over and over fits, whole', (character) => {
    const long = character.repeat(10_000);
    const metadata = Object.assign(
      newMetadata(),
      Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`${long}${n}`, long])),
    );
    for (const embed of [
      embedOf({ title: long, message: `a${long}`, source: long, tags: [long], metadata }),
      embedOf({ title: long, message: `a\n${long}b`, source: long, tags: [long], metadata }),
      embedOf({ message: long }, { template: '{message}' }),
    ]) {
      expect(inLimits(embed)).toBe(true);
      expect(sizeOfEmbed(embed)).toBeLessThanOrEqual(6_000);
      expect(JSON.stringify(embed)).not.toMatch(/\\ud[89ab]..(?!\\ud[c-f])/);
      // An odd number of backslashes before the ellipsis would take the next mark's meaning.
      expect(embed.title ?? '').not.toMatch(/(?<!\\)(?:\\\\)*\\ …$/);
    }
  });

  test('what does not fit is named', () => {
    const metadata = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`key${n}`, n]));
    const { fields } = embedOf({ metadata });
    expect(fields).toHaveLength(25);
    expect(fields!.at(-1)).toMatchObject({ name: '16 more', value: expect.stringContaining('key24, key25') });
  });

  test('blank titles and values are never sent', () => {
    const embed = embedOf({ title: ' ', message: ' ', metadata: { ' ': '\n', a: '' } });
    expect(embed.title).toBe('INFO');
    expect(embed.fields).toEqual([{ name: '\u200b', value: '\u200b', inline: true }]);
    expect(embedOf({ title: '', message: '' }, { template: '{metadata.none}' }).title).toBeTruthy();
  });

  test('ten events are one message, but never more than 6,000 characters', () => {
    const short = Array.from({ length: 23 }, (_, n) => event({ title: `t${n}` }));
    expect(messages({}, short).map(({ embeds }) => embeds.length)).toEqual([10, 10, 3]);
    const long = Array.from({ length: 10 }, () => event({ message: 'x'.repeat(2_500) }));
    const parted = messages({}, long);
    expect(parted.map(({ embeds }) => embeds.length)).toEqual([2, 2, 2, 2, 2]);
    for (const { embeds } of parted)
      expect(embeds.reduce((sum, embed) => sum + sizeOfEmbed(embed), 0)).toBeLessThanOrEqual(6_000);
  });
});

describe('answers', () => {
  const verdictOn = async (answer: Parameters<typeof serve>[0]) => {
    const server = await serve(answer);
    return (await deliver(exporterOf(discord, { webhook_url: server.url }), [event()]))[0];
  };

  test('a spent bucket is left alone until it is full again', async () => {
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset-after': '1.25' };
    expect(await verdictOn({ body: '{}', headers })).toEqual({ kind: 'sent', notBeforeMs: 1_250 });
    expect(await verdictOn({ body: '{}', headers: { ...headers, 'x-ratelimit-remaining': '3' } })).toEqual({
      kind: 'sent',
    });
  });

  test('429 says in its JSON how long to wait, to the millisecond', async () => {
    const body = '{"message":"You are being rate limited.","retry_after":0.3001,"global":false}';
    expect(await verdictOn({ status: 429, body, headers: { 'retry-after': '1' } })).toMatchObject({
      kind: 'later',
      notBeforeMs: 301,
    });
    expect(await verdictOn({ status: 429, body: '<html>', headers: { 'retry-after': '2' } })).toMatchObject({
      notBeforeMs: 2_000,
    });
  });

  test.for([
    [404, { code: 10015, message: 'Unknown Webhook' }, 'misconfigured', 'answered 404: Unknown Webhook'],
    [401, { code: 50027, message: 'Invalid Webhook Token' }, 'misconfigured', 'Invalid Webhook Token'],
    [
      400,
      { code: 220001, message: 'Webhooks posted to forum channels must have a thread_name or thread_id' },
      'misconfigured',
      'set thread_id',
    ],
    [
      400,
      { code: 50035, message: 'Invalid Form Body', errors: { username: {} } },
      'misconfigured',
      'Discord does not take username',
    ],
    [
      400,
      { code: 50035, message: 'Invalid Form Body', errors: { embeds: {} } },
      'refused',
      'answered 400: Invalid Form Body: embeds',
    ],
    [400, { code: 50006, message: 'Cannot send an empty message' }, 'refused', 'Cannot send an empty message'],
  ] as const)('%i %o is %s', async ([status, body, kind, reason]) => {
    expect(await verdictOn({ status, body: JSON.stringify(body) })).toMatchObject({
      kind,
      reason: expect.stringContaining(reason),
    });
  });
});

test('says what Discord will not take', () => {
  const check = (more: object) =>
    discord.check!(withDefaults(discord, { webhook_url: 'https://discord.com/api/webhooks/1/t', ...more }));
  expect(check({ username: 'My Discord Bot' })).toMatchObject([{ severity: 'error', path: ['username'] }]);
  expect(check({ thread_id: '1', thread_name: 'x' })).toMatchObject([{ severity: 'error', path: ['thread_name'] }]);
  expect(check({ webhook_url: 'http://example.com/x', verify_ssl: false })).toMatchObject([
    { severity: 'hint', path: ['webhook_url'] },
    { severity: 'hint', path: ['verify_ssl'] },
  ]);
});
