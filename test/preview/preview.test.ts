import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { discordHtml, markdownHtml } from '../../src/preview/discord.ts';
import { mrkdwnHtml } from '../../src/preview/slack.ts';
import { fileInFolder, say } from '../support/in-process.ts';

test('mrkdwn is shown as Slack shows it', () => {
  expect(mrkdwnHtml('*WARNING* · a_b_c &lt;script&gt;\n<!date^1791756855^{date_short_pretty}|then>')).toBe(
    '<b>WARNING</b> · a_b_c &lt;script&gt;<br>2026-10-11 22:14 UTC',
  );
  expect(mrkdwnHtml('```\n*not bold*\n```')).toBe('<pre>*not bold*</pre>');
  expect(mrkdwnHtml('<https://example.com|a link> ~gone~ `code`')).toBe('<u>a link</u> <s>gone</s> <code>code</code>');
});

test('Markdown is shown as Discord shows it, and what is escaped is no markup', () => {
  expect(markdownHtml('**bold** \\*not\\* <b>')).toBe('<b>bold</b> &#42;not&#42; &lt;b&gt;');
  expect(
    discordHtml(JSON.stringify({ embeds: [{ title: '<x>', color: 255, timestamp: '2026-01-15T12:00:00Z' }] }), 0),
  ).toMatch(/border-color:#0000ff[\s\S]*&lt;x&gt;[\s\S]*2026-01-15 12:00 UTC/);
});

const FILE = `
receivers:
  http: {}
exporters:
  slack: { webhook_url: 'https://hooks.example.com/services/T0/B0/s3cretS3cret' }
  discord: { webhook_url: 'https://discord.example.com/api/webhooks/1/s3cretS3cret' }
  email: { smtp_host: smtp.example.com, from_email: a@example.com, to_emails: [b@example.com] }
  http/store: { url: 'https://store.example.com' }
`;

test('a hostile event is text on the page, and nothing is loaded or run', async () => {
  const { folder, file } = await fileInFolder(FILE);
  const page = join(folder, 'page.html');
  const hostile = `<script>alert(1)</script> " onload="alert(2)' </iframe> https://hooks.example.com/services/T0/B0/s3cretS3cret`;
  const { status, err } = await say([
    'explain',
    JSON.stringify({ title: hostile, message: `${hostile}\nmore`, metadata: { [hostile]: hostile } }),
    '-c',
    file,
    '--preview',
    page,
  ]);
  expect([status, err]).toEqual([0, expect.stringContaining('4 messages as people will see them')]);
  const html = await readFile(page, 'utf8');
  expect(html).not.toMatch(/<script|<img|src="http|[\s"]onload="/i);
  expect(html).not.toContain('s3cretS3cret');
  expect(html).toContain("default-src 'none'");
  expect(html.match(/<iframe /g)).toHaveLength(1);
  expect(html).toContain('<iframe sandbox ');
});
