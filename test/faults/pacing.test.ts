/** What destinations ask for, on real connections: no request comes before it may. The rules are tested beside their code. */
import { expect, test } from 'vitest';
import { startCollector } from '../support/collector.ts';
import { eventually } from '../support/eventually.ts';
import { serve, type TestAnswer, type TestServer } from '../support/http-server.ts';
import { postEvents } from '../support/post-events.ts';

/** Timers of this process and of the collector's are whole milliseconds. */
const TIMER_MS = 10;

interface Paced {
  readonly server: TestServer;
  /** When each request came. */
  readonly times: number[];
}

async function paced(answer: (count: number) => TestAnswer): Promise<Paced> {
  const times: number[] = [];
  const server = await serve((_, count) => {
    times.push(performance.now());
    return answer(count);
  });
  return { server, times };
}

/** Milliseconds from each request to the next. */
function waits({ times }: Paced): number[] {
  return times.slice(1).map((time, n) => time - times[n]!);
}

test('no destination is asked while it said that it is not to be, in whichever way it said so', async () => {
  const once = (answer: () => TestAnswer, otherwise: TestAnswer = {}) =>
    paced((count) => (count === 1 ? answer() : otherwise));
  const seconds = await once(() => ({ status: 429, headers: { 'retry-after': '2' } }));
  let until = 0;
  const date = await once(() => {
    until = Math.ceil(Date.now() / 1_000) * 1_000 + 2_000;
    return { status: 503, headers: { 'retry-after': new Date(until).toUTCString() } };
  });
  const spent = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset-after': '1.5' };
  const bucket = await once(() => ({ status: 204, headers: spent }), { status: 204 });
  const discord = await once(
    () => ({ status: 429, body: '{"message":"You are being rate limited.","retry_after":1.7,"global":false}' }),
    { status: 204 },
  );
  const slack = await paced(() => ({ body: 'ok' }));
  const throttled = await once(() => ({ status: 429, body: 'rate_limited', headers: { 'retry-after': '2' } }), {
    body: 'ok',
  });
  const telegram = await once(
    () => ({
      status: 429,
      body: '{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":2}}',
    }),
    { body: '{"ok":true,"result":{}}' },
  );
  const retry = 'retry: { initial_interval: 10ms, max_interval: 20ms }';
  const collector = await startCollector(`
receivers: { http: { listen: http://127.0.0.1:0 } }
exporters:
  http/seconds: { url: '${seconds.server.url}', concurrency: 4, ${retry} }
  http/date: { url: '${date.server.url}', ${retry} }
  discord/bucket: { webhook_url: '${bucket.server.url}', ${retry} }
  discord/limited: { webhook_url: '${discord.server.url}', ${retry} }
  slack/steady: { webhook_url: '${slack.server.url}', ${retry} }
  slack/throttled: { webhook_url: '${throttled.server.url}', ${retry} }
  telegram: { bot_token: '1:x', chat_id: 1, api_url: '${telegram.server.origin}', ${retry} }
`);
  const post = (title: string) => async (port: number) => postEvents(port, [{ title }]);
  const port = await collector.port('http', 'http');
  await post('one')(port);
  const all = { seconds, date, bucket, discord, slack, throttled, telegram };
  await eventually(() => Object.values(all).every(({ times }) => times.length > 0), 'each was asked');
  // What comes meanwhile waits too.
  await post('two')(port);
  await eventually(
    async () => Object.values((await collector.status()).exporters).every(({ held, sent }) => held === 0 && sent === 2),
    'each has both',
    15_000,
  );
  const first = Object.fromEntries(Object.entries(all).map(([name, one]) => [name, waits(one)[0]! + TIMER_MS]));
  expect(first['seconds']).toBeGreaterThanOrEqual(2_000);
  expect(date.times[1]! + performance.timeOrigin + TIMER_MS).toBeGreaterThanOrEqual(until);
  expect(first['bucket']).toBeGreaterThanOrEqual(1_500);
  expect(first['discord']).toBeGreaterThanOrEqual(1_700);
  // One a second when they leave; the first takes longer to arrive, over a new connection.
  expect(first['slack']).toBeGreaterThanOrEqual(500);
  expect(first['throttled']).toBeGreaterThanOrEqual(2_000);
  expect(first['telegram']).toBeGreaterThanOrEqual(2_000);
  // Not one try in vain.
  expect(Object.values(all).map(({ times }) => times.length)).toEqual([3, 3, 2, 3, 2, 3, 3]);
  await collector.stop();
});

test('a chat room that made us wait has the critical events first and the rest in one message, each of them on the books', async () => {
  const titles: string[] = [];
  const room = await serve(({ body }, count) => {
    if (count === 1) return { status: 429, headers: { 'retry-after': '2' }, body: 'rate_limited' };
    titles.push(
      ...Array.from(body.matchAll(/(\d+ events|first|ordinary|fire)(?= |[*"\\])/g), ([, title]) => title!).slice(0, 1),
    );
    return { body: 'ok' };
  });
  const collector = await startCollector(`
receivers: { http: { listen: http://127.0.0.1:0 } }
exporters: { slack: { webhook_url: '${room.url}' } }
`);
  const port = await collector.port('http', 'http');
  await postEvents(port, [{ title: 'first' }]);
  await eventually(() => room.seen.length === 1, 'it is asked');
  await postEvents(port, [
    ...Array.from({ length: 150 }, (_, n) => ({ title: 'ordinary', message: `number ${n}` })),
    { title: 'fire', level: 'critical' },
  ]);
  await eventually(async () => (await collector.status()).exporters['slack']!.held === 0, 'all is told', 10_000);
  expect(titles).toEqual(['first', 'fire', '150 events']);
  const { exporters } = await collector.expectBalancedBooks();
  expect(exporters['slack']).toMatchObject({ received: 152, sent: 152 });
  expect(await collector.metric('lnmt_collector_exporter_coalesced_events_total', { exporter: 'slack' })).toBe(150);
  await collector.stop();
});
