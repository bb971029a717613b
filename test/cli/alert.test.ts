import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { say, startAgent } from '../support/in-process.ts';
import { eventually } from '../support/eventually.ts';
import { serve, type SeenRequest } from '../support/http-server.ts';
import { temporaryDirectory } from '../support/temporary.ts';

async function fileOf(yaml: string): Promise<{ file: string; directory: string; env: Record<string, string> }> {
  const directory = await temporaryDirectory();
  const file = join(directory, 'config.yaml');
  await writeFile(file, yaml);
  return { file, directory, env: { XDG_STATE_HOME: join(directory, 'state') } };
}

const bodyOf = ({ body }: SeenRequest) => JSON.parse(body) as Record<string, unknown>;

const FOUR = (origin: string) => `connectors:
  a: { type: http, url: ${origin}/a }
  b: { type: http, url: ${origin}/b, filters: { min_level: critical } }
  c: { type: http, url: ${origin}/c, rate_limit: { max_per_window: 1, window: 3600 } }
  d: { type: http, url: ${origin}/gone/s3cret-T0KEN }
`;

test('says per exporter sent, filtered, limited or failed, and exits 1 for a failure only', async () => {
  const server = await serve(({ path }) => ({ status: path.startsWith('/gone') ? 404 : 200, body: path }));
  const { file, env } = await fileOf(FOUR(server.origin));
  const args = [
    'alert',
    '-c',
    file,
    '-l',
    'error',
    '-t',
    'Custom Alert',
    '-m',
    'This is a custom test alert',
    '--tags',
    'test, custom',
    '--metadata',
    '{"test_id": "001"}',
  ];
  const first = await say(args, env);
  expect(first).toMatchObject({ status: 1, err: '' });
  expect(first.out).toMatch(
    /^✔ {2}a {2}sent in \d+ ms\n– {2}b {2}filtered by filters: level error is below critical\n✔ {2}c {2}sent in \d+ ms\n✘ {2}d {2}failed: answered 404/,
  );
  expect(first.out).not.toMatch(/s3cret/);
  expect(bodyOf(server.seen.find(({ path }) => path === '/a')!)).toMatchObject({
    event_type: 'custom',
    level: 'error',
    title: 'Custom Alert',
    message: 'This is a custom test alert',
    tags: ['test', 'custom'],
    metadata: { test_id: '001' },
  });
  // Windows are kept between two calls.
  const second = await say([...args, '-n', 'c', '--format', 'json'], env);
  expect(second.status).toBe(0);
  expect(JSON.parse(second.out)).toMatchObject({
    sent_by: 'command',
    exporters: { c: { status: 'limited', by: 'rate_limit', took_ms: expect.any(Number) as number } },
  });
});

test.for([
  [['-l', 'loud', '-t', 'x'], 'Allowed choices are debug, info, warning, error, critical'],
  [['-t', 'x', '--metadata', '{'], '--metadata takes a JSON object'],
  [['-t', 'x', '--metadata', '[1]'], '--metadata takes a JSON object'],
  [['-t', 'x', '--type', 'No Word'], '--type must be a lower-case word'],
  [['-l', 'info'], '-t or -m is needed'],
  [['-t', 'x', '-n', 'aa'], 'there is no exporter "aa"; did you mean "a"?'],
] as const)('wrong usage exits 2: %j', async ([args, message]) => {
  const { file, env } = await fileOf(FOUR('http://127.0.0.1:9'));
  expect(await say(['alert', '-c', file, ...args], env)).toMatchObject({
    status: 2,
    out: '',
    err: expect.stringContaining(message) as string,
  });
});

test('a file that is not valid exits 1 with its lines', async () => {
  const { file, env } = await fileOf('connectors:\n  a: { type: htpp }\n');
  const { status, err } = await say(['alert', '-c', file, '-t', 'x'], env);
  expect(status).toBe(1);
  expect(err).toMatch(/config\.yaml:2:\d+ error/);
});

test('a collector that runs on the file takes the event, and keeps what cannot be delivered now', async () => {
  let up = false;
  const server = await serve(({ path }) => ({ status: path === '/down' && !up ? 503 : 200 }));
  const { file, env } = await fileOf(`exporters:
  a: { type: http, url: ${server.origin}/a }
  b: { type: http, url: ${server.origin}/down, retry: { initial_interval: 50ms, max_interval: 50ms } }
`);
  await startAgent(file, env);
  const { status, out, err } = await say(['alert', '-c', file, '-t', 'x', '--type', 'deployment'], env);
  expect(out).toMatch(/^✔ {2}a {2}sent in \d+ ms\n… {2}b {2}queued, and tried again: answered 503/);
  expect(err).toMatch(/taken by the collector with process id \d+/);
  expect(status).toBe(0);
  up = true;
  await eventually(() => server.seen.filter(({ path }) => path === '/down').length > 1, 'it is delivered later');
});
