/** Rows 18, 26 and 27 of the fault matrix: what is sent, answered or named in order to do harm. */
import { request } from 'node:http';
import { join } from 'node:path';
import { createGzip, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { startCollector } from '../support/collector.ts';
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
