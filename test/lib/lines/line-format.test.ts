import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { copyEvent, LEVELS, type Event } from '../../../src/component/event.ts';
import { jsonLevelOf } from '../../../src/lib/lines/json-level.ts';
import { makerOf, type Format } from '../../../src/lib/lines/line-format.ts';

const ORIGIN = { path: '/var/log/app.log', source: 'app.log', readAt: Date.UTC(2026, 5, 20) };

function read(line: string | Buffer, format: Format = 'auto', truncated = false): Event {
  const bytes = Buffer.concat([Buffer.from('xx'), Buffer.from(line)]);
  return makerOf(format, ORIGIN)(bytes, 2, bytes.length, truncated);
}

describe('a line', () => {
  test('of text is an info event of its file', () => {
    const event = read('something happened');
    expect({ ...fieldsOf(event) }).toMatchObject({
      level: 'info',
      eventType: 'custom',
      source: 'app.log',
      title: 'something happened',
      message: 'something happened',
      timestamp: ORIGIN.readAt,
      tags: [],
      metadata: { file: '/var/log/app.log' },
    });
    expect(event.eventId).toBe(event.eventId);
  });

  test('is no longer what was read once its message is edited', () => {
    for (const line of ['plain text', '{"msg":"json","a":1}']) {
      const event = read(line);
      expect(event.received).toBeDefined();
      event.message = 'edited';
      expect(event.received).toBeUndefined();
      expect(copyEvent(event).received).toBeUndefined();
      expect(event).toMatchObject({ message: 'edited', metadata: { file: '/var/log/app.log' } });
    }
  });

  test('that was cut or is not UTF-8 says so', () => {
    expect(read('abc', 'text', true).metadata).toMatchObject({ truncated: true });
    expect(read(Buffer.from('caf\xe9', 'latin1')).metadata).toMatchObject({ invalid_utf8: true });
    expect(read('a \ufffd of its own').metadata).not.toHaveProperty('invalid_utf8');
  });

  test.each([
    [
      'Jun 14 15:16:01 combo sshd(pam_unix)[19939]: authentication failure; uid=0',
      'sshd(pam_unix)',
      'combo',
      'authentication failure; uid=0',
    ],
    ['<38>Oct 11 22:14:15 web1 sshd[123]: Failed password', 'sshd', 'web1', 'Failed password'],
    ['<165>1 2026-01-01T00:00:00Z host app 1 ID - hello', 'app', 'host', 'hello'],
    ['2026-01-31T12:00:00.123456+01:00 host cron[77]: job done', 'cron', 'host', 'job done'],
  ])('of syslog is told by its beginning: %s', (line, source, hostname, message) => {
    const event = read(line);
    expect(event).toMatchObject({ source, message });
    expect(event.metadata).toMatchObject({ hostname, file: '/var/log/app.log' });
    expect(copyEvent(event).metadata).toMatchObject({ hostname, file: '/var/log/app.log' });
  });

  test.each([
    '2026-01-31T12:00:00Z INFO started in 3 s',
    '2026-01-31 12:00:00,123 INFO [main] x',
    '<html>',
    'March is a month',
    '[error] x',
  ])('that only resembles syslog is text: %s', (line) => {
    expect(read(line)).toMatchObject({ message: line, source: 'app.log' });
  });

  test.each([
    [
      '{"time":"2026-01-01T00:00:00Z","level":"warn","msg":"slow","ms":5}',
      { level: 'warning', message: 'slow', timestamp: Date.UTC(2026, 0, 1) },
      { ms: 5 },
    ],
    [
      '{"ts":1767225600.5,"severity":"ERROR","message":"bad"}',
      { level: 'error', message: 'bad', timestamp: 1_767_225_600_500 },
      {},
    ],
    [
      '{"lvl":50,"log":"from docker\\n","stream":"stderr"}',
      { level: 'error', message: 'from docker' },
      { stream: 'stderr' },
    ],
    [
      '{"title":"T","message":"M","level":"critical","source":"s","tags":["a"],"event_type":"system_health"}',
      { title: 'T', source: 's', eventType: 'system_health', level: 'critical' },
      {},
    ],
    ['{"a":1}', { message: '{"a":1}', level: 'info' }, { a: 1 }],
    ['{"level":"info","__proto__":{"x":1}}', { level: 'info' }, {}],
  ])('of JSON is understood: %s', (line, fields, metadata) => {
    const event = read(line);
    expect(fieldsOf(event)).toMatchObject(fields);
    expect(event.metadata).toMatchObject({ file: '/var/log/app.log', ...metadata });
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  test.each([
    ['{"level":', 'the line is no JSON'],
    [`{"a":${'['.repeat(9_000)}`, 'the line is nested more than 64 levels deep'],
  ])('of broken JSON is text: %.20s', (line, problem) => {
    expect(read(line)).toMatchObject({ message: line, level: 'info', metadata: { parse_error: problem } });
  });

  test('can be edited, copied and detached', () => {
    for (const line of ['plain', '{"msg":"plain"}']) {
      const event = read(line);
      const copy = copyEvent(event);
      copy.level = 'error';
      copy.metadata['x'] = 1;
      copy.message = 'other';
      event.received?.detach();
      expect(event).toMatchObject({ level: 'info', message: 'plain' });
      expect(event.metadata).not.toHaveProperty('x');
      expect(copy).toMatchObject({ level: 'error', message: 'other', title: 'plain', eventId: event.eventId });
    }
  });
});

test('the level at a glance is the level that parsing gives', () => {
  const level = fc.oneof(
    fc.constantFrom<unknown>(...LEVELS, 'warn', 'FATAL', 'loud', 3, 60, 99, null, 2.5, -1),
    fc.jsonValue(),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), level, fc.boolean(), (others, value, pretty) => {
      const text = JSON.stringify(
        { ...others, level: value, after: { level: 'debug', s: '"level":"debug"' } },
        null,
        pretty ? ' ' : undefined,
      );
      const glance = jsonLevelOf(Buffer.from(text), 0, Buffer.byteLength(text));
      const line = makerOf('json', ORIGIN)(Buffer.from(text), 0, Buffer.byteLength(text), false);
      void line.title;
      if (glance !== undefined) expect(line.level).toBe(glance);
    }),
  );
});

function fieldsOf({ eventType, level, source, title, message, timestamp, tags, metadata }: Event) {
  return { eventType, level, source, title, message, timestamp, tags, metadata };
}
