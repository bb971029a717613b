import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LEVELS } from '../../src/component/event.ts';
import { decodeEvent, encodeEvent, isGrave } from '../../src/storage/event-codec.ts';
import { event } from '../support/fakes.ts';

test('an event is the same after the disk (property)', () => {
  const text = fc.string({ unit: 'binary' });
  const fields = fc.record({
    eventId: text,
    timestamp: fc.oneof(fc.nat({ max: 4e12 }), fc.double({ min: 0, max: 4e12, noNaN: true })),
    eventType: text,
    level: fc.constantFrom(...LEVELS),
    source: text,
    title: text,
    message: text,
    metadata: fc.dictionary(fc.oneof(text, fc.constantFrom('__proto__', 'constructor')), fc.jsonValue()),
    tags: fc.array(text),
  });
  fc.assert(
    fc.property(fields, fc.nat({ max: 2 ** 47 }), (given, since) => {
      const written = event(given);
      const decoded = decodeEvent(encodeEvent(written, since))!;
      expect(decoded.since).toBe(since);
      expect(decoded.event).toEqual({ ...written, metadata: JSON.parse(JSON.stringify(written.metadata)) as object });
      // Nothing is in it but its own keys, of which `valueOf` may be one.
      expect('valueOf' in decoded.event.metadata).toBe(Object.hasOwn(decoded.event.metadata, 'valueOf'));
    }),
  );
});

test('critical events are told without decoding', () => {
  expect(isGrave(encodeEvent(event({ level: 'critical' }), 0))).toBe(true);
  expect(isGrave(encodeEvent(event({ level: 'error' }), 0))).toBe(false);
});

test('metadata that JSON cannot hold does not lose the event', () => {
  const metadata: Record<string, unknown> = { big: 12345678901234567890n };
  metadata['self'] = metadata;
  const decoded = decodeEvent(encodeEvent(event({ metadata }), 0));
  expect(decoded?.event.metadata['big']).toBe('12345678901234567890');
});

test.for([Buffer.alloc(0), Buffer.from([9, 0, 0, 0, 0, 0, 0, 0x7b]), Buffer.from([1, 0, 0, 0, 0, 0, 0, 0x7b])])(
  'other bytes are no event',
  (bytes) => {
    expect(decodeEvent(bytes)).toBeUndefined();
  },
);
