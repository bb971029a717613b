import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileInFolder, say, startAgent } from '../support/in-process.ts';

const BEFORE = `
receivers:
  http: { listen: 'http://127.0.0.1:0' }
exporters:
  slack/ops: { webhook_url: '\${env:HOOK}' }
  console: {}
pipelines:
  main:
    receivers: [http]
    processors: [filter: { min_level: warning }, ratelimit: { max_per_window: 10, window: 1h }]
    exporters: [slack/ops, console]
`;
const AFTER = BEFORE.replace('min_level: warning', 'min_level: error')
  .replace('  console: {}', '  file: { path: /tmp/x.jsonl }')
  .replace('console]', 'file]')
  .replace('${env:HOOK}', '${env:OTHER_HOOK}');

const ENV = {
  HOOK: 'https://hooks.slack.com/services/T0/B0/one',
  OTHER_HOOK: 'https://hooks.slack.com/services/T0/B0/one',
};

async function setUp() {
  const { folder, file, whole } = await fileInFolder(BEFORE);
  const edited = join(folder, 'edited.yaml');
  await writeFile(edited, whole(AFTER));
  return { file, edited, whole };
}

test('the running collector says what it would do, by its own environment', async () => {
  const { file, edited } = await setUp();
  const agent = await startAgent(file, ENV);
  const { status, out } = await say(['plan', edited, '-c', file]);
  expect(status).toBe(0);
  expect(out).toMatch(/against the collector that runs .*collector\.yaml \(pid \d+\)/);
  expect(out).toMatch(/± processor +main\/filter#1 +restarted +changed: min_level/);
  expect(out).toMatch(/\+ exporter +file +added/);
  expect(out).toMatch(/- exporter +console +removed/);
  // The two variables hold the same URL: only the collector can know.
  expect(out).not.toMatch(/slack\/ops/);
  expect(agent.configuration?.exporters.has('file')).toBe(false);
});

test('a file that is not valid where the collector runs is said to be so, without its text', async () => {
  const { file, edited } = await setUp();
  await startAgent(file, { HOOK: ENV.HOOK });
  const { status, out, err } = await say(['plan', edited, '-c', file]);
  expect([status, out]).toEqual([1, '']);
  expect(err).toMatch(/not valid, first at .*edited\.yaml:4:/);
});

test('without a running collector the plan is against what ran last, else against the file', async () => {
  const { file, edited, whole } = await setUp();
  const fresh = await say(['plan', edited, '-c', file, '--format', 'json']);
  expect(JSON.parse(fresh.out)).toMatchObject({ against: expect.stringContaining('which does not run') });
  await (await startAgent(file, ENV)).stop();
  await writeFile(file, whole(AFTER));
  const { out } = await say(['plan', edited, '-c', file, '--format', 'json']);
  const { against, plan } = JSON.parse(out) as { against: string; plan: { id: string; action: string }[] };
  expect(against).toContain('what ran last');
  expect(plan).toContainEqual(expect.objectContaining({ id: 'file', action: 'added' }));
});

test('a file with mistakes is not planned, but told of', async () => {
  const { file, edited, whole } = await setUp();
  await writeFile(edited, whole(AFTER.replace('min_level', 'min_levle')));
  const { status, err } = await say(['plan', edited, '-c', file]);
  expect(status).toBe(1);
  expect(err).toMatch(/edited\.yaml:\d+:\d+ error: .*min_levle/);
});

test('what follows from the name of the edited file alone is no change; an edit of the service block is', async () => {
  const { file, edited } = await setUp();
  await writeFile(file, BEFORE);
  await writeFile(edited, BEFORE);
  expect((await say(['plan', edited, '-c', file])).out).toContain('Nothing would change.');
  await writeFile(edited, `${BEFORE}service: { log: { level: debug } }\n`);
  expect((await say(['plan', edited, '-c', file])).out).toMatch(/~ service +log +updated +takes effect at once/);
});

test('an edit that changes nothing is said to change nothing', async () => {
  const { file } = await setUp();
  const { out } = await say(['plan', file, '-c', file]);
  expect(out).toContain('Nothing would change.');
});
