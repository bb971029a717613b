import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Reading } from '../../src/simulation/explain.ts';
import { eventually } from '../support/eventually.ts';
import { serve } from '../support/http-server.ts';
import { fileInFolder, say, startAgent } from '../support/in-process.ts';

const LINE = '<38>Oct 11 22:14:15 web1 sshd[123]: Failed password for root from 203.0.113.9';

const FILE = (url = 'https://hooks.example.com/services/T0/B0') => `
receivers:
  syslog: { listen: 'udp://127.0.0.1:0' }
  http: { listen: 'http://127.0.0.1:0' }
processors:
  enrich/site:
    set: { site: fra1 }
exporters:
  slack: { webhook_url: ${url}/s3cretS3cret }
  discord: { webhook_url: ${url}/s3cretS3cret }
  http: { url: ${url}/s3cretS3cret }
pipelines:
  main:
    receivers: [syslog, http]
    processors:
      - enrich/site
      - ratelimit: { max_per_window: 1, window: 1h, by: [source] }
    exporters: [slack, discord, http, pipeline/grave]
  grave:
    processors:
      - filter:
          sources: [sshd, cron]
          min_level: error
    exporters: [slack]
`;

async function readings(file: string, ...args: readonly string[]): Promise<Reading[]> {
  const { status, out, err } = await say(['explain', ...args, '-c', file, '--format', 'json']);
  expect([status, err]).toEqual([0, '']);
  return JSON.parse(out) as Reading[];
}

test('a line is followed to the option that decided, with its line in the file', async () => {
  const { file } = await fileInFolder(FILE());
  const { status, out } = await say(['explain', LINE, '-c', file]);
  expect(status).toBe(0);
  expect(out).toMatch(/^syslog reads it as RFC 3164 .*collector\.yaml:2:3/m);
  expect(out).toMatch(/✓ enrich\/site +metadata\.site: "fra1" +.*collector\.yaml:5:3/);
  expect(out).toMatch(/✗ filter +dropped: level info is below error +.*collector\.yaml:22:22/);
  expect(out).toMatch(/exporter slack .*\n +→ would send \d+ bytes:/);
  expect(out).toContain('Nothing was sent. No collector runs on this file');
  // http would refuse the line, and syslog takes it: only who takes it is told of.
  expect(out).not.toContain('refuses');
  expect(out).not.toContain('s3cret');
});

test('a receiver that is named says why it refuses', async () => {
  const { file } = await fileInFolder(FILE());
  const [reading] = await readings(file, '{"level":"error"}', '--receiver', 'http');
  expect(reading).toMatchObject({ receiver: 'http', refused: 'a title or a message is needed', requests: [] });
  expect(await say(['explain', LINE, '-c', file, '--receiver', 'syslogg'])).toMatchObject({
    status: 2,
    err: expect.stringContaining('did you mean syslog?'),
  });
});

test('the requests are, byte for byte, those that the running collector sends', async () => {
  const server = await serve({ status: 200, body: '{}' });
  const { folder, file } = await fileInFolder(FILE(server.origin));
  const event = {
    event_id: 'e-1',
    timestamp: '2026-01-15T12:00:00Z',
    level: 'error',
    source: 'backup',
    title: 'Backup failed',
    message: 'no space\nleft on <device>',
    metadata: { run: 7 },
    tags: ['prod'],
  };
  await writeFile(join(folder, 'event.json'), JSON.stringify(event));
  const [explained] = await readings(file, '--file', join(folder, 'event.json'), '--receiver', 'http');
  const agent = await startAgent(file);
  await fetch(`${agent.addresses.get('http')![0]!}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(event),
  });
  await eventually(() => server.seen.length === 3, 'three requests have come');
  expect(explained!.requests.map(({ body }) => body).sort()).toEqual(server.seen.map(({ body }) => body).sort());
});

test('windows are those of the running collector, and asking does not fill them', async () => {
  const server = await serve({ status: 200, body: '{}' });
  const { file } = await fileInFolder(FILE(server.origin));
  const agent = await startAgent(file);
  const post = () =>
    fetch(`${agent.addresses.get('http')![0]!}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"title":"one","source":"cron"}',
    });
  const ask = () => say(['explain', '{"title":"one","source":"cron"}', '-c', file, '--receiver', 'http']);
  expect((await ask()).out).toMatch(/✓ ratelimit +passes/);
  expect((await ask()).out).toMatch(/Windows are as the running collector \(pid \d+\) has them/);
  await post();
  await eventually(() => server.seen.length > 0, 'the event has passed');
  expect((await ask()).out).toMatch(/✗ ratelimit +held back: the limit of 1 in 1h is reached for cron/);
});

test('limits of a destination are measured', async () => {
  const { file } = await fileInFolder(FILE());
  const [reading] = await readings(file, `{"title":"long","message":"${'x'.repeat(20_000)}"}`, '--receiver', 'http');
  const slack = reading!.requests.find(({ exporter }) => exporter === 'slack')!;
  expect(slack.limits).toContainEqual({ what: 'characters of a section', used: 3_000, most: 3_000 });
  expect(reading!.requests.flatMap(({ limits }) => limits).filter(({ used, most }) => used > most)).toEqual([]);
});

test('a file that is not valid is not explained', async () => {
  const { file, whole } = await fileInFolder(FILE());
  await writeFile(file, whole(FILE().replace('min_level', 'min_levle')));
  expect(await say(['explain', LINE, '-c', file])).toMatchObject({
    status: 1,
    out: '',
    err: expect.stringContaining('min_levle'),
  });
});
