/** The collector's own troubles go out through another exporter: what examples/collector-health.yaml promises. */
import { expect, test } from 'vitest';
import { startCollector } from '../support/collector.ts';
import { eventually } from '../support/eventually.ts';
import { serve } from '../support/http-server.ts';
import { postEvents } from '../support/post-events.ts';
import { serveMail } from '../support/smtp-server.ts';

test('a destination that fails, and an edit that is refused, are mails; so is their end', async () => {
  let broken = true;
  const slack = await serve(() => (broken ? { status: 503, body: 'down for repairs' } : { body: 'ok' }));
  const mail = await serveMail();
  const config = `
receivers:
  http: { listen: http://127.0.0.1:0 }
  internal: {}
exporters:
  slack/ops: { webhook_url: '${slack.url}', retry: { initial_interval: 100ms, max_interval: 100ms } }
  email/admins:
    smtp_host: localhost
    smtp_port: ${mail.port}
    ca_file: ${mail.caFile}
    from_email: lnmt@example.com
    to_emails: [admin@example.com]
    subject_template: 'Collector: {title}'
pipelines:
  events: { receivers: [http], exporters: [slack/ops] }
  own-troubles: { receivers: [internal], exporters: [email/admins] }
`;
  const subjects = (): (string | undefined)[] => mail.mails.map(({ parsed }) => parsed.subject);
  const collector = await startCollector(config);
  await postEvents(await collector.port('http', 'http'), [{ level: 'error', title: 'disk full' }]);
  await eventually(() => mail.mails.length === 1, 'the failure is a mail');
  expect(subjects()).toEqual(['Collector: slack/ops cannot deliver now; it is tried again']);
  expect(mail.mails[0]!.parsed.text).toContain('answered 503: down for repairs');

  broken = false;
  await collector.edit(config.replace('retry:', 'rety:'));
  await eventually(() => mail.mails.length >= 2, 'the refused edit is a mail');
  const refused = mail.mails.find(({ parsed }) => parsed.subject?.includes('not valid'));
  expect(refused?.parsed.text).toMatch(/:6:\d+ unknown option "rety"/);

  await collector.edit(config);
  await eventually(() => mail.mails.length === 4, 'both ends are mails', 20_000);
  expect(subjects().slice(2).join()).toMatch(/slack\/ops delivers again/);
  expect(subjects().slice(2).join()).toMatch(/is valid again and in effect/);
  await collector.expectBalancedBooks();
  await collector.stop();
});
