import { Agent, request } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { started } from '../receivers/http/support.ts';
import { watchLag } from '../support/loop-lag.ts';
import { SyslogFuzz } from '../support/syslog-fuzz.ts';

const SEED = Number(process.env['FUZZ_SEED'] ?? 1);

const EVENTS = [
  '{"level":"warn","source":"backup","title":"Backup is late","hours":7,"tags":["nightly"],"a":{"b":[1,"ä",null]}}',
  '[{"title":"one"},{"message":"two","level":3,"timestamp":"2026-01-15T12:00:00Z"}]',
  '{"title":"one"}\n{"title":"two"}\n',
].map((text) => Buffer.from(text));

const LOGS = [
  '{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeLogs":[{"logRecords":[{"timeUnixNano":"1768478400000000123","severityNumber":17,"traceId":"5b8efff798038103d269b633813fc60c","body":{"stringValue":"x"},"attributes":[{"key":"n","value":{"intValue":"42"}}]}]}]}]}',
].map((text) => Buffer.from(text));

/** resource_logs → scope_logs → log_records → time, severity, body, an attribute. */
const PROTOBUF = [
  ['0a21121f121d', '097b00c0a1e2a98a18', '1011', '2a030a0178', '320b0a016e12060a0461626364'].join(''),
].map((hex) => Buffer.from(hex, 'hex'));

test.each([
  ['events', '/v1/events', 'application/json', EVENTS],
  ['OTLP as JSON', '/v1/logs', 'application/json', LOGS],
  ['OTLP as protobuf', '/v1/logs', 'application/x-protobuf', PROTOBUF],
])('a hundred thousand damaged requests are each answered: %s', async (what, path, type, samples) => {
  const { url, sink, context } = await started();
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  onTestFinished(() => agent.destroy());
  onTestFinished(watchLag(`HTTP, ${what}, its senders in the same process`));
  const post = (body: Buffer): Promise<number> =>
    new Promise((resolve, reject) => {
      const sent = request(url + path, { method: 'POST', agent, headers: { 'content-type': type } }, (answer) => {
        answer.resume().on('end', () => resolve(answer.statusCode!));
      });
      sent.on('error', reject).end(body);
    });
  const fuzz = new SyslogFuzz(SEED + 3, samples);
  for (const sample of samples) expect(await post(sample)).toBeLessThan(300);
  const answers: Record<number, number> = {};
  for (let round = 0; round < 12_500; round += 1) {
    for (const status of await Promise.all(Array.from({ length: 8 }, () => post(fuzz.next())))) {
      answers[status] = (answers[status] ?? 0) + 1;
    }
    for (const event of sink.events.splice(0)) JSON.stringify([event.title, event.message, event.metadata, event.tags]);
  }
  process.stderr.write(`HTTP, ${what}: ${JSON.stringify(answers)}\n`);
  expect(Object.keys(answers).filter((status) => !['200', '202', '400', '413'].includes(status))).toEqual([]);
  expect(context.counts['http_requests']).toBe(100_000 + samples.length);
});
