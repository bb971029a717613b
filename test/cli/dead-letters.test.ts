import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startCollector } from '../support/collector.ts';
import { command } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { serve } from '../support/http-server.ts';
import { postEvents } from '../support/post-events.ts';

interface Row {
  readonly id: string;
  readonly event_id: string;
  readonly title: string;
  readonly exporter: string;
  readonly attempts: number;
  readonly status: number;
  readonly reason: string;
}

/** A collector whose destination refuses what is titled `bad…` until it is told not to. */
async function withLetters() {
  const seen: string[] = [];
  const mood = { refuses: true };
  const hook = await serve(({ body }) => {
    const { title } = JSON.parse(body) as { title: string };
    if (mood.refuses && title.startsWith('bad')) return { status: 422, body: 'not like \u001b[31mthis' };
    seen.push(title);
    return {};
  });
  const collector = await startCollector(
    `receivers: { http: { listen: http://127.0.0.1:0 } }\nexporters: { http/hook: { url: '${hook.url}' } }\n`,
  );
  const events = ['good', 'bad one', 'bad two'].map((title, n) => ({ event_id: `event-${n}`, title }));
  await postEvents(await collector.port('http', 'http'), events);
  await eventually(
    async () => (await collector.status()).exporters['http/hook']!.dead_lettered === 2,
    'two are refused',
  );
  const run = (...args: string[]) => command(['dead-letters', ...args, '-c', collector.file]);
  const list = async () => JSON.parse((await run('list', '--format', 'json')).stdout) as Row[];
  return { collector, seen, mood, run, list };
}

test('lists and shows what was refused, in the destination’s words, safe for a terminal', async () => {
  const { collector, run, list } = await withLetters();
  await eventually(async () => (await list()).length === 2, 'the letters are on disk');
  const rows = await list();
  expect(
    rows.map(({ event_id: id, title, exporter, attempts, status }) => [id, title, exporter, attempts, status]),
  ).toEqual([
    ['event-1', 'bad one', 'http/hook', 1, 422],
    ['event-2', 'bad two', 'http/hook', 1, 422],
  ]);
  const { stdout } = await run('list');
  expect(stdout).toContain('bad one');
  expect(stdout).toMatch(/answered 422: not like .*this/);
  expect(stdout).not.toContain('\u001b[31m');
  const shown = await run('show', rows[0]!.id);
  expect(shown).toMatchObject({ status: 0, stderr: '' });
  expect(shown.stdout).toContain('"title": "bad one"');
  expect(await run('show', 'nonsense')).toMatchObject({
    status: 1,
    stdout: '',
    stderr: expect.stringMatching(/no dead letter nonsense/),
  });
  await collector.stop();
});

test('replays through the running collector, and again without one, each event once', async () => {
  const { collector, run, list, mood, seen } = await withLetters();
  await eventually(async () => (await list()).length === 2, 'the letters are on disk');
  expect(await run('replay')).toMatchObject({ status: 2 });
  mood.refuses = false;
  const [first] = await list();
  expect(await run('replay', first!.id)).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^1 dead letter back in the queue, handed to/),
  });
  await eventually(() => seen.includes('bad one'), 'it is delivered');
  expect((await list()).map(({ title }) => title)).toEqual(['bad two']);
  await collector.stop();

  const alone = await run('replay', '--all');
  expect(alone).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^1 dead letter back in the queue, delivered when/),
  });
  expect(await list()).toEqual([]);
  await collector.start({});
  await eventually(() => seen.includes('bad two'), 'it is delivered');
  expect(seen.filter((title) => title.startsWith('bad'))).toEqual(['bad one', 'bad two']);
  await collector.stop();
});

test('purges what is named, old, or all of one exporter', async () => {
  const { collector, run, list } = await withLetters();
  await eventually(async () => (await list()).length === 2, 'the letters are on disk');
  expect(await run('purge', '--older-than', '1h')).toMatchObject({ status: 0, stdout: 'nothing was purged\n' });
  expect(await run('purge', 'event-1')).toMatchObject({ status: 0, stdout: '1 dead letter purged\n' });
  expect((await list()).map(({ title }) => title)).toEqual(['bad two']);
  expect(await run('purge', '-n', 'http/hook')).toMatchObject({ status: 0 });
  expect(await run('list')).toMatchObject({ status: 0, stdout: 'no dead letters\n' });
  await collector.stop();
});

test('how many letters are kept is in the metrics and the status, whoever removes them, also after a restart', async () => {
  const { collector, run, list } = await withLetters();
  const kept = async () => [
    (await collector.status()).exporters['http/hook']!.dead_letters,
    await collector.metric('lnmt_collector_exporter_dead_letters', { exporter: 'http/hook' }),
  ];
  await eventually(async () => (await list()).length === 2, 'the letters are on disk');
  expect(await kept()).toEqual([2, 2]);
  await run('purge', 'event-1');
  expect(await kept()).toEqual([1, 1]);
  await collector.stop();
  await collector.start();
  expect(await kept()).toEqual([1, 1]);
  await postEvents(await collector.port('http', 'http'), [{ title: 'bad three' }, { title: 'bad four' }]);
  await eventually(async () => (await kept())[0] === 3, 'two more are kept');
  await run('purge', '--all');
  expect(await kept()).toEqual([0, 0]);
  await collector.stop();
});

test('letters of an exporter that the file no longer names stay', async () => {
  const { collector, run, list } = await withLetters();
  await eventually(async () => (await list()).length === 2, 'the letters are on disk');
  await collector.edit(
    `receivers: { http: { listen: http://127.0.0.1:0 } }\nexporters: { file/other: { path: '${join(collector.directory, 'x')}' } }\n`,
  );
  await eventually(async () => !('http/hook' in (await collector.status()).exporters), 'it is gone');
  expect(await run('replay', '--all')).toMatchObject({
    status: 1,
    stderr: '2 dead letters of http/hook stay: nothing of that name runs\n',
  });
  expect(await list()).toHaveLength(2);
  expect(await collector.metric('lnmt_collector_exporter_dead_letters', { exporter: 'http/hook' })).toBe(2);
  await collector.stop();
});
