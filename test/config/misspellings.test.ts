/** What fingers do to a file at three in the morning: each slip is found on its line, and nearly always named. */
import { expect, test } from 'vitest';
import { catalog } from '../../src/catalog.ts';
import { loadConfiguration } from '../../src/config/load.ts';

const FILE = `receivers:
  syslog:
    listen: [udp://0.0.0.0:5514]
    format: rfc5424
    framing: newline
    max_message_size: 64KiB
    timezone: Europe/Berlin
    idle_timeout: 5m
  http:
    listen: http://127.0.0.1:8686
    max_body: 1MiB
    auth: { type: bearer, token: abc }
  file/nginx:
    include: [/var/log/nginx/*.log]
    exclude: ['*.gz']
    start_at: beginning
    multiline: { start: '^[0-9]' }
    poll_interval: 1s
processors:
  enrich/site:
    set: { site: fra1 }
    tags: [production]
    remove: [metadata.password]
  filter/noise:
    drop_when: 'message.contains("health") && level < warning'
exporters:
  slack/ops:
    webhook_url: https://hooks.slack.com/services/T0/B0/x
    username: LNMT
    filters: { min_level: warning, event_types: [custom], required_tags: [production] }
    rate_limit: { max_per_window: 10, window: 1h, summary: true }
    timeout: 30s
    retry: { initial_interval: 1s, max_interval: 1m, max_elapsed_time: 1h }
    queue: { type: disk, max_size: 10MiB, on_full: drop_oldest }
    concurrency: 2
  email/oncall:
    smtp_host: smtp.example.com
    smtp_port: 587
    use_tls: true
    from_email: a@example.com
    to_emails: [b@example.com]
    subject_template: '{title}'
  http/hook:
    url: https://example.com
    method: POST
    headers: { X-Source: LNMT }
    compression: gzip
pipelines:
  ops:
    receivers: [syslog, http, file/nginx]
    processors:
      - enrich/site
      - filter/noise
      - ratelimit: { max_per_window: 10, window: 1h, by: [source] }
    exporters: [slack/ops, http/hook, pipeline/oncall]
  oncall:
    processors: [filter: { when: 'level >= critical' }]
    exporters: [email/oncall]
service:
  storage: { directory: /tmp/x }
  admin: { listen: 127.0.0.1:13133 }
  log: { level: info, format: json }
  shutdown_timeout: 10s
`;

/** As it should be, and as it was typed. The slip is in the first place where the right word stands. */
const SLIPS: readonly (readonly [string, string])[] = [
  ['receivers:', 'recievers:'],
  ['processors:', 'procesors:'],
  ['exporters:', 'exporter:'],
  ['pipelines:', 'pipeline:'],
  ['service:', 'servcie:'],
  ['  syslog:', '  sylog:'],
  ['  http:', '  htpp:'],
  ['  file/nginx:', '  flie/nginx:'],
  ['  enrich/site:', '  enrcih/site:'],
  ['  filter/noise:', '  fliter/noise:'],
  ['  slack/ops:', '  slak/ops:'],
  ['  email/oncall:', '  emial/oncall:'],
  ['listen:', 'listn:'],
  ['rfc5424', 'rfc5242'],
  ['format:', 'fromat:'],
  ['framing:', 'frameing:'],
  ['newline', 'newlines'],
  ['max_message_size:', 'max_mesage_size:'],
  ['timezone:', 'time_zone:'],
  ['idle_timeout:', 'idletimeout:'],
  ['max_body:', 'max_boby:'],
  ['auth:', 'auht:'],
  ['bearer', 'baerer'],
  ['token:', 'tokn:'],
  ['include:', 'includes:'],
  ['exclude:', 'exlcude:'],
  ['start_at:', 'startat:'],
  ['beginning', 'begining'],
  ['multiline:', 'multi_line:'],
  ['poll_interval:', 'pol_interval:'],
  ['set:', 'sett:'],
  ['tags:', 'tag:'],
  ['remove:', 'removes:'],
  ['drop_when:', 'dropwhen:'],
  ['webhook_url:', 'webhok_url:'],
  ['username:', 'user_name:'],
  ['filters:', 'filter:'],
  ['min_level:', 'min_levle:'],
  ['warning,', 'warnign,'],
  ['event_types:', 'event_type:'],
  ['required_tags:', 'require_tags:'],
  ['rate_limit:', 'ratelimit:'],
  ['max_per_window:', 'max_per_windw:'],
  ['window: 1h, summary', 'windw: 1h, summary'],
  ['summary:', 'sumary:'],
  ['timeout: 30s', 'time_out: 30s'],
  ['retry:', 'retries:'],
  ['initial_interval:', 'inital_interval:'],
  ['max_elapsed_time:', 'max_elapse_time:'],
  ['queue:', 'queu:'],
  ['disk,', 'dsik,'],
  ['on_full:', 'onfull:'],
  ['drop_oldest', 'drop_oldst'],
  ['concurrency:', 'concurency:'],
  ['smtp_host:', 'smpt_host:'],
  ['use_tls:', 'use_tsl:'],
  ['to_emails:', 'to_email:'],
  ['subject_template:', 'subject_tempalte:'],
  ['POST', 'PSOT'],
  ['headers:', 'header:'],
  ['compression:', 'compresion:'],
  ['[syslog,', '[sylsog,'],
  ['- enrich/site', '- enrich/sit'],
  ['- ratelimit:', '- rate_limit:'],
  ['[slack/ops,', '[slack/op,'],
  ['pipeline/oncall]', 'pipeline/onclal]'],
  ['[email/oncall]', '[email/on_call]'],
  ['directory:', 'dirctory:'],
  ['admin:', 'amdin:'],
  ['shutdown_timeout:', 'shutdown_time_out:'],
];

const word = (text: string): string => text.replace(/^- /, '').replace(/[[\]:,\s]|1h.*|30s/g, '');

async function problemOf(right: string, wrong: string) {
  const at = FILE.indexOf(right);
  expect(at, `${right} is in the file`).toBeGreaterThanOrEqual(0);
  const line = FILE.slice(0, at).split('\n').length;
  const text = FILE.slice(0, at) + wrong + FILE.slice(at + right.length);
  const file = '/etc/lnmt/collector.yaml';
  const { problems } = await loadConfiguration(file, catalog, {
    env: {},
    noSecrets: true,
    files: new Map([[file, text]]),
  });
  return { line, problems: problems.filter(({ severity }) => severity === 'error') };
}

test('the file is right as it stands', async () => {
  expect((await problemOf('receivers:', 'receivers:')).problems).toEqual([]);
});

test.for(SLIPS)('%s typed as %s is found on its line', async ([right, wrong]) => {
  const { line, problems } = await problemOf(right, wrong);
  expect(problems.map((problem) => problem.line)).toContain(line);
});

test('nine of ten are named, and none is named wrongly', async () => {
  const named: string[] = [];
  const misled: string[] = [];
  for (const [right, wrong] of SLIPS) {
    const { line, problems } = await problemOf(right, wrong);
    const suggestions = problems
      .filter((problem) => problem.line === line)
      .flatMap(({ suggestion }) => suggestion ?? []);
    if (suggestions.includes(word(right))) named.push(wrong);
    else if (suggestions.length > 0) misled.push(`${wrong}: ${suggestions.join(', ')}`);
  }
  expect(misled).toEqual([]);
  expect(
    named.length / SLIPS.length,
    `not named: ${SLIPS.map(([, wrong]) => wrong)
      .filter((wrong) => !named.includes(wrong))
      .join(' ')}`,
  ).toBeGreaterThanOrEqual(0.9);
});

test('a misspelt type is said where it is defined, and not again where the id is used as it was meant', async () => {
  const yaml = `receivers:
  htpp: { listen: http://127.0.0.1:0 }
processors:
  fliter/loud: { min_level: error }
exporters:
  slak/ops: { webhook_url: https://hooks.slack.com/services/T/B/x }
pipelines:
  ops: { receivers: [http], processors: [filter/loud], exporters: [slack/ops] }
`;
  const { problems } = await loadConfiguration('/x/collector.yaml', catalog, {
    env: {},
    files: new Map([['/x/collector.yaml', yaml]]),
  });
  const errors = problems.filter(({ severity }) => severity === 'error');
  expect(errors.map(({ line, suggestion }) => `${line} ${suggestion}`)).toEqual([
    '2 http',
    '4 filter/loud',
    '6 slack/ops',
  ]);
  expect(problems.filter(({ message }) => message.startsWith('no pipeline uses'))).toEqual([]);
});
