/** The main job: two thousand lines of a real server, by each way in, parsed, and the grave ones brought to people. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startCollector, type Collector } from '../support/collector.ts';
import { eventually } from '../support/eventually.ts';
import { serve } from '../support/http-server.ts';
import { eventsIn, type WrittenEvent } from '../support/json-lines.ts';
import { serveSlack } from '../support/slack-server.ts';
import { serveMail } from '../support/smtp-server.ts';
import { tcpSender, udpSender } from '../support/syslog-senders.ts';

interface Sample {
  readonly input: string;
  readonly ambiguous?: boolean;
  readonly expected: {
    timestamp: string;
    hostname: string;
    appname: string | null;
    procid: string | null;
    message: string;
  };
}

const loghub = new URL('../../../shared/conformance/loghub/', import.meta.url);
const present = existsSync(loghub);
if (!present) process.stderr.write('real-lines.test.ts: skipped, ../shared/conformance is not there\n');

/** As the sender's syslog daemon rated them: auth.warning, else auth.info. */
const rated = (line: string): string => (/failure|error/.test(line) ? `<36>${line}` : `<38>${line}`);

const config = (directory: string, slackUrl: string, hookUrl: string, smtpPort: number): string => `
receivers:
  syslog/udp: { listen: udp://127.0.0.1:0 }
  syslog/tcp: { listen: tcp://127.0.0.1:0 }
  file/linux: { include: ['${directory}/linux.log'], poll_interval: 50ms, flush_after: 300ms }
exporters:
  file/udp: { path: '${directory}/udp.jsonl' }
  file/tcp: { path: '${directory}/tcp.jsonl' }
  file/tailed: { path: '${directory}/tailed.jsonl' }
  http/grave: { url: '${hookUrl}', batch: { max_events: 100, max_wait: 50ms } }
  slack/ops:
    webhook_url: '${slackUrl}'
    rate_limit: { max_per_window: 2, window: 1h }
  email/oncall:
    smtp_host: localhost
    smtp_port: ${smtpPort}
    use_tls: false
    from_email: LNMT <lnmt@example.com>
    to_emails: [oncall@example.com]
    rate_limit: { max_per_window: 5, window: 1h }
pipelines:
  udp: { receivers: [syslog/udp], exporters: [file/udp, pipeline/grave] }
  tcp: { receivers: [syslog/tcp], exporters: [file/tcp, pipeline/grave] }
  tailed: { receivers: [file/linux], exporters: [file/tailed, pipeline/grave] }
  grave:
    processors: [filter: { min_level: warning }]
    exporters: [http/grave, slack/ops, email/oncall]
`;

test.skipIf(!present)(
  '2,000 real lines arrive once each over UDP, TCP and from a file; the grave ones reach people',
  async () => {
    const [slack, hook, mail] = await Promise.all([serveSlack(), serve(), serveMail()]);
    const collector = await startCollector((directory) => {
      writeFileSync(join(directory, 'linux.log'), '');
      return config(directory, slack.url, hook.url, mail.port);
    });
    const raw = readFileSync(new URL('Linux_2k.log', loghub), 'utf8');
    const lines = raw.split('\r\n').filter((line) => line !== '');
    const samples = readFileSync(new URL('Linux_expected.jsonl', loghub), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Sample);
    expect([lines.length, samples.length]).toEqual([2_000, 2_000]);

    await Promise.all([
      overUdp(collector, lines),
      overTcp(collector, lines),
      appendFile(join(collector.directory, 'linux.log'), raw),
    ]);

    const written = (name: string): WrittenEvent[] => eventsIn(join(collector.directory, `${name}.jsonl`));
    for (const name of ['udp', 'tcp', 'tailed']) {
      await eventually(() => written(name).length >= 2_000, `${name}.jsonl has all lines`, 15_000);
      const events = written(name);
      expect(events).toHaveLength(2_000);
      for (const [index, sample] of samples.entries())
        if (!sample.ambiguous) expectParsed(events[index]!, sample, name);
    }
    expect(await collector.metric('lnmt_collector_receiver_kernel_dropped_messages_total')).toBe(0);
    for (const name of ['udp', 'tcp']) {
      expect(written(name).map(({ level }) => level)).toEqual(
        lines.map((line) => (rated(line).startsWith('<36>') ? 'warning' : 'info')),
      );
      expect(written(name).every(({ event_type: type }) => type === 'security_event')).toBe(true);
    }

    const grave = 2 * lines.filter((line) => rated(line).startsWith('<36>')).length;
    const posted = (): WrittenEvent[] => hook.seen.flatMap(({ body }) => JSON.parse(body) as WrittenEvent[]);
    await eventually(() => posted().length >= grave, 'the webhook has the grave ones');
    expect(posted()).toHaveLength(grave);
    expect(new Set(posted().map(({ event_id: id }) => id)).size).toBe(grave);
    await eventually(
      () => slack.messages.length === 2 && mail.mails.length === 5,
      'Slack and the mail server have theirs',
    );
    expect(slack.messages[0]!.text).toMatch(/^\*WARNING\* · /);
    expect(slack.messages[0]!.attachments![0]!.blocks!.length).toBeGreaterThan(0);
    expect(mail.mails[0]!.parsed.subject).toMatch(/^LNMT Alert: warning - /);
    expect(mail.mails[0]!.recipients).toEqual(['oncall@example.com']);
    expect(mail.mails[0]!.parsed.text).toContain('combo');

    const { exporters } = await collector.expectBalancedBooks();
    expect(exporters['slack/ops']).toMatchObject({ received: grave, sent: 2, suppressed_at_door: grave - 2 });
    expect(exporters['email/oncall']).toMatchObject({ received: grave, sent: 5, suppressed_at_door: grave - 5 });
    expect(collector.log.filter(({ level }) => level !== 'info')).toEqual([]);
    await collector.stop();
  },
);

function expectParsed(event: WrittenEvent, { input, expected }: Sample, way: string): void {
  const { hostname, appname, procid } = event.metadata;
  const found = { timestamp: `XXXX${event.timestamp.slice(4, 19)}`, hostname, appname, procid, message: event.message };
  const wanted = {
    timestamp: expected.timestamp,
    hostname: 'combo',
    appname: expected.appname ?? undefined,
    procid: expected.procid ?? undefined,
    message: expected.message,
  };
  expect(found, `${way}: ${input}`).toEqual(wanted);
  expect(event.metadata, `${way}: ${input}`).not.toHaveProperty('parse_error');
}

/** No faster than the collector reads: what a full receive buffer costs is not what is tested here. */
async function overUdp(collector: Collector, lines: readonly string[]): Promise<void> {
  const sender = udpSender(await collector.port('syslog/udp', 'udp'));
  for (let from = 0; from < lines.length; from += 200) {
    const part = lines.slice(from, from + 200);
    for (const line of part) await sender.send(rated(line));
    const accepted = async (): Promise<number> => (await collector.status()).receivers['syslog/udp']!.accepted;
    await eventually(async () => (await accepted()) >= from + part.length, `${from + part.length} datagrams are taken`);
  }
}

async function overTcp(collector: Collector, lines: readonly string[]): Promise<void> {
  const sender = await tcpSender(await collector.port('syslog/tcp', 'tcp'));
  for (const line of lines) await sender.send(rated(line));
  await sender.close();
}
