/** What receivers say raw bytes become: `explain`, `check` and `replay` stand on it. */
import { expect, test } from 'vitest';
import { catalog } from '../../src/catalog.ts';
import { fakeContext } from '../support/fakes.ts';

const decode = (type: string, options: object, text: string | Buffer, origin?: string) =>
  catalog.receivers.get(type)!.decode!(options as never, fakeContext(), Buffer.from(text), origin);

const SYSLOG = { format: 'auto', max_message_size: 65_536 };
const FILE = { include: ['/var/log/app/*.log'], format: 'auto', encoding: 'utf-8', max_line_size: 1_024 };

test('syslog tells its two formats apart, and says what is wrong with a message', () => {
  const old = decode('syslog', SYSLOG, '<38>Oct 11 22:14:15 web1 sshd[123]: Failed password\n');
  expect([old.format, old.events.map(({ source, level, message }) => [source, level, message])]).toEqual([
    'RFC 3164',
    [['sshd', 'info', 'Failed password']],
  ]);
  expect(decode('syslog', SYSLOG, '<11>1 2026-01-15T12:00:00Z web1 app - - - out of memory').format).toBe('RFC 5424');
  expect(decode('syslog', { ...SYSLOG, format: 'rfc5424' }, 'hello').format).toMatch(/with a fault/);
});

test('syslog cuts what is longer than it takes, and knows the sender it is told', () => {
  const [event] = decode(
    'syslog',
    { ...SYSLOG, max_message_size: 480 },
    `<11>${'x'.repeat(1_000)}`,
    '192.0.2.7',
  ).events;
  expect(event!.metadata).toMatchObject({ truncated: true, remote: '192.0.2.7' });
});

test('http takes an event, an array, NDJSON and OTLP, and refuses in the words that its sender would get', () => {
  expect(decode('http', {}, '{"title":"one"}')).toMatchObject({
    format: 'a JSON event',
    events: [{ title: 'one', source: 'http' }],
  });
  expect(decode('http', {}, '[{"title":"one"},{"title":"two"}]').events).toHaveLength(2);
  expect(decode('http', {}, '{"title":"one"}\n{"title":"two"}\n').format).toBe('NDJSON, an event a line');
  const otlp = {
    resourceLogs: [{ scopeLogs: [{ logRecords: [{ severityNumber: 17, body: { stringValue: 'no space' } }] }] }],
  };
  expect(decode('http', {}, JSON.stringify(otlp))).toMatchObject({
    format: 'OTLP logs',
    events: [{ level: 'error', message: 'no space' }],
  });
  expect(() => decode('http', {}, '{"level":"error"}')).toThrow('a title or a message is needed');
  expect(() => decode('http', {}, 'plain text')).toThrow(/no JSON/);
});

test('file reads lines, whatever each is, and joins records as it is told', () => {
  const mixed = decode('file', FILE, '{"msg":"one","level":"warn"}\nplain\n', '/var/log/app/web.log');
  expect(mixed.format).toBe('a JSON line and a line of text');
  expect(mixed.events.map(({ source, level }) => [source, level])).toEqual([
    ['web.log', 'warning'],
    ['web.log', 'info'],
  ]);
  const trace = decode('file', { ...FILE, multiline: { start: '^\\d{4}' } }, '2026 failed\n  at main\n2026 again\n');
  expect(trace.events.map(({ message }) => message)).toEqual(['2026 failed\n  at main', '2026 again']);
});
