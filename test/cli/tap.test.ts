import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { Agent } from '../../src/agent/agent.ts';
import { eventually } from '../support/eventually.ts';
import { fileInFolder, Paper, say, startAgent } from '../support/in-process.ts';
import { main } from '../../src/cli/program.ts';

const FILE = (level = 'warning') => `
receivers:
  http: { listen: 'http://127.0.0.1:0' }
exporters:
  http/store: { url: 'http://127.0.0.1:9', queue: { type: memory } }
pipelines:
  main: { receivers: [http], processors: [filter: { min_level: ${level} }], exporters: [http/store] }
`;

const post = (agent: Agent, event: object) =>
  fetch(`${agent.addresses.get('http')![0]!}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(event),
  });

test('events are shown as they go by, with the reason of those that are dropped, through a reload', async () => {
  const { file, whole } = await fileInFolder(FILE());
  const agent = await startAgent(file);
  const [stdout, stderr] = [new Paper(), new Paper()];
  const ended = main(['tap', '-c', file, '-n', '4'], { env: {}, stdout, stderr });
  await eventually(async () => {
    if (stdout.text === '') await post(agent, { title: 'chatter', level: 'info', source: 'app' });
    return stdout.text.includes('dropped');
  }, 'the tap is open');
  await writeFile(file, whole(FILE('error')));
  await agent.reload('the test');
  await post(agent, { title: 'warm', level: 'warning', source: 'app' });
  expect(await ended).toBe(0);
  expect(stdout.text).toMatch(
    /accepted +http {2}info app: chatter\n.* dropped +main\/filter#1 {2}info app: chatter {2}\(level info is below warning\)/,
  );
  expect(stdout.text).toMatch(/dropped +main\/filter#1 {2}warning app: warm {2}\(level warning is below error\)/);
});

test('one point shows what passes there too', async () => {
  const { file } = await fileInFolder(FILE());
  const agent = await startAgent(file);
  const [stdout, stderr] = [new Paper(), new Paper()];
  const ended = main(['tap', 'filter#1', '-c', file, '-n', '1', '--format', 'json'], { env: {}, stdout, stderr });
  await eventually(async () => {
    if (stdout.text === '') await post(agent, { title: 'hot', level: 'error' });
    return stdout.text !== '';
  }, 'the tap is open');
  expect(await ended).toBe(0);
  expect(JSON.parse(stdout.text)).toMatchObject({ what: 'passed', point: 'main/filter#1', event: { title: 'hot' } });
});

test('a reader who does not read loses events and is told how many; the collector goes on', async () => {
  const { file } = await fileInFolder(FILE('error'));
  const agent = await startAgent(file);
  const answer = await fetch(`http://${agent.adminAddress}/-/tap?id=http`);
  const reader = answer.body!.getReader();
  // One turn of the loop fills what may wait: nobody reads in between.
  const events = Array.from({ length: 5_000 }, (_, index) => ({ title: `event ${index}`, message: 'x'.repeat(2_000) }));
  await post(agent, events);
  let text = '';
  while (!text.includes('"lost"')) text += Buffer.from((await reader.read()).value ?? new Uint8Array()).toString();
  const lost = Number(/\{"lost":(\d+)\}/.exec(text)![1]);
  const told = text.split('\n').filter((line) => line.includes('"event"')).length;
  expect(lost).toBeGreaterThan(0);
  expect(lost + told).toBe(5_000);
  await reader.cancel();
});

test('a point that there is not is said, with those that there are', async () => {
  const { file } = await fileInFolder(FILE());
  await startAgent(file);
  expect(await say(['tap', 'htpp', '-c', file])).toMatchObject({
    status: 1,
    err: expect.stringMatching(/no htpp; there are http, main, filter#1, main\/filter#1, http\/store/),
  });
});

test('without a collector there is nothing to tap, and nothing to look at', async () => {
  const { file } = await fileInFolder(FILE());
  for (const command of ['tap', 'top'])
    expect(await say([command, '-c', file])).toMatchObject({
      status: 1,
      err: expect.stringContaining('no collector runs on'),
    });
});
