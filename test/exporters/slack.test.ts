import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Event } from '../../src/component/event.ts';
import slack from '../../src/exporters/slack.ts';
import { cutMrkdwn, escapeMrkdwn } from '../../src/exporters/slack/mrkdwn.ts';
import { exporterContract } from '../support/exporter-contract.ts';
import { event, fakeContext } from '../support/fakes.ts';
import { serve } from '../support/http-server.ts';
import { diskLow, hostile, huge, sshLogin, stackTrace } from '../support/sample-events.ts';

const URL = 'https://hooks.slack.com/services/T/B/x';
const never = new AbortController().signal;
/** What the schema fills in. */
const FILLED_IN = { verify_ssl: true, thread_idle: 86_400_000, api_url: 'https://slack.com/api' };

exporterContract(slack, { config: (url) => ({ ...FILLED_IN, webhook_url: url }), success: { body: 'ok' } });

interface Payload {
  text?: string;
  attachments: [
    {
      color: string;
      fallback: string;
      blocks: { type: string; text?: { text: string }; fields?: { text: string }[]; elements?: { text: string }[] }[];
    },
  ];
}

function payload(one: Event, options: object = {}): Payload {
  const [encoded] = slack.create({ ...FILLED_IN, webhook_url: URL, ...options }, fakeContext()).encode([one]);
  return JSON.parse(encoded!.request as string) as Payload;
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}

describe('layout', () => {
  test.for(Object.entries({ diskLow, sshLogin, stackTrace, hostile }))('%s', async ([name, one]) => {
    await expect(`${JSON.stringify(payload(one), null, 2)}\n`).toMatchFileSnapshot(`../golden/slack/${name}.json`);
  });

  test('names channel, user and icon where they are set, as Slack calls them', () => {
    const sender = { channel: '#alerts', username: 'LNMT Bot', icon_emoji: ':robot_face:' };
    expect(payload(event(), sender)).toMatchObject(sender);
    expect(payload(event())).not.toHaveProperty('channel');
  });

  test('stays within Slack’s sizes, whatever the event', () => {
    const { text, attachments } = payload(huge);
    const [{ blocks }] = attachments;
    expect(text!.length).toBeLessThanOrEqual(400);
    expect(blocks.length).toBeLessThanOrEqual(50);
    for (const block of blocks) {
      expect(block.text?.text.length ?? 0).toBeLessThanOrEqual(3_000);
      expect(block.fields?.length ?? 0).toBeLessThanOrEqual(10);
      for (const field of block.fields ?? []) expect(field.text.length).toBeLessThanOrEqual(2_000);
    }
    expect(textsOf(blocks).join('').length).toBeLessThan(13_200);
  });

  test('a template replaces the text; its values are escaped', () => {
    const { text, attachments } = payload(event({ title: '<!channel>', metadata: { host: 'web-1' } }), {
      template: '*{title}* on {metadata.host} <https://example.com|docs>',
    });
    expect(text).toBeUndefined();
    expect(attachments[0].blocks).toEqual([
      {
        type: 'section',
        text: { type: 'mrkdwn', text: '*&lt;!channel&gt;* on web-1 <https://example.com|docs>', verbatim: true },
      },
    ]);
  });
});

test('nothing in an event becomes markup, a link or a mention', () => {
  const evil = '<!channel> <@U1> <https://evil.example|ok> @here @everyone &amp; \u0000 <!date^1^{date}|x>';
  const sent = payload(
    event({
      title: evil,
      message: evil,
      source: evil,
      eventType: evil,
      tags: [evil],
      metadata: { [evil]: evil, hostname: evil, facility: evil, severity: evil },
    }),
  );
  for (const text of textsOf(sent)) {
    expect(text.replace(/<!date\^\d+\^\{date_short_pretty\} \{time_secs\}\|[\d :-]+ UTC>/, '')).not.toMatch(
      /[<>]|@here|@everyone|&(?!amp;|lt;|gt;)/,
    );
  }
});

test('cuts without halving an escape or a surrogate pair', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('&', '<', '>', '🦊', 'a', ' '), { maxLength: 60 }),
      fc.integer({ min: 3, max: 50 }),
      (characters, max) => {
        const shown = cutMrkdwn(escapeMrkdwn(characters.join('')), max);
        expect(shown.length).toBeLessThanOrEqual(max);
        expect(shown).not.toMatch(/&(?!amp;|lt;|gt;)/);
        expect(shown).not.toMatch(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])/);
      },
    ),
  );
});

describe('answers', () => {
  const answered = async (status: number, body: string, headers = {}) => {
    const server = await serve({ status, body, headers });
    const exporter = slack.create({ ...FILLED_IN, webhook_url: server.url }, fakeContext());
    onTestFinished(() => exporter.stop?.());
    return exporter.send('{}', never);
  };

  test.for([
    [200, 'ok', 'sent'],
    [200, 'ok\n', 'sent'],
    [200, '{"ok":true}', 'sent'],
    [200, 'invalid_payload', 'refused'],
    [400, 'invalid_payload', 'refused'],
    [400, 'invalid_blocks', 'refused'],
    [400, 'no_text', 'refused'],
    [400, 'msg_blocks_too_long', 'refused'],
    [400, 'user_not_found', 'misconfigured'],
    [200, 'no_service', 'misconfigured'],
    [403, 'action_prohibited', 'misconfigured'],
    [403, 'invalid_token', 'misconfigured'],
    [404, 'channel_not_found', 'misconfigured'],
    [404, 'no_service', 'misconfigured'],
    [410, 'channel_is_archived', 'misconfigured'],
    [400, 'no_team', 'misconfigured'],
    [500, 'rollup_error', 'later'],
    [200, 'rate_limited', 'later'],
    [503, '<html>', 'later'],
    [200, '<html>Please log in</html>', 'misconfigured'],
    [200, '', 'misconfigured'],
  ] as const)('%i %s is %s', async ([status, body, kind]) => {
    const verdict = await answered(status, body);
    expect(verdict.kind).toBe(kind);
    if ('reason' in verdict && /^[a-z_]{5,}$/.test(body)) expect(verdict.reason).toContain(body);
  });

  test('a rate limit in words passes Retry-After on', async () => {
    expect(await answered(429, 'rate_limited', { 'retry-after': '30' })).toMatchObject({
      kind: 'later',
      notBeforeMs: 30_000,
    });
  });
});

describe('check', () => {
  test('says that an app’s webhook ignores who and where', () => {
    const hints = slack.check?.({ ...FILLED_IN, webhook_url: URL, channel: '#a', username: 'b' });
    expect(hints).toMatchObject([
      {
        severity: 'hint',
        path: ['channel'],
        message: expect.stringMatching(/legacy webhooks honour channel, username/) as string,
      },
    ]);
    expect(slack.check?.({ ...FILLED_IN, webhook_url: URL })).toEqual([]);
  });

  test('has no word of the URL in a hint', () => {
    const hints = slack.check?.({ ...FILLED_IN, webhook_url: 'http://example.com/s3cret', verify_ssl: false });
    expect(hints).toMatchObject([{ path: ['webhook_url'] }, { path: ['verify_ssl'] }]);
    expect(JSON.stringify(hints)).not.toContain('s3cret');
  });
});

describe('as a bot', () => {
  const said = (body: object) => ({ body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });
  const posted = (ts: string) => said({ ok: true, channel: 'C1', ts });

  /** Answers in turn; keeps what it was sent. */
  async function slackApi(...answers: { body: string }[]) {
    const seen: { path: string; authorization: string | undefined; body: Record<string, unknown> }[] = [];
    const server = createServer((request, response) => {
      let text = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      request.on('end', () => {
        seen.push({
          path: request.url!,
          authorization: request.headers.authorization,
          body: JSON.parse(text) as Record<string, unknown>,
        });
        response.end((answers.shift() ?? posted('9.9')).body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    return { seen, api_url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api` };
  }

  function bot(options: object) {
    const context = fakeContext();
    const exporter = slack.create({ ...FILLED_IN, token: 'xoxb-secret', channel: '#alerts', ...options }, context);
    onTestFinished(() => exporter.stop?.());
    const send = (one: Event) => exporter.send(exporter.encode([one])[0]!.request, never);
    return { exporter, send, clock: context.clock };
  }

  test('posts with its token, to its channel, under its name', async () => {
    const { seen, api_url } = await slackApi();
    const { send } = bot({ api_url, username: 'LNMT Bot' });
    expect(await send(event())).toEqual({ kind: 'sent' });
    expect(seen).toMatchObject([
      {
        path: '/api/chat.postMessage',
        authorization: 'Bearer xoxb-secret',
        body: { channel: '#alerts', username: 'LNMT Bot', text: expect.stringContaining('title') as string },
      },
    ]);
  });

  test('repeats of one key go to the first message’s thread, until it was silent for long', async () => {
    const { seen, api_url } = await slackApi(posted('1.1'), posted('1.2'), posted('2.1'), posted('3.1'));
    const { send, clock } = bot({ api_url, thread_by: ['source'], thread_idle: 60_000 });
    await send(event({ source: 'db' }));
    await send(event({ source: 'db' }));
    await send(event({ source: 'web' }));
    clock.advance(60_000);
    await send(event({ source: 'db' }));
    expect(seen.map(({ body }) => [body['channel'], body['thread_ts']])).toEqual([
      ['#alerts', undefined],
      ['C1', '1.1'],
      ['#alerts', undefined],
      ['#alerts', undefined],
    ]);
  });

  test('threads outlive the instance', async () => {
    const { seen, api_url } = await slackApi(posted('1.1'));
    const first = bot({ api_url, thread_by: ['source'] });
    await first.send(event());
    const second = bot({ api_url, thread_by: ['source'] });
    second.exporter.restore?.(JSON.parse(JSON.stringify(first.exporter.snapshot?.())));
    await second.send(event());
    expect(seen[1]?.body['thread_ts']).toBe('1.1');
  });

  test('a thread whose first message was deleted begins anew', async () => {
    const { seen, api_url } = await slackApi(posted('1.1'), said({ ok: false, error: 'thread_not_found' }));
    const { send } = bot({ api_url, thread_by: ['source'] });
    await send(event());
    expect(await send(event())).toMatchObject({ kind: 'later' });
    expect(await send(event())).toEqual({ kind: 'sent' });
    expect(seen[2]?.body).not.toHaveProperty('thread_ts');
  });

  test.for([
    ['invalid_auth', 'misconfigured'],
    ['not_in_channel', 'misconfigured'],
    ['ratelimited', 'later'],
    ['msg_too_long', 'refused'],
  ] as const)('%s is %s', async ([error, kind]) => {
    const { api_url } = await slackApi(said({ ok: false, error }));
    const verdict = await bot({ api_url }).send(event());
    expect(verdict).toMatchObject({ kind, reason: expect.stringContaining(error) as string });
  });

  test.for([
    [{}, 'slack needs webhook_url, or token and channel'],
    [{ token: 'x' }, 'a bot needs to know where to post: add channel, such as "#alerts"'],
    [{ token: 'x', channel: '#a', webhook_url: URL }, 'webhook_url and token are two ways to post: keep one of them'],
    [
      { webhook_url: URL, thread_by: ['source'] },
      'thread_by needs a token: a webhook does not say which message it made',
    ],
  ] as const)('%j is told apart', ([options, message]) => {
    const problems = slack.check!({ ...FILLED_IN, ...options });
    expect(problems.filter(({ severity }) => severity === 'error').map((problem) => problem.message)).toEqual([
      message,
    ]);
  });
});
