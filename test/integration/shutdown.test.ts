/** The end, under load: what was accepted is delivered, and whoever is in a hurry can insist. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startCollector } from '../support/collector.ts';
import { eventually } from '../support/eventually.ts';
import { serve } from '../support/http-server.ts';
import { eventsIn, type WrittenEvent } from '../support/json-lines.ts';
import { postEvents } from '../support/post-events.ts';
import { tcpSender } from '../support/syslog-senders.ts';

const config = (directory: string, hook: string): string => `
receivers:
  http: { listen: http://127.0.0.1:0 }
  syslog: { listen: tcp://127.0.0.1:0 }
exporters:
  file/all: { path: '${directory}/all.jsonl' }
  http/hook: { url: '${hook}', batch: { max_events: 20, max_wait: 1s } }
pipelines:
  all: { receivers: [http, syslog], exporters: [file/all, http/hook] }
`;

test('SIGTERM under load loses nothing that was answered with 202, and ends with 0', async () => {
  const hook = await serve();
  const collector = await startCollector((directory) => config(directory, hook.url));
  const port = await collector.port('http', 'http');
  const syslog = await tcpSender(await collector.port('syslog', 'tcp'));
  const accepted = new Set<string>();
  let posts = 0;

  /** Posts until nobody answers any more. */
  const post = async (): Promise<void> => {
    for (;;) {
      const messages = Array.from({ length: 10 }, (_, n) => `post ${posts} event ${n}`);
      posts += 1;
      const posted = await postEvents(
        port,
        messages.map((message) => ({ message })),
      ).catch(() => undefined);
      if (!posted) return;
      if (posted.accepted > 0) for (const message of messages) accepted.add(message);
    }
  };
  const posting = Promise.all(Array.from({ length: 8 }, post));
  await syslog.send('<13>a line before the end');
  await eventually(
    async () => accepted.size > 1_000 && (await collector.status()).receivers['syslog']!.accepted === 1,
    'load is on',
  );
  const before = accepted.size;
  collector.signal('SIGTERM');
  await posting;
  expect(await collector.ended).toBe(0);

  expect(accepted.size).toBeGreaterThanOrEqual(before);
  const written = eventsIn(join(collector.directory, 'all.jsonl')).map(({ message }) => message);
  const posted = hook.seen.flatMap(({ body }) => JSON.parse(body) as WrittenEvent[]).map(({ message }) => message);
  for (const delivered of [written, posted]) {
    expect(new Set(delivered).size).toBe(delivered.length);
    expect(delivered).toContain('a line before the end');
    const lost = [...accepted].filter((message) => !delivered.includes(message));
    expect(lost).toEqual([]);
  }
  expect(collector.log.map(({ message }) => message).slice(-2)).toEqual([
    expect.stringMatching(/^SIGTERM: stopping/),
    'stopped',
  ]);
});

test('a destination that is away holds the end up until shutdown_timeout, and the log says what is lost', async () => {
  const hook = await serve({ status: 'never' });
  const collector = await startCollector(
    (directory) => config(directory, hook.url).replace('batch:', 'queue: { type: memory }, batch:'),
    {
      service: '  shutdown_timeout: 300ms\n',
    },
  );
  expect(
    (await postEvents(await collector.port('http', 'http'), [{ message: 'one' }, { message: 'two' }])).status,
  ).toBe(202);
  await collector.stop();
  expect(collector.log.filter(({ level }) => level === 'warn').map(({ message }) => message)).toEqual([
    expect.stringMatching(/^2 events were not delivered in time and are lost/),
  ]);
  expect(eventsIn(join(collector.directory, 'all.jsonl'))).toHaveLength(2);
});

test('a power cut under load loses nothing that was answered with 202', async () => {
  let away = true;
  const hook = await serve(() => (away ? { status: 503 } : {}));
  const collector = await startCollector((directory) => config(directory, hook.url));
  const port = await collector.port('http', 'http');
  const accepted = new Set<string>();
  const post = async (worker: number): Promise<void> => {
    for (let n = 0; ; n += 1) {
      const message = `worker ${worker} event ${n}`;
      const posted = await postEvents(port, [{ message }]).catch(() => undefined);
      if (!posted) return;
      if (posted.accepted > 0) accepted.add(message);
    }
  };
  const posting = Promise.all(Array.from({ length: 8 }, (_, worker) => post(worker)));
  await eventually(() => accepted.size > 300, 'load is on');
  await collector.kill9();
  await posting;

  away = false;
  hook.seen.length = 0;
  await collector.start();
  const delivered = (): Set<string> =>
    new Set(hook.seen.flatMap(({ body }) => JSON.parse(body) as WrittenEvent[]).map(({ message }) => message));
  const written = (): Set<string> =>
    new Set(eventsIn(join(collector.directory, 'all.jsonl')).map(({ message }) => message));
  const isIn = (messages: Set<string>): boolean => [...accepted].every((message) => messages.has(message));
  await eventually(() => isIn(delivered()) && isIn(written()), 'all that was accepted has arrived', 10_000);
  const { exporters } = await collector.expectBalancedBooks();
  expect(exporters['http/hook']!.recovered).toBeGreaterThanOrEqual(accepted.size);
  await collector.stop();
});

test.for(['SIGTERM', 'SIGINT'] as const)('a second %s ends it at once', async (signal) => {
  const hook = await serve({ status: 'never' });
  const collector = await startCollector((directory) => config(directory, hook.url), {
    service: '  shutdown_timeout: 1h\n',
  });
  await postEvents(await collector.port('http', 'http'), [{ message: 'one' }]);
  await eventually(() => hook.seen.length === 1, 'a request is under way');
  collector.signal(signal);
  await collector.said(/stopping/);
  expect(collector.gone).toBe(false);
  collector.signal(signal);
  expect(await collector.ended).toBe(signal);
});
