import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { catalog } from '../../src/catalog.ts';
import type { Exporter } from '../../src/component/component.ts';
import { Threads } from '../../src/threads/threads.ts';
import { eventually } from '../support/eventually.ts';
import { event, fakeContext } from '../support/fakes.ts';
import { serve, type TestAnswer } from '../support/http-server.ts';
import { exporter as specOf, fakeWorld } from '../support/pipeline.ts';

const OPTIONS = { method: 'POST', headers: {}, format: 'json', compression: 'none', verify_ssl: true };
const events = ['one', 'zwei "2"', 'trois\n3'].map((title) =>
  event({ title, metadata: { n: title.length, deep: [{}] } }),
);

async function threaded(answer?: Parameters<typeof serve>[0], options: object = {}) {
  const server = await serve(answer);
  const context = { ...fakeContext('http/a'), batched: true };
  const log: string[] = [];
  const note = (message: string): void => void log.push(message);
  const world = fakeWorld();
  const threads = new Threads(1, { debug: note, info: note, warn: note, error: note }, world.meter);
  onTestFinished(() => threads.close());
  const make = (more: object = {}): Exporter => {
    const whole = { ...OPTIONS, url: server.url, ...options, ...more };
    return threads.exporter({ ...specOf('http/a', whole), type: 'http' }, context)!;
  };
  return { server, context, log, threads, make, exporter: make() };
}

function send(exporter: Exporter, signal = new AbortController().signal, some = events) {
  const [encoded] = exporter.encode(some);
  return exporter.send(encoded!.request, signal);
}

/** The thread that the code under test starts. */
function nextThread(): Promise<Worker> {
  return new Promise((resolve) => process.once('worker', resolve));
}

test('what a thread sends is, byte for byte, what the main thread would', async () => {
  for (const options of [{}, { format: 'ndjson' }, { template: '{"t": "{title}", "n": "{metadata.n}"}' }]) {
    const { server, exporter, context } = await threaded({}, options);
    expect(await send(exporter)).toEqual({ kind: 'sent' });
    const here = catalog.exporters.get('http')!.create({ ...OPTIONS, url: server.url, ...options } as never, context);
    expect(await send(here)).toEqual({ kind: 'sent' });
    await here.stop?.();
    expect(server.seen[0]!.body).toBe(server.seen[1]!.body);
    expect(server.seen[0]!.headers).toEqual(server.seen[1]!.headers);
  }
});

test('requests that are made one after the other arrive in order', async () => {
  const { server, exporter } = await threaded();
  for (let n = 0; n < 50; n += 1) await send(exporter, undefined, [event({ title: `n${n}` })]);
  expect(server.seen.map(({ body }) => /"title":"n(\d+)"/.exec(body)?.[1])).toEqual([...Array(50).keys()].map(String));
});

test('verdicts come back as they are: later with its wait, refused, misconfigured', async () => {
  const answers: TestAnswer[] = [
    { status: 503, headers: { 'retry-after': '7' } },
    { status: 422, body: 'no' },
    { status: 401 },
  ];
  const { exporter } = await threaded((_, count) => answers[count - 1]!);
  expect(await send(exporter)).toEqual({ kind: 'later', reason: 'answered 503', notBeforeMs: 7_000 });
  expect(await send(exporter)).toEqual({ kind: 'refused', reason: 'answered 422: no' });
  expect(await send(exporter)).toEqual({ kind: 'misconfigured', reason: 'answered 401' });
});

test('an abort ends the request down to its connection, and the next request is made', async () => {
  const asked = createServer();
  await new Promise<void>((resolve) => asked.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void asked.close());
  const connected = once(asked, 'request') as Promise<[IncomingMessage]>;
  const { exporter } = await threaded({}, { url: `http://127.0.0.1:${(asked.address() as AddressInfo).port}/` });
  const abort = new AbortController();
  const sending = send(exporter, abort.signal);
  const [{ socket }] = await connected;
  const closed = once(socket, 'close');
  asked.on('request', (_, response) => response.end());
  abort.abort(new Error('timed out'));
  await expect(sending).rejects.toThrow('timed out');
  expect(await send(exporter)).toEqual({ kind: 'sent' });
  await closed;
});

test('an edited exporter is made anew in the thread while its predecessor still sends', async () => {
  const { server, exporter, make } = await threaded();
  const sending = send(exporter);
  const edited = make({ headers: { 'x-edited': 'yes' } });
  expect(await Promise.all([sending, send(edited)])).toEqual([{ kind: 'sent' }, { kind: 'sent' }]);
  await exporter.stop!();
  expect(await send(edited)).toEqual({ kind: 'sent' });
  expect(server.seen.filter(({ headers }) => headers['x-edited'] === 'yes')).toHaveLength(2);
});

test('a thread that dies gives its requests back as later, says so once, and another takes its place', async () => {
  const { server, exporter, log } = await threaded((_, count) => ({ status: count <= 2 ? 'never' : 200 }));
  const started = nextThread();
  const sending = [send(exporter), send(exporter)];
  await eventually(() => server.seen.length === 2, 'it was sent');
  await (await started).terminate();
  const later = { kind: 'later', reason: 'its thread died: exit code 1' };
  expect(await Promise.all(sending)).toEqual([later, later]);
  expect(await send(exporter)).toEqual({ kind: 'sent' });
  expect(log).toEqual(['thread 1 of service.workers died: exit code 1; what was under way is sent again by a new one']);
});

test('a closed set of threads gives up what is under way', async () => {
  const { server, exporter, threads, log } = await threaded({ status: 'never' });
  const sending = send(exporter);
  await eventually(() => server.seen.length === 1, 'it was sent');
  await threads.close();
  expect(await sending).toEqual({ kind: 'later', reason: 'the collector stops' });
  expect(log).toEqual([]);
});

test('exporters for people, and files, stay in the main thread', async () => {
  const { threads, context } = await threaded();
  const placed = [...catalog.exporters.keys()].filter((type) =>
    threads.exporter({ ...specOf('a', {}), type }, context),
  );
  expect(placed).toEqual(['elasticsearch', 'http', 'loki', 'otlphttp', 'splunk_hec']);
});

test('of a batch that makes several requests, the first is sent and what it carried is told', async () => {
  const { server, threads, context } = await threaded({ body: '{}' });
  const options = {
    endpoint: server.origin,
    headers: {},
    encoding: 'json',
    compression: 'none',
    verify_ssl: true,
    max_body: 300,
  };
  const exporter = threads.exporter({ ...specOf('o', options), type: 'otlphttp' }, context)!;
  const [encoded] = exporter.encode(events);
  expect(encoded!.events).toBe(3);
  expect(await exporter.send(encoded!.request, new AbortController().signal)).toMatchObject({ kind: 'sent' });
  expect(encoded!.events).toBe(1);
});
