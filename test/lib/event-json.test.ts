import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Event, Metadata } from '../../src/component/event.ts';
import { eventFromJson, eventToJson, stringifyEvent } from '../../src/lib/event-json.ts';
import { event } from '../support/fakes.ts';

const NOW = Date.UTC(2026, 0, 15, 12);

function read(value: unknown): Event {
  const result = eventFromJson(value, NOW, 'here');
  if (typeof result === 'string') throw new Error(result);
  return result;
}

describe('an event from JSON', () => {
  test('keeps what it says', () => {
    const wire = {
      event_id: 'abc',
      timestamp: '2026-01-02T03:04:05.678Z',
      event_type: 'threshold_breach',
      level: 'error',
      source: 'cpu',
      title: 'High CPU',
      message: 'over 90 %',
      metadata: { cpu: 92.5 },
      tags: ['production'],
    };
    expect(JSON.parse(stringifyEvent(read(wire)))).toEqual(wire);
  });

  test('fills in what it does not say', () => {
    const made = read({ message: 'first line\nsecond' });
    expect(made).toMatchObject({
      timestamp: NOW,
      eventType: 'custom',
      level: 'info',
      source: 'here',
      title: 'first line',
      tags: [],
    });
    expect(made.eventId).toMatch(/^[0-9a-f-]{36}$/);
    expect(read({ title: 'only a title' }).message).toBe('only a title');
    expect(read({ title: null, message: 'm', tags: null, metadata: null, level: null }).level).toBe('info');
  });

  test.each([
    ['warn', 'warning'],
    ['WARNING', 'warning'],
    ['err', 'error'],
    ['Fatal', 'critical'],
    ['emerg', 'critical'],
    [0, 'critical'],
    [2, 'critical'],
    [3, 'error'],
    [4, 'warning'],
    [5, 'info'],
    [7, 'debug'],
    ['6', 'info'],
    [60, 'critical'],
  ])('understands the level %s', (level, expected) => {
    expect(read({ title: 't', level }).level).toBe(expected);
  });

  test('keeps a severity that its level would lose', () => {
    expect(read({ title: 't', level: 'notice' }).metadata['severity']).toBe('notice');
    expect(read({ title: 't', level: 0 }).metadata['severity']).toBe('emerg');
    expect(read({ title: 't', level: 'warn' }).metadata).toEqual(Object.create(null));
    expect(read({ title: 't', level: 0, metadata: { severity: 'own' } }).metadata['severity']).toBe('own');
  });

  test.each([
    [1_767_225_600, 1_767_225_600_000],
    [1_767_225_600.25, 1_767_225_600_250],
    [1_767_225_600_123, 1_767_225_600_123],
    [1_767_225_600_123_456, 1_767_225_600_123],
    ['1767225600', 1_767_225_600_000],
    ['2026-01-01T00:00:00Z', 1_767_225_600_000],
    ['2026-01-01 01:00:00.5+01:00', 1_767_225_600_500],
    ['2025-12-31T23:59:60Z', 1_767_225_599_000],
    ['2026-01-01T00:00:00.123456789Z', 1_767_225_600_123],
  ])('understands the time %s', (timestamp, expected) => {
    expect(read({ title: 't', timestamp }).timestamp).toBe(expected);
  });

  test('puts other keys into the metadata, where its own keys win', () => {
    const made = read(JSON.parse('{"title":"t","host":"a","x":1,"metadata":{"x":2},"__proto__":{"polluted":true}}'));
    expect(made.metadata).toEqual(
      Object.assign(Object.create(null), { host: 'a', x: 2, ['__proto__']: { polluted: true } }),
    );
    expect('valueOf' in made.metadata).toBe(false);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test.each([
    [7, 'an event is a JSON object, not a number'],
    [[], 'an event is a JSON object, not an array'],
    [{}, 'a title or a message is needed'],
    [{ title: '', message: '' }, 'a title or a message is needed'],
    [{ title: 5 }, 'title must be a string, not a number'],
    [
      { title: 't', level: 'loud' },
      'level must be debug, info, warning, error or critical, or a syslog severity from 0 to 7, not "loud"',
    ],
    [
      { title: 't', level: 8 },
      'level must be debug, info, warning, error or critical, or a syslog severity from 0 to 7, not 8',
    ],
    [
      { title: 't', timestamp: 'yesterday' },
      'timestamp must be RFC 3339, such as 2026-01-31T12:00:00Z, or Unix seconds or milliseconds, not "yesterday"',
    ],
    [{ title: 't', timestamp: '2026-02-30T00:00:00Z' }, expect.stringContaining('timestamp must be RFC 3339')],
    [{ title: 't', timestamp: -1 }, expect.stringContaining('timestamp must be RFC 3339')],
    [{ title: 't', event_type: 'Big Bang' }, 'event_type must be a lower-case word, such as custom, not "Big Bang"'],
    [{ title: 't', tags: ['a', 1] }, 'tags must be an array of strings'],
    [{ title: 't', tags: 'a' }, 'tags must be an array of strings'],
    [{ title: 't', metadata: [] }, 'metadata must be an object, not an array'],
    [{ title: 't', event_id: 7 }, 'event_id must be a string of 1 to 256 characters, not a number'],
    [{ title: 't', event_id: '' }, 'event_id must be a string of 1 to 256 characters, not an empty string'],
    [{ title: 't', source: {} }, 'source must be a string, not an object'],
  ])('refuses %j and says why', (value, reason) => {
    expect(eventFromJson(value, NOW)).toEqual(reason);
  });

  test('takes any JSON value without throwing, and what it takes comes back the same', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (value, title) => {
        expect(['string', 'object']).toContain(typeof eventFromJson(value, NOW));
        const made = eventFromJson({ title, extra: value }, NOW);
        if (typeof made === 'string') return;
        expect(JSON.parse(stringifyEvent(read(JSON.parse(stringifyEvent(made)))))).toEqual(
          JSON.parse(stringifyEvent(made)),
        );
      }),
    );
  });
});

describe('an event as JSON', () => {
  test('has the documented keys in the documented order', () => {
    expect(Object.keys(eventToJson(event()))).toEqual([
      'event_id',
      'timestamp',
      'event_type',
      'level',
      'source',
      'title',
      'message',
      'metadata',
      'tags',
    ]);
  });

  test('is what JSON.stringify makes of it, whatever is in it', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('"', '\\', '\ud800', '\u2028', '\x7f'),
    );
    const value = fc.oneof(
      text,
      fc.jsonValue(),
      fc.double(),
      fc.constantFrom(undefined, null, -0, NaN, Symbol('s'), () => 1, new Date(0), { toJSON: () => undefined }),
    );
    const metadata = fc.oneof(
      fc.dictionary(text, value, { noNullPrototype: false }),
      fc.constantFrom<Metadata>({ toJSON: 'text' }, { toJSON: () => ({ a: 1 }) }),
    );
    const time = fc.oneof(
      fc.constantFrom(NOW, NaN, 1e20),
      fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }),
    );
    fc.assert(
      fc.property(
        text,
        text,
        text,
        text,
        metadata,
        fc.array(text),
        time,
        (eventId, source, title, message, data, tags, timestamp) => {
          const made = event({ eventId, source, title, message, metadata: data, tags, timestamp });
          expect(stringifyEvent(made)).toBe(JSON.stringify(eventToJson(made)));
          const same = event({ ...made, message: title });
          expect(stringifyEvent(same)).toBe(JSON.stringify(eventToJson(same)));
        },
      ),
      { numRuns: 500 },
    );
  });

  test('is written even with what JSON cannot hold', () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    expect(JSON.parse(stringifyEvent(event({ metadata: { big: 2n ** 63n }, timestamp: Number.NaN })))).toMatchObject({
      metadata: { big: '9223372036854775808' },
      timestamp: '1970-01-01T00:00:00.000Z',
    });
    expect(stringifyEvent(event({ metadata: { circle } }))).toContain('[nested too deeply]');
  });

  test('is one line', () => {
    expect(stringifyEvent(event({ message: 'a\nb\u2028\ud800' }))).not.toMatch(/[\n\r]/);
  });
});
