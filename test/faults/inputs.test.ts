/** Rows 18, 24, 26 and 27 of the fault matrix: what is sent, answered or named in order to do harm. */
import { request } from 'node:http';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createGzip, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { startCollector } from '../support/collector.ts';
import { command } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { serve } from '../support/http-server.ts';
import { eventsIn } from '../support/json-lines.ts';
import { postEvents } from '../support/post-events.ts';
import { peakMiB } from '../support/process.ts';
import { tcpSender } from '../support/syslog-senders.ts';

test('compressed bombs, of senders and of a destination: refused within 2 s, within the memory that a body may take', async () => {
  const small = await zeros(128);
  // 10 MB that are 10 GB.
  const bomb = Buffer.concat(Array.from({ length: 80 }, () => small));
  const hook = await serve({ body: bomb, headers: { 'content-encoding': 'gzip' } });
  const collector = await startCollector(`
receivers: { http: { listen: http://127.0.0.1:0, max_body: 16MiB } }
exporters: { http/hook: { url: '${hook.url}' } }
`);
  const port = await collector.port('http', 'http');
  expect((await postEvents(port, [{ title: 'before' }])).status).toBe(202);
  await eventually(
    async () => (await collector.status()).exporters['http/hook']!.sent === 1,
    'the answer is taken for what it is',
  );
  const before = await peakMiB(collector.pid);
  for (const encoding of ['gzip', 'gzip, gzip', 'deflate', 'br', 'zstd']) {
    const from = performance.now();
    expect([encoding, await post(port, bomb, { 'content-encoding': encoding })]).toEqual([
      encoding,
      encoding === 'gzip' ? 413 : expect.toBeOneOf([400, 413, 415]),
    ]);
    expect(performance.now() - from).toBeLessThan(2_000);
  }
  expect(await post(port, gzipSync(small), { 'content-encoding': 'gzip' })).toBe(400);
  // Twice what the bodies under way may take, max_in_flight.
  expect((await peakMiB(collector.pid)) - before).toBeLessThan(2 * 64);
  await collector.stop();
});

test('no secret gets out: not in the log, the metrics, the status, an answer, a dead letter or the command line', async () => {
  const CANARY = 'c4n4ry-7f3a';
  const hook = await serve(({ headers, path }) => ({
    status: 400,
    body: `you said ${headers.authorization ?? ''} at ${path}`,
  }));
  const hooked = `${hook.origin}/hooks/${CANARY}`;
  const collector = await startCollector(
    `
receivers: { http: { listen: http://127.0.0.1:0, auth: { type: bearer, token: ${CANARY}-in } } }
exporters:
  http/hook: { url: '${hooked}', auth: { type: bearer, token: ${CANARY}-out } }
  http/gone: { url: 'http://user:${CANARY}-pass@127.0.0.1:1/${CANARY}', timeout: 200ms }
  slack: { webhook_url: '${hooked}' }
  discord: { webhook_url: '${hooked}' }
  teams: { webhook_url: '${hooked}' }
  telegram: { bot_token: '1:${CANARY}-bot', chat_id: 1, api_url: '${hook.origin}' }
  loki: { url: '${hook.origin}', auth: { type: basic, username: me, password: ${CANARY}-loki } }
  splunk_hec: { url: '${hook.origin}', token: ${CANARY}-hec }
  email: { smtp_host: 127.0.0.1, smtp_port: 1, username: me, password: ${CANARY}-mail, from_email: a@example.com, to_emails: [b@example.com] }
`,
    { service: '  shutdown_timeout: 100ms\n  log: { level: debug }\n' },
  );
  const port = await collector.port('http', 'http');
  const answers = [
    await answerOf(port, {}),
    await answerOf(port, { authorization: 'Bearer wrong' }),
    await answerOf(port, { authorization: `Bearer ${CANARY}-in` }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([401, 401, 202]);
  await eventually(async () => (await collector.status()).exporters['http/hook']!.dead_lettered === 1, 'it is refused');
  await eventually(
    async () => Object.values((await collector.status()).exporters).every(({ failed_requests: failed }) => failed > 0),
    'each has failed',
  );
  const good = await readFile(collector.file, 'utf8');
  await collector.editRaw(good.replace('timeout: 200ms', 'timeoutt: 200ms'));
  await collector.said(/not taken over/);
  const letters: string[] = [];
  const folder = join(collector.directory, 'storage', 'dead-letters');
  for (const holder of await readdir(folder))
    for (const name of await readdir(join(folder, holder)))
      letters.push(await readFile(join(folder, holder, name), 'utf8'));
  const printed = await Promise.all(
    [['list', '--format', 'json'], ['validate'], ['plan'], ['dead-letters', 'list', '--format', 'json']].map((args) =>
      command([...args, '-c', collector.file]),
    ),
  );
  const said = {
    printed: JSON.stringify(printed),
    log: JSON.stringify(collector.log),
    status: JSON.stringify(await collector.status()),
    metrics: await collector.metrics(),
    answers: answers.map(({ text }) => text).join(),
    commandLine: await readFile(`/proc/${collector.pid}/cmdline`, 'utf8'),
    letters: letters.join(),
  };
  expect(letters.length).toBeGreaterThan(0);
  for (const [where, text] of Object.entries(said)) expect([where, text.includes(CANARY)]).toEqual([where, false]);
  await collector.editRaw(good);
  collector.signal('SIGTERM');
  expect(await collector.ended).toBe(0);
});

test('keys and names that programs stumble over are data, and lead nowhere', async () => {
  const index: string[] = [];
  const bulk = await serve(({ body }) => {
    index.push(...Array.from(body.matchAll(/"_index":"((?:[^"\\]|\\.)*)"/g), ([, name]) => name!));
    return { body: JSON.stringify({ errors: false, items: [{ create: { status: 201 } }] }) };
  });
  const collector = await startCollector(
    (directory) => `
receivers:
  http: { listen: http://127.0.0.1:0 }
  syslog: { listen: tcp://127.0.0.1:0 }
exporters:
  file: { path: '${directory}/all.jsonl' }
  elasticsearch: { url: '${bulk.url}', index: 'logs-{source}', batch: { max_events: 1 } }
`,
  );
  const port = await collector.port('http', 'http');
  const names = [
    '../../etc/passwd',
    'a\u0000b',
    '/absolute',
    'x'.repeat(5_000),
    '__proto__',
    'constructor',
    'hasOwnProperty',
    'UPPER, case',
  ];
  for (const source of names) {
    const body = `{"title":"odd","source":${JSON.stringify(source)},"metadata":{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"toString":1,"hasOwnProperty":2}}`;
    expect(await post(port, body, { 'content-type': 'application/json' })).toBe(202);
  }
  const file = join(collector.directory, 'all.jsonl');
  await eventually(() => eventsIn(file).length === names.length, 'all are written');
  await eventually(
    async () => (await collector.status()).exporters['elasticsearch']!.held === 0,
    'all are sent or set aside',
  );
  expect(eventsIn(file).map(({ source }) => source.slice(0, 200))).toEqual(names.map((name) => name.slice(0, 200)));
  for (const { metadata } of eventsIn(file))
    expect(Object.keys(metadata)).toEqual(['__proto__', 'constructor', 'toString', 'hasOwnProperty']);
  const syslog = await tcpSender(await collector.port('syslog', 'tcp'));
  await syslog.send(
    '<13>1 - web app - - [__proto__ polluted="1" constructor="2"][constructor@1 prototype="3"] structured',
  );
  await eventually(() => eventsIn(file).some(({ message }) => message === 'structured'), 'it is written');
  expect(JSON.stringify(eventsIn(file).at(-1)!.metadata)).toContain('"polluted"');
  for (const name of index) expect(name).toMatch(/^[^\\/*?"<>| ,#:A-Z\u0000]{1,255}$/);
  await collector.stop();
});

/** So many MiB of zeros, compressed. */
async function zeros(mib: number): Promise<Buffer> {
  const gzip = createGzip({ level: 9 });
  const chunks: Buffer[] = [];
  gzip.on('data', (chunk: Buffer) => chunks.push(chunk));
  const zero = Buffer.alloc(1_024 * 1_024);
  for (let n = 0; n < mib; n += 1) if (!gzip.write(zero)) await new Promise((resolve) => gzip.once('drain', resolve));
  await new Promise<void>((resolve) => gzip.end(resolve));
  return Buffer.concat(chunks);
}

async function post(port: number, body: Buffer | string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const length = String(Buffer.byteLength(body));
    const sending = request(
      {
        port,
        host: '127.0.0.1',
        path: '/v1/events',
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': length, ...headers },
      },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    sending.on('error', reject);
    sending.end(body);
  });
}

async function answerOf(
  port: number,
  headers: Record<string, string>,
): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: '{"title":"hello"}',
  });
  return { status: response.status, text: `${await response.text()} ${JSON.stringify([...response.headers])}` };
}
