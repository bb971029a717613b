/** Row 24 of the fault matrix: every option that the schemas call a secret has a canary in it, and everything goes wrong. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { catalog } from '../../src/catalog.ts';
import type { Field } from '../../src/component/schema.ts';
import { Secrets } from '../../src/config/secrets.ts';
import { serviceSchema } from '../../src/config/service-schema.ts';
import { Source } from '../../src/config/source.ts';
import { startCollector, type Collector } from '../support/collector.ts';
import { command } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { serve } from '../support/http-server.ts';

const CANARY = 'c4n4ry7f3a';

/** As it stands in what is sent, and as base64 has it, wherever in a text it begins. */
const SPELLINGS = [
  CANARY,
  ...[0, 1, 2].map((before) =>
    Buffer.from(`${'\0'.repeat(before)}${CANARY}`)
      .toString('base64')
      .slice(before === 0 ? 0 : before + 1, 12),
  ),
];

/** A canary, and some of what is around it. */
const TOLD = new RegExp(`\\S{0,20}(?:${SPELLINGS.join('|')})\\S{0,20}`, 'g');

/** A canary in each secret; `secret` writes one, of which `before` and `after` are no secret. */
const configuration = (origin: string, secret: (name: string, before?: string, after?: string) => string): string => `
receivers:
  http/bearer: { listen: http://127.0.0.1:0, auth: { type: bearer, token: ${secret('in')} } }
  http/basic: { listen: http://127.0.0.1:0, auth: { type: basic, username: me, password: ${secret('pass')} } }
  http/hmac: { listen: http://127.0.0.1:0, auth: { type: hmac, secret: ${secret('hmac')} } }
  internal: {}
processors:
  redact: { hash_key: ${secret('hash')} }
exporters:
  http/bearer:
    url: ${secret('path', `${origin}/hooks/`)}
    headers: { x-api-key: ${secret('header')}, x-honeycomb-team: ${secret('0123456789')} }
    auth: { type: bearer, token: ${secret('out')} }
  http/basic: { url: '${origin}', auth: { type: basic, username: me, password: ${secret('basic')} } }
  http/gone: { url: ${secret('user', 'http://user:', '@127.0.0.1:1/')}, timeout: 200ms }
  slack/hook: { webhook_url: ${secret('slack', `${origin}/`)} }
  slack/bot: { token: ${secret('bot', 'xoxb-')}, channel: '#ops', api_url: '${origin}' }
  discord: { webhook_url: ${secret('discord', `${origin}/`)} }
  teams: { webhook_url: ${secret('teams', `${origin}/`)} }
  telegram: { bot_token: ${secret('telegram', '1:')}, chat_id: 1, api_url: '${origin}' }
  pagerduty: { routing_key: ${secret('routing')}, url: '${origin}' }
  elasticsearch/key: { url: '${origin}', api_key: ${secret('apikey')} }
  elasticsearch/basic: { url: '${origin}', auth: { type: basic, username: me, password: ${secret('elastic')} } }
  elasticsearch/bearer: { url: '${origin}', auth: { type: bearer, token: ${secret('elastictoken')} } }
  loki/basic: { url: '${origin}', auth: { type: basic, username: me, password: ${secret('loki')} } }
  loki/bearer: { url: '${origin}', auth: { type: bearer, token: ${secret('lokitoken')} } }
  splunk_hec: { url: '${origin}', token: ${secret('hec')} }
  otlphttp: { endpoint: '${origin}', headers: { api-key: ${secret('otlp')}, authorization: ${secret('otlptoken', 'Bearer ')} } }
  email: { smtp_host: 127.0.0.1, smtp_port: 1, username: me, password: ${secret('mail')}, from_email: a@example.com, to_emails: [b@example.com] }
pipelines:
  all:
    receivers: [http/bearer, http/basic, http/hmac, internal]
    processors: [redact]
    exporters: [http/bearer, http/basic, http/gone, slack/hook, slack/bot, discord, teams, telegram, pagerduty, elasticsearch/key, elasticsearch/basic, elasticsearch/bearer, loki/basic, loki/bearer, splunk_hec, otlphttp, email]
`;

/** Of receivers, processors and exporters by type, and of the service. */
const secrets = [
  ...[catalog.receivers, catalog.processors, catalog.exporters].flatMap((types) =>
    [...types].flatMap(([type, { schema }]) => secretsIn(schema, type)),
  ),
  ...secretsIn(serviceSchema, 'service'),
];

test('there is a canary in every secret of the schemas', () => {
  const written = parse(configuration('http://127.0.0.1', canary)) as Record<string, Record<string, object>>;
  // The tests of a running collector give it this one.
  const found = new Set(['service.admin.token']);
  for (const kind of ['receivers', 'processors', 'exporters'] as const) {
    for (const [id, options] of Object.entries(written[kind]!)) {
      const type = id.split('/', 1)[0]!;
      for (const path of canariesIn(catalog[kind].get(type)!.schema, options, type)) found.add(path);
    }
  }
  expect(secrets.filter((path) => !found.has(path))).toEqual([]);
});

test('every secret of the schemas is known by its name, for files that are not YAML', () => {
  // Headers, and URLs without anything secret in them, are told by what they are.
  const names = new Set(secrets.map((path) => path.split('.').at(-1)!).filter((name) => !['*', 'url'].includes(name)));
  const shown = [...names].map((name) => new Secrets().maskedLine(new Source('/file.yaml', `${name}: ${CANARY}`), 1));
  expect(shown).toEqual([...names].map((name) => `${name}: ${'*'.repeat(CANARY.length)}`));
});

test.for([
  ['written in the file', {}],
  ['found in the environment', { workers: 1 }],
] as const)(
  'no secret that is %s gets out: not in the log, the metrics, the status, an answer, the storage, what commands print or the command line',
  { timeout: 60_000 },
  async ([where, { workers = 0 }]: readonly [string, { readonly workers?: number }]) => {
    const inFile = where === 'written in the file';
    const env: Record<string, string> = {};
    const secret = (name: string, before = '', after = ''): string => {
      if (inFile) return canary(name, before, after);
      env[`SECRET_${name}`] = `${before}${CANARY}${name}${after}`;
      return `\${env:SECRET_${name}}`;
    };
    // It gives away, first of all, what it was told in confidence.
    const hook = await serve(({ headers, path, body }) => {
      const told = [...Object.values(headers), path, body].flatMap((text) => String(text).match(TOLD) ?? []);
      return { status: 400, body: `you said ${told.join(' and ')}` };
    });
    const token = `${CANARY}admin`;
    const text = configuration(hook.origin, secret);
    const collector = await startCollector(text, {
      admin: { token, written: secret('admin') },
      env,
      service: `  shutdown_timeout: 100ms\n  workers: ${workers}\n  record: true\n  log: { level: debug }\n`,
    });
    const answers = await Promise.all(
      (
        [
          ['http/bearer', {}],
          ['http/bearer', { authorization: `Bearer ${CANARY}` }],
          ['http/basic', { authorization: `Basic ${Buffer.from(`me:${CANARY}`).toString('base64')}` }],
          ['http/hmac', { 'x-hub-signature-256': `sha256=${CANARY}` }],
          ['http/bearer', { authorization: `Bearer ${CANARY}in` }],
        ] as const
      ).map(async ([receiver, headers]) => answerOf(await collector.port(receiver, 'http'), headers)),
    );
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 202]);
    await eventually(
      async () =>
        Object.values((await collector.status()).exporters).every(({ failed_requests: failed }) => failed > 0),
      'each has failed',
      10_000,
    );
    await eventually(async () => (await lettersOf(collector)).length >= 6, 'some is refused for good');
    const good = await readFile(collector.file, 'utf8');
    const edited = join(collector.directory, 'edited.yaml');
    await writeFile(edited, good.replace('timeout: 200ms', 'timeout: 300ms').replace('x-api-key', 'x-other-key'));
    const broken = join(collector.directory, 'broken.yaml');
    await writeFile(broken, good.replace('timeout: 200ms', 'timeoutt: 200ms').replace('hash_key: ', 'hash_key: - '));
    const said: Record<string, string> = {};
    const print = async (...args: readonly string[]): Promise<void> => {
      const { stdout, stderr } = await command([...args], { env });
      said[args.join(' ')] = stdout + stderr;
    };
    const c = ['-c', collector.file];
    const json = ['--format', 'json'];
    const letter = (await lettersOf(collector))[0]!;
    const page = join(collector.directory, 'preview.html');
    await Promise.all([
      print('list', ...c),
      print('list', ...c, ...json),
      print('validate', ...c),
      print('validate', '-c', broken),
      print('validate', '-c', broken, ...json),
      print('plan', edited, ...c),
      print('plan', broken, ...c, ...json),
      print('explain', ...c, 'password=hello', '--preview', page),
      print('explain', ...c, ...json, 'password=hello'),
      print('replay', '--against', edited, ...c),
      print('top', ...c),
      print('top', ...c, ...json),
      print('dead-letters', 'list', ...c),
      print('dead-letters', 'show', letter, ...c),
      print('dead-letters', 'show', letter, ...c, ...json),
      print('test-all', ...c),
      print('alert', ...c, '-t', 'hello', '-n', 'pagerduty', ...json),
      print('monitor', '-c', broken),
    ]);
    said['preview'] = await readFile(page, 'utf8');
    await collector.editRaw(await readFile(broken, 'utf8'));
    await collector.said(/not taken over/);
    Object.assign(said, {
      status: JSON.stringify(await collector.status()),
      metrics: await collector.metrics(),
      answers: answers.map(({ text: answer }) => answer).join(),
      commandLine: await readFile(`/proc/${collector.pid}/cmdline`, 'utf8'),
    });
    await collector.editRaw(good);

    collector.signal('SIGTERM');
    expect(await collector.ended).toBe(0);
    Object.assign(said, { log: JSON.stringify(collector.log) }, await filesBelow(join(collector.directory, 'storage')));
    // What was written in the file is kept with the file: the one to start from while that is broken.
    const keptWithIt = inFile ? Object.keys(said).filter((name) => name.includes('last-good')) : [];
    const hits = Object.entries(said).flatMap(([name, words]) =>
      SPELLINGS.flatMap((spelling) => (words.includes(spelling) ? [[name, around(words, spelling)]] : [])),
    );
    expect(hits.filter(([name]) => !keptWithIt.includes(name!))).toEqual([]);
    expect(keptWithIt.length).toBe(inFile ? 1 : 0);
  },
);

function canary(name: string, before = '', after = ''): string {
  return `'${before}${CANARY}${name}${after}'`;
}

/** Paths of all secrets of a schema. */
function secretsIn(field: Field, path: string): string[] {
  if ('writeOnly' in field && field.writeOnly) return [path];
  if (field.type === 'array') return secretsIn(field.items, `${path}[]`);
  if (field.type !== 'object') return [];
  if (!('properties' in field)) return secretsIn(field.additionalProperties, `${path}.*`);
  return Object.entries(field.properties).flatMap(([name, inner]) => secretsIn(inner, `${path}.${name}`));
}

/** Paths of those secrets in which there is a canary. */
function canariesIn(field: Field, value: unknown, path: string): string[] {
  if ('writeOnly' in field && field.writeOnly) return String(value).includes(CANARY) ? [path] : [];
  if (field.type === 'array') return [value].flat().flatMap((item) => canariesIn(field.items, item, `${path}[]`));
  if (field.type !== 'object' || typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    'properties' in field
      ? canariesIn(field.properties[name]!, inner, `${path}.${name}`)
      : canariesIn(field.additionalProperties, inner, `${path}.*`),
  );
}

function around(text: string, found: string): string {
  const at = text.indexOf(found);
  return text.slice(Math.max(0, at - 60), at + 40);
}

async function lettersOf(collector: Collector): Promise<string[]> {
  const { stdout } = await command(['dead-letters', 'list', '-c', collector.file, '--format', 'json']);
  return (JSON.parse(stdout) as { id: string }[]).map(({ id }) => id);
}

async function filesBelow(folder: string): Promise<Record<string, string>> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const texts = files.map(async ({ parentPath, name }) => {
    const path = join(parentPath, name);
    return [path.slice(folder.length), await readFile(path, 'latin1')] as const;
  });
  return Object.fromEntries(await Promise.all(texts));
}

async function answerOf(
  port: number,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: '{"title":"hello"}',
  });
  return { status: response.status, text: `${await response.text()} ${JSON.stringify([...response.headers])}` };
}
