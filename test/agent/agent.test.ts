import { readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { Writable } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { Agent } from '../../src/agent/agent.ts';
import { InvalidFile } from '../../src/agent/invalid-file.ts';
import { KnownSecrets } from '../../src/telemetry/known-secrets.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryDirectory } from '../support/temporary.ts';

async function setUp() {
  const directory = await temporaryDirectory();
  const file = join(directory, 'collector.yaml');
  const out = join(directory, 'out.jsonl');
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk, _, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const yaml = (more: { level?: string; admin?: string } = {}) => `
receivers:
  http: { listen: 'http://127.0.0.1:0' }
exporters:
  file: { path: ${out}, format: text }
pipelines:
  main: { receivers: [http], processors: [filter: { min_level: ${more.level ?? 'info'} }], exporters: [file] }
service:
  storage: { directory: ${join(directory, 'state')} }
  admin: { listen: ${more.admin ?? '127.0.0.1:0'} }
`;
  const start = async () => {
    const log = createLog({ level: 'info', format: 'json', levels: {}, secrets: () => [], stream });
    const agent = await Agent.start({ file, env: {}, version: '0.0.0', log, secrets: new KnownSecrets() });
    onTestFinished(() => agent.stop());
    return agent;
  };
  const post = async (agent: Agent, event: object) => {
    const url = `${agent.addresses.get('http')![0]!}/v1/events`;
    const { status } = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(event),
    });
    return status;
  };
  const written = () => readFile(out, 'utf8').catch(() => '');
  const status = async (agent: Agent) =>
    (await (await fetch(`http://${agent.adminAddress}/status`)).json()) as {
      config: { state: string; last_reload: { result: string; problems?: { line: number }[] } };
    };
  return { file, yaml, start, post, written, lines, status };
}

test('an edit of the file is at work without a restart, and a broken one changes nothing', async () => {
  const { file, yaml, start, post, written, status } = await setUp();
  await writeFile(file, yaml());
  const agent = await start();
  expect(await post(agent, { title: 'one', level: 'info' })).toBe(202);
  await writeFile(file, yaml({ level: 'error' }));
  await eventually(
    async () =>
      (await status(agent)).config.last_reload.result === 'applied' &&
      agent.configuration !== undefined &&
      (await passes(agent)) === 'error',
    'the edit is at work',
  );
  await post(agent, { title: 'two', level: 'info' });
  await post(agent, { title: 'three', level: 'error' });
  await writeFile(file, `${yaml()}\nexporterz: {}\n`);
  await eventually(
    async () => (await status(agent)).config.last_reload.result === 'refused',
    'the broken edit is noticed',
  );
  expect((await status(agent)).config.last_reload.problems?.[0]?.line).toBe(12);
  await post(agent, { title: 'four', level: 'error' });
  await eventually(async () => (await written()).includes('four'), 'the last event is written');
  expect((await written()).match(/one|two|three|four/g)).toEqual(['one', 'three', 'four']);
  const ready = await fetch(`http://${agent.adminAddress}/readyz`);
  expect([ready.status, await ready.text()]).toEqual([200, expect.stringContaining('not valid')]);
});

async function passes(agent: Agent): Promise<unknown> {
  const [stage] = agent.configuration!.pipelines.get('main')!.stages;
  return (stage!.options as { min_level: string }).min_level;
}

test('a collector that is started on a broken file runs the last good one, and says so until it is mended', async () => {
  const { file, yaml, start, post, written, lines, status } = await setUp();
  await writeFile(file, yaml());
  await (await start()).stop();
  await writeFile(file, yaml().replace('min_level', 'min_levle'));
  const agent = await start();
  await post(agent, { title: 'still here' });
  await eventually(async () => (await written()).includes('still here'), 'the event is written');
  expect((await status(agent)).config.state).toMatch(/^stale/);
  const metrics = await (await fetch(`http://${agent.adminAddress}/metrics`)).text();
  expect(metrics).toContain('lnmt_collector_config_last_reload_successful 0');
  await eventually(
    () => lines.some((line) => line.includes('started from the last good one') && line.includes('min_levle')),
    'it is said',
  );
  await writeFile(file, yaml({ level: 'error' }));
  await eventually(async () => (await status(agent)).config.state === 'in effect', 'the mended file is in effect');
});

test('without a last good file, a broken one does not start', async () => {
  const { file, yaml, start } = await setUp();
  await writeFile(file, yaml().replace('min_level', 'min_levle'));
  await expect(start()).rejects.toThrow(InvalidFile);
});

test('the admin address moves when it is edited', async () => {
  const { file, yaml, start } = await setUp();
  await writeFile(file, yaml());
  const agent = await start();
  const before = agent.adminAddress;
  await writeFile(file, yaml({ admin: '127.0.0.1:0, token: secret-token' }));
  await eventually(async () => agent.adminAddress !== undefined && agent.adminAddress !== before, 'it has moved');
  expect((await fetch(`http://${agent.adminAddress}/status`)).status).toBe(401);
  await expect(fetch(`http://${before}/status`)).rejects.toThrow();
});

test('an admin address that was taken is tried again with the next edit', async () => {
  const { file, yaml, start } = await setUp();
  await writeFile(file, yaml());
  const agent = await start();
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const wanted = `127.0.0.1:${(other.address() as AddressInfo).port}`;
  await writeFile(file, yaml({ admin: wanted }));
  await agent.reload('test');
  expect(agent.adminAddress).toBeUndefined();
  await new Promise((resolve) => other.close(resolve));
  await agent.reload('test');
  expect(agent.adminAddress).toBe(wanted);
});

test('an admin address that cannot be written down is said, and is at work', async () => {
  const { file, yaml, start, lines } = await setUp();
  await writeFile(file, yaml());
  const agent = await start();
  const noted = join(dirname(file), 'state', 'admin-address');
  await rm(noted);
  await symlink(join(dirname(file), 'no-such-folder', 'address'), noted);
  await writeFile(file, yaml({ admin: '127.0.0.1:0, token: secret-token' }));
  expect((await agent.reload('test')).result).not.toBe('refused');
  expect((await fetch(`http://${agent.adminAddress}/status`)).status).toBe(401);
  await eventually(() => lines.some((line) => line.includes('cannot be written down')), 'it is said');
});

test('an edit that a stop meets is not put in place after it', async () => {
  const { file, yaml, start } = await setUp();
  await writeFile(file, yaml());
  const agent = await start();
  await writeFile(file, yaml().replace("'http://127.0.0.1:0'", "'http://127.0.0.1:0', max_body: 1MiB"));
  const reloading = agent.reload('test');
  const stopping = agent.stop();
  expect(agent.stop()).toBe(stopping);
  await Promise.all([reloading, stopping]);
  expect([agent.configuration, agent.addresses.size]).toEqual([undefined, 0]);
  expect((await agent.reload('test')).result).toBe('refused');
});
