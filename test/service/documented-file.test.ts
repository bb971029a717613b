/** A connectors file in exactly the documented form: valid, listed, tested and run against real servers of each kind. */
import { createSocket } from 'node:dgram';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { IntegrationConnectorService } from '../../src/index.ts';
import { eventually } from '../support/eventually.ts';
import { serve } from '../support/http-server.ts';
import { say } from '../support/in-process.ts';
import { serveMail } from '../support/smtp-server.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const IDS = ['local_syslog', 'webhook_endpoint', 'email_alerts', 'slack_alerts', 'discord_alerts'];

async function syslogServer(): Promise<{ port: number; messages: string[] }> {
  const socket = createSocket('udp4');
  const messages: string[] = [];
  socket.on('message', (message) => messages.push(message.toString()));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  onTestFinished(() => void socket.close());
  return { port: socket.address().port, messages };
}

/** Every option of the documentation under its documented name, led to servers of this machine. */
async function documented() {
  const [syslog, http, slack, discord, mail] = await Promise.all([
    syslogServer(),
    serve(),
    serve({ body: 'ok' }),
    serve({ status: 204 }),
    serveMail({ onAuth: (_auth, _session, done) => done(null, { user: 'lnmt' }) }),
  ]);
  const file = join(await temporaryDirectory(), 'config.yaml');
  await writeFile(
    file,
    `connectors:
  # Syslog connector
  local_syslog:
    type: syslog
    enabled: true
    host: localhost
    port: ${syslog.port}
    protocol: udp  # or tcp
    facility: 16   # local0
    filters:
      min_level: warning
      event_types: [system_health, critical_error]
    rate_limit:
      max_per_window: 10
      window: 3600  # 1 hour

  # HTTP webhook connector
  webhook_endpoint:
    type: http
    enabled: true
    url: ${http.origin}/webhooks/lnmt
    method: POST
    headers:
      Authorization: Bearer SOME_TOKEN
      X-Source: LNMT
    timeout: 30
    verify_ssl: true
    auth:
      type: basic
      username: api_user
      password: api_pass
    filters:
      min_level: info
      required_tags: [production]

  # Email connector
  email_alerts:
    type: email
    enabled: true
    smtp_host: localhost
    smtp_port: ${mail.port}
    use_tls: true
    ca_file: ${mail.caFile}
    username: lnmt@example.com
    password: app_password
    from_email: lnmt@example.com
    to_emails:
      - admin@example.com
      - ops@example.com
    subject_template: "LNMT Alert: {level} - {title}"
    filters:
      min_level: error
    rate_limit:
      max_per_window: 5
      window: 3600

  # Slack connector
  slack_alerts:
    type: slack
    enabled: true
    webhook_url: ${slack.origin}/services/SOME/WEBHOOK/URL
    channel: "#alerts"
    username: LNMT Bot
    icon_emoji: ":robot_face:"
    filters:
      min_level: warning
      event_types: [system_health, critical_error, threshold_breach]

  # Discord connector
  discord_alerts:
    type: discord
    enabled: true
    webhook_url: ${discord.origin}/api/webhooks/1/TOKEN
    username: LNMT
    avatar_url: https://example.com/lnmt-avatar.png
    filters:
      min_level: critical
`,
  );
  return { file, syslog, http, slack, discord, mail };
}

test('is valid and listed', async () => {
  const { file } = await documented();
  expect(await say(['validate', '-c', file])).toMatchObject({
    status: 0,
    out: expect.stringMatching(/is valid: 0 receivers, 1 pipeline, 5 exporters/) as string,
  });
  const { status, out } = await say(['list', '-c', file]);
  expect(status).toBe(0);
  expect(out).toMatch(/email_alerts +email +yes +min_level: error +max_per_window: 5, window: 1h/);
});

test('test-all reaches every destination', async () => {
  const { file, http, syslog, mail } = await documented();
  const { status, out } = await say(['test-all', '-c', file]);
  expect(out).toMatch(/5 of 5 delivered/);
  expect(status).toBe(0);
  await eventually(() => syslog.messages.length === 1, 'the datagram has come');
  expect(syslog.messages[0]).toMatch(/^<134>1 /);
  expect(http.seen[0]!.headers).toMatchObject({
    'x-source': 'LNMT',
    authorization: `Basic ${Buffer.from('api_user:api_pass').toString('base64')}`,
  });
  expect(mail.mails[0]).toMatchObject({
    encrypted: true,
    recipients: ['admin@example.com', 'ops@example.com'],
    parsed: { subject: 'LNMT Alert: info - Test of email_alerts' },
  });
});

test('the library sends each event where the filters let it', async () => {
  const { file, http, slack, discord, mail, syslog } = await documented();
  const service = new IntegrationConnectorService(file);
  onTestFinished(() => service.close());
  const statuses = async (fields: Parameters<typeof service.alert>[0]) =>
    Object.entries(await service.alert(fields))
      .filter(([, { status }]) => status === 'sent')
      .map(([name]) => name);
  expect(await statuses({ level: 'info', title: 'a', tags: ['production'] })).toEqual(['webhook_endpoint']);
  expect(await statuses({ level: 'warning', title: 'b', eventType: 'system_health' })).toEqual([
    'local_syslog',
    'slack_alerts',
  ]);
  expect(await statuses({ level: 'critical', title: 'c', eventType: 'critical_error', tags: ['production'] })).toEqual(
    IDS,
  );
  expect([http.seen.length, slack.seen.length, discord.seen.length, mail.mails.length]).toEqual([2, 2, 1, 1]);
  await eventually(() => syslog.messages.length === 2, 'both datagrams have come');
});

const spec = fileURLToPath(new URL('../../../shared/spec/lnmt-integration-connectors.md', import.meta.url));

// Only where the document itself is at hand; the form is held by the tests above.
test.skipIf(!existsSync(spec))(
  'the comprehensive example of the documentation is valid and listed, unchanged',
  async () => {
    const [, yaml] = /```yaml\n(connectors:.*?)```/s.exec(readFileSync(spec, 'utf8'))!;
    const file = join(await temporaryDirectory(), 'config.yaml');
    await writeFile(file, yaml!);
    expect((await say(['validate', '-c', file])).status).toBe(0);
    const { status, out } = await say(['list', '-c', file, '--format', 'json']);
    expect(status).toBe(0);
    expect((JSON.parse(out) as { exporters: { id: string }[] }).exporters.map(({ id }) => id)).toEqual(IDS);
  },
);
