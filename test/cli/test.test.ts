import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { say } from '../support/in-process.ts';
import { serve } from '../support/http-server.ts';
import { serveMail, smtpError } from '../support/smtp-server.ts';
import { temporaryDirectory } from '../support/temporary.ts';

async function fileOf(yaml: string): Promise<string> {
  const file = join(await temporaryDirectory(), 'config.yaml');
  await writeFile(file, yaml);
  return file;
}

test('sends one event in one try, past filters and limits', async () => {
  const server = await serve({ body: 'ok' });
  const file = await fileOf(`connectors:
  slack_alerts: { type: slack, webhook_url: ${server.url}, filters: { min_level: critical, required_tags: [production] }, rate_limit: { max_per_window: 1, window: 3600 } }
`);
  for (let count = 1; count <= 2; count += 1) {
    const { status, out, err } = await say(['test', '-c', file, '-n', 'slack_alerts', '-t', 'warning']);
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(out).toMatch(/^✔ slack_alerts: delivered in \d+ ms\n$/);
    expect(server.seen).toHaveLength(count);
  }
  expect(server.seen[0]!.body).toContain('Test of slack_alerts');
});

test.for([
  [503, 'the destination is in trouble'],
  [404, 'mend its options at'],
  [400, 'the destination does not take this event'],
] as const)('says what the destination said under %i, and what to do', async ([code, advice]) => {
  const server = await serve({ status: code, body: 'because s3cret-T0KEN' });
  const file = await fileOf(`exporters:\n  http: { url: ${server.url} }\n`);
  const { status, out } = await say(['test', '-c', file, '-n', 'http']);
  expect(status).toBe(1);
  expect(out).toContain(`answered ${code}`);
  expect(out).toContain(advice);
  expect(out).not.toContain('s3cret');
  expect(server.seen).toHaveLength(1);
});

test('a destination that has no time says for how long, and recipients that are refused are named', async () => {
  const slack = await serve({ status: 429, body: 'rate_limited', headers: { 'retry-after': '30' } });
  const mail = await serveMail({
    onRcptTo: ({ address }, _session, done) =>
      address.startsWith('gone') ? done(smtpError(550, '5.1.1 no such user')) : done(),
  });
  const file = await fileOf(`connectors:
  slack: { type: slack, webhook_url: ${slack.url} }
  mail: { type: email, smtp_host: localhost, smtp_port: ${mail.port}, ca_file: ${mail.caFile}, from_email: a@example.com, to_emails: [b@example.com, gone@example.com] }
`);
  const { status, out } = await say(['test-all', '-c', file]);
  expect(status).toBe(1);
  expect(out).toContain('asks to be left alone for 30s');
  expect(out).toMatch(
    /✔ mail: delivered in \d+ ms\n {2}the mail went out, but not to 1 of 2 recipients \(gone@example\.com\): .*550/,
  );
});

test('a destination that is not there, and one that never answers', async () => {
  const server = await serve({ status: 'never' });
  const file = await fileOf(
    `exporters:\n  gone: { type: http, url: http://127.0.0.1:1/ }\n  slow: { type: http, url: ${server.url}, timeout: 100ms }\n`,
  );
  const { status, out } = await say(['test-all', '-c', file]);
  expect(status).toBe(1);
  expect(out).toMatch(/gone: not delivered after \d+ ms: connection refused/);
  expect(out).toMatch(/slow: not delivered after \d+ ms: no answer within 0\.1 s/);
  expect(out).toMatch(/0 of 2 delivered\n$/);
});

test('test-all tries every enabled exporter; as JSON, all at the end', async () => {
  const server = await serve();
  const file = await fileOf(`exporters:
  a: { type: http, url: ${server.url} }
  b: { type: http, url: ${server.url}, enabled: false }
  c: { type: http, url: ${server.url} }
`);
  const { status, out } = await say(['test-all', '-c', file, '--format', 'json']);
  expect(status).toBe(0);
  expect(JSON.parse(out)).toEqual([
    { exporter: 'a', delivered: true, took_ms: expect.any(Number) as number },
    { exporter: 'c', delivered: true, took_ms: expect.any(Number) as number },
  ]);
  expect((await say(['test', '-c', file, '-n', 'b'])).out).toContain('enabled: false');
});

test('wrong usage exits 2, and says what was probably meant', async () => {
  const file = await fileOf('exporters:\n  http/hook: { url: http://127.0.0.1:1/ }\n');
  expect(await say(['test', '-c', file])).toMatchObject({
    status: 2,
    err: expect.stringContaining("required option '-n, --name") as string,
  });
  expect(await say(['test', '-c', file, '-n', 'http/hok'])).toMatchObject({
    status: 2,
    err: 'there is no exporter "http/hok"; did you mean "http/hook"?\n',
  });
  expect(await say(['test', '-c', file, '-n', 'http/hook', '-t', 'loud'])).toMatchObject({ status: 2 });
  expect((await say(['test', '-c', '/nonexistent.yaml', '-n', 'x'])).status).toBe(1);
});
