import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ReplayReport } from '../../src/simulation/replay.ts';
import { eventually } from '../support/eventually.ts';
import { fileInFolder, say, startAgent } from '../support/in-process.ts';

const FILE = (level: string) => `
receivers:
  http: { listen: 'http://127.0.0.1:0' }
  file/app: { include: [/nonexistent/app.log] }
exporters:
  slack/ops: { webhook_url: 'http://127.0.0.1:9/services/T0/B0/s3cretS3cret' }
pipelines:
  main:
    receivers: [http, file/app]
    processors: [filter: { min_level: ${level} }, ratelimit: { max_per_window: 2, window: 1m, by: [source] }]
    exporters: [slack/ops]
`;

async function setUp() {
  const { folder, file, whole } = await fileInFolder(FILE('error'));
  const edited = join(folder, 'edited.yaml');
  await writeFile(edited, whole(FILE('info')));
  return { folder, file, edited, whole };
}

test('log files go through both files, at the times that their lines say', async () => {
  const { folder, file, edited } = await setUp();
  const log = join(folder, 'app.log');
  const line = (minute: number, level: string, message: string) =>
    JSON.stringify({ time: `2026-01-15T12:${String(minute).padStart(2, '0')}:00Z`, level, msg: message });
  // Three in a minute, of which two pass, and again five minutes later.
  await writeFile(
    log,
    [
      line(1, 'info', 'a'),
      line(1, 'info', 'b'),
      line(1, 'info', 'c'),
      line(6, 'error', 'd'),
      line(6, 'info', 'e'),
      '',
    ].join('\n'),
  );
  const { status, out } = await say(['replay', log, '--against', edited, '-c', file]);
  expect(status).toBe(0);
  expect(out).toMatch(/^5 events through both files:/);
  expect(out).toMatch(/slack\/ops +1 → 4 messages/);
  expect(out).toMatch(
    /3 new, 0 gone; the first:\n {2}\+ info app\.log: a\n {2}\+ info app\.log: b\n {2}\+ info app\.log: e/,
  );
});

test('recorded traffic is what came in, masked as the file asks', async () => {
  const { folder, file, edited, whole } = await setUp();
  await writeFile(file, `${whole(FILE('error'))}  record: { redact: [metadata.user] }\n`);
  const agent = await startAgent(file);
  const post = (event: object) =>
    fetch(`${agent.addresses.get('http')![0]!}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(event),
    });
  await post({ title: 'alice logged in', level: 'info', metadata: { user: 'alice' } });
  await post({ title: 'posted to http://127.0.0.1:9/services/T0/B0/s3cretS3cret', level: 'error' });
  await agent.stop();
  const traffic = join(folder, 'state', 'traffic');
  const text = await readFile(join(traffic, (await readdir(traffic))[0]!), 'utf8');
  expect(text.trim().split('\n')).toHaveLength(2);
  expect(text).not.toMatch(/alice|s3cretS3cret/);
  const { out } = await say(['replay', '--against', edited, '-c', file, '--format', 'json']);
  expect(JSON.parse(out) as ReplayReport).toMatchObject({
    events: 2,
    unread: { before: 0, after: 0 },
    exporters: [
      {
        exporter: 'slack/ops',
        before: 1,
        after: 2,
        added: { count: 1, first: ['info http: *** logged in'] },
        gone: { count: 0 },
      },
    ],
  });
});

test('recording begins and ends with an edit', async () => {
  const { folder, file, whole } = await setUp();
  const agent = await startAgent(file);
  const post = () =>
    fetch(`${agent.addresses.get('http')![0]!}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"title":"x"}',
    });
  const lines = async () => {
    const names = await readdir(join(folder, 'state', 'traffic')).catch(() => []);
    return (await Promise.all(names.map((name) => readFile(join(folder, 'state', 'traffic', name), 'utf8'))))
      .join('')
      .trim()
      .split('\n')
      .filter(Boolean).length;
  };
  await post();
  await writeFile(file, `${whole(FILE('error'))}  record: true\n`);
  await agent.reload('the test');
  await post();
  await eventually(async () => (await lines()) === 1, 'what came after the edit is recorded');
  await writeFile(file, whole(FILE('error')));
  await agent.reload('the test');
  await post();
  await agent.stop();
  expect(await lines()).toBe(1);
});

test('what there is nothing to replay of, or no receiver for, is said', async () => {
  const { file, edited } = await setUp();
  expect(await say(['replay', '--against', edited, '-c', file])).toMatchObject({
    status: 1,
    err: expect.stringContaining('nothing is recorded'),
  });
  expect(await say(['replay', '/nonexistent.log', '--against', edited, '-c', file])).toMatchObject({
    status: 1,
    err: expect.stringContaining('cannot be read'),
  });
  expect(
    await say(['replay', '/nonexistent.log', '--against', edited, '-c', file, '--receiver', 'nope']),
  ).toMatchObject({ status: 2, err: expect.stringContaining('--receiver: http, file/app') });
});
