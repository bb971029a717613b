/** Events that are stored as the bytes they were received as, and come back as they were. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { copyEvent, LEVELS, newMetadata, type Event } from '../../src/component/event.ts';
import { makerOf } from '../../src/lib/lines/line-format.ts';
import { SyslogEvent } from '../../src/lib/syslog/event.ts';
import { Zone } from '../../src/lib/syslog/zone.ts';
import { decodeEvent, encodeEvent, isGrave } from '../../src/storage/event-codec.ts';
import { SyslogFuzz } from '../support/syslog-fuzz.ts';

const ZONES = [undefined, 'Europe/Berlin', 'America/New_York'].map((name) => new Zone(name));

const LINES = [
  'plain text',
  '{"level":"error","msg":"disk full","n":1,"deep":{"a":[1]}}',
  '{"title":"t","event_id":"own-id","metadata":{"__proto__":1}}',
  '{"title":"t","tags":["x"]}',
  '{"broken',
  '<34>Oct 11 22:14:15 host su[230]: failed',
];

const fuzz = new SyslogFuzz(7);
const messages = Array.from({ length: 400 }, () => Buffer.from(fuzz.next()));

const syslog = fc
  .record({
    message: fc.constantFrom(...messages),
    format: fc.constantFrom('auto', 'rfc3164', 'rfc5424'),
    zone: fc.constantFrom(...ZONES),
    receivedAt: fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2030, 0) }),
    remote: fc.option(fc.constantFrom('10.0.0.1', 'fe80::1%eth0', 'ü'), { nil: undefined }),
    truncated: fc.boolean(),
  })
  .map(({ message, format, zone, receivedAt, remote, truncated }): Event => {
    const chunk = Buffer.concat([Buffer.from('before'), message, Buffer.from('after')]);
    const event = new SyslogEvent(chunk, 6, 6 + message.length, { receivedAt, remote, settings: { format, zone } });
    if (truncated) event.markTruncated();
    return event;
  });

const line = fc
  .record({
    text: fc.oneof(
      fc.constantFrom(...LINES, '\xff').map((text) => Buffer.from(text, 'latin1')),
      fc.constantFrom(...messages.filter(({ length }) => length > 0)),
      fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    ),
    format: fc.constantFrom('auto', 'json', 'syslog', 'text'),
    path: fc.option(fc.constant('/var/log/ä.log'), { nil: undefined }),
    metadata: fc.option(fc.constant({ stream: 'stderr', kubernetes: { pod: 'p' } }), { nil: undefined }),
    readAt: fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2030, 0) }),
    truncated: fc.boolean(),
  })
  .map(({ text, format, path, metadata, readAt, truncated }) => {
    const origin = {
      path,
      source: 'app',
      readAt,
      ...(metadata && { metadata: Object.assign(newMetadata(), metadata) }),
    };
    return makerOf(format, origin)(text, 0, text.length, truncated);
  });

const text = fc.string({ unit: 'binary', maxLength: 20 });
type Edit = (event: Event) => void;
const edit: fc.Arbitrary<Edit> = fc.oneof(
  text.map(
    (value): Edit =>
      (event) =>
        void (event.title = value),
  ),
  text.map(
    (value): Edit =>
      (event) =>
        void (event.message = value),
  ),
  text.map(
    (value): Edit =>
      (event) =>
        void (event.source = value),
  ),
  text.map(
    (value): Edit =>
      (event) =>
        void (event.eventType = value),
  ),
  fc.constantFrom(...LEVELS).map(
    (value): Edit =>
      (event) =>
        void (event.level = value),
  ),
  fc.nat({ max: 4e12 }).map(
    (value): Edit =>
      (event) =>
        void (event.timestamp = value),
  ),
  fc.array(text).map(
    (value): Edit =>
      (event) =>
        void (event.tags = value),
  ),
  text.map(
    (value): Edit =>
      (event) =>
        void event.tags.push(value),
  ),
  fc.tuple(text, fc.jsonValue()).map(
    ([key, value]): Edit =>
      (event) =>
        void (event.metadata[key] = value),
  ),
  fc.constant<Edit>((event) => void (event.metadata = newMetadata())),
  fc.constantFrom('facility', 'level', 'stream').map(
    (key): Edit =>
      (event) =>
        void delete event.metadata[key],
  ),
  fc.constantFrom<Edit[]>(
    (event) => void event.message,
    (event) => void event.title,
    (event) => void event.timestamp,
    (event) => void event.source,
    (event) => void event.eventId,
    (event) => void event.metadata,
    (event) => void event.tags,
  ),
);

/** All that an exporter may look at. */
const seen = (event: Event) => ({
  eventId: event.eventId,
  timestamp: event.timestamp,
  eventType: event.eventType,
  level: event.level,
  source: event.source,
  title: event.title,
  message: event.message,
  metadata: JSON.parse(JSON.stringify(event.metadata)) as object,
  tags: event.tags,
  received: event.received && event.received.bytes.toString('latin1', event.received.start, event.received.end),
});

test('an event comes back as it was, however it was edited and copied (property)', () => {
  fc.assert(
    fc.property(
      fc.oneof(syslog, line),
      fc.array(edit, { maxLength: 4 }),
      fc.boolean(),
      fc.nat({ max: 2 ** 47 }),
      (made, edits, copied, since) => {
        const event = copied ? copyEvent(made) : made;
        for (const apply of edits) apply(event);
        const bytes = encodeEvent(event, since);
        const first = decodeEvent(bytes)!;
        const again = decodeEvent(encodeEvent(decodeEvent(bytes)!.event, since))!;
        expect(first.since).toBe(since);
        expect(isGrave(bytes)).toBe(event.level === 'critical');
        expect(seen(first.event)).toEqual(seen(event));
        expect(seen(again.event)).toEqual(seen(event));
        if (copied) expect(first.event.eventId).toBe(made.eventId);
      },
    ),
    { numRuns: 1_000 },
  );
});

const received = (message: string) =>
  new SyslogEvent(Buffer.from(message), 0, Buffer.byteLength(message), {
    receivedAt: Date.UTC(2026, 0, 15),
    remote: '127.0.0.1',
    settings: { format: 'auto', zone: new Zone('UTC') },
  });

test('an event that nobody edited is stored as its bytes and little more', () => {
  const message = `<34>Oct 11 22:14:15 host su[230]: ${'x'.repeat(160)}`;
  expect(encodeEvent(received(message), 0).length).toBeLessThan(message.length + 70);
});

test('what was taken out of a message is not on disk', () => {
  const event = received('<34>Oct 11 22:14:15 host su[230]: password=hunter2');
  event.message = 'password=[secret]';
  event.title = event.message;
  expect(encodeEvent(event, 0).includes('hunter2')).toBe(false);
});

test('an event leaves the chunk that it was read back in', () => {
  const chunk = encodeEvent(received('<34>Oct 11 22:14:15 host su[230]: failed'), 0);
  const { event } = decodeEvent(chunk)!;
  event.received!.detach();
  chunk.fill(0);
  expect(event.message).toBe('failed');
});

test('what was stored by an earlier version is read', () => {
  // As the first version of the format wrote it.
  const row = '["id-1",1768478400000,"custom",4,"su","title",null,{"facility":"auth"},["t"]]';
  const bytes = Buffer.concat([Buffer.from('810000019bc19c0a00', 'hex').subarray(0, 7), Buffer.from(row)]);
  expect(decodeEvent(bytes)?.event).toEqual({
    eventId: 'id-1',
    timestamp: 1768478400000,
    eventType: 'custom',
    level: 'critical',
    source: 'su',
    title: 'title',
    message: 'title',
    metadata: Object.assign(newMetadata(), { facility: 'auth' }),
    tags: ['t'],
  });
});

test('bytes cut short, and forms of a later version, are no event', () => {
  const bytes = encodeEvent(received('<34>Oct 11 22:14:15 host su[230]: failed'), 0);
  for (let length = 0; length < 60; length += 1) expect(decodeEvent(bytes.subarray(0, length))).toBeUndefined();
  bytes[7] = 200;
  expect(decodeEvent(bytes)).toBeUndefined();
});
