/** What one collector sends as syslog is what the next one reads. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { LEVELS, newMetadata, type Event } from '../../../src/component/event.ts';
import { formatter, type Form } from '../../../src/exporters/syslog/format.ts';
import { SyslogEvent } from '../../../src/lib/syslog/event.ts';
import { FACILITIES, levelOfSeverity, SEVERITIES } from '../../../src/lib/syslog/names.ts';
import { Zone } from '../../../src/lib/syslog/zone.ts';
import { titledMessage } from '../../../src/lib/titled-message.ts';
import { event } from '../../support/fakes.ts';

const FORM: Form = {
  format: 'rfc5424',
  facility: undefined,
  appName: undefined,
  hostname: 'collector',
  eventFields: false,
  keepLineEnds: true,
  maxBytes: 65_536,
  text: titledMessage,
};

function read(line: string): SyslogEvent {
  const bytes = Buffer.from(line);
  const settings = { format: 'auto', zone: new Zone(undefined) } as const;
  return new SyslogEvent(bytes, 0, bytes.length, { receivedAt: Date.UTC(2026, 0, 15), remote: undefined, settings });
}

const word = (max: number) =>
  fc.stringMatching(new RegExp(`^[a-zA-Z0-9_.-]{1,${max}}$`)).filter((text) => text !== '-');
const id = fc.stringMatching(/^[!#-<>-\\^-~]{1,32}$/);
const values = fc.dictionary(
  id,
  fc.oneof(fc.string({ unit: 'grapheme' }), fc.array(fc.string(), { minLength: 2, maxLength: 3 })),
  { maxKeys: 4 },
);

const received: fc.Arbitrary<Partial<Event>> = fc
  .record({
    severity: fc.constantFrom(...SEVERITIES),
    facility: fc.constantFrom(...FACILITIES),
    hostname: word(255),
    appname: word(48),
    procid: word(128),
    msgid: word(32),
    structured_data: fc.dictionary(id, values, { minKeys: 1, maxKeys: 3 }),
    message: fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => text === text.trim() && text !== ''),
    timestamp: fc.integer({ min: 0, max: 4_102_444_800_000 }),
  })
  .map(({ message, timestamp, ...metadata }) => ({
    title: '',
    message,
    timestamp,
    level: levelOfSeverity(SEVERITIES.indexOf(metadata.severity)),
    metadata,
  }));

test('an event from syslog goes out as it came in', () => {
  fc.assert(
    fc.property(received, (fields) => {
      const back = read(formatter(FORM)(event(fields)));
      expect(back.metadata['parse_error']).toBeUndefined();
      expect(back).toMatchObject({ level: fields.level, message: fields.message, timestamp: fields.timestamp });
      for (const [key, value] of Object.entries(fields.metadata!)) expect(back.metadata[key]).toEqual(value);
    }),
  );
});

test('whatever an event holds, what goes out can be read, with its level and no fault', () => {
  const anything = fc.record({
    title: fc.string({ unit: 'binary' }),
    message: fc.string({ unit: 'binary' }),
    source: fc.string({ unit: 'binary' }),
    level: fc.constantFrom(...LEVELS),
    eventId: fc.string({ unit: 'binary' }),
    tags: fc.array(fc.string({ unit: 'binary' })),
    metadata: fc
      .dictionary(fc.string({ unit: 'binary' }), fc.anything(), { maxKeys: 5 })
      .map((keys) => Object.assign(newMetadata(), keys)),
  });
  fc.assert(
    fc.property(anything, fc.boolean(), (fields, keepLineEnds) => {
      const line = formatter({ ...FORM, eventFields: true, keepLineEnds })(event(fields));
      const back = read(line);
      expect(back.metadata['parse_error']).toBeUndefined();
      expect(back.level).toBe(fields.level);
      expect(back.metadata['structured_data']).toHaveProperty(['lnmt@32473', 'type'], 'custom');
    }),
  );
});
