import fc from 'fast-check';
import { expect, test } from 'vitest';
import { metadataOf } from '../../../src/component/event.ts';
import { SyslogEvent } from '../../../src/lib/syslog/event.ts';
import { Zone } from '../../../src/lib/syslog/zone.ts';

const KEYS = ['facility', 'severity', 'hostname', 'appname', 'procid', 'msgid', 'sequence_id', 'remote', 'raw', 'none'];
const part = fc.constantFrom(
  '<34>Oct 11 22:14:15 ',
  '<189>29: foo: *Apr 29 13:58:40.411: %SYS-5-CONFIG_I: ',
  '<13>1 2003-10-11T22:14:15.003Z host app 7 id [a b="c"][a b="d"] ',
  'host app[7]: ',
  '<7>Feb 29 01:02:03 ',
  '<999>',
  'ü',
  ' ',
);
const bytes = fc
  .array(
    fc.oneof(
      part.map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 8 }),
    ),
    { maxLength: 5 },
  )
  .map((parts) => Buffer.concat(parts));

test('a part of the metadata read alone is what it is among all, and finds the faults that all find (property)', () => {
  fc.assert(
    fc.property(bytes, fc.constantFrom(...KEYS), (whole, key) => {
      const counts = [0, 0];
      const [alone, among] = counts.map((_, index) => {
        const parseErrors = { value: 0, add: (count: number) => void (counts[index]! += count) };
        const settings = { format: 'auto', zone: new Zone('UTC'), parseErrors } as const;
        const arrival = { receivedAt: Date.UTC(2026, 0, 15), remote: '192.0.2.1', settings };
        return new SyslogEvent(whole, 0, whole.length, arrival);
      });
      expect(metadataOf(alone!, key)).toEqual(among!.metadata[key]);
      // The address of the sender is no part of the message.
      if (key !== 'remote') expect(counts[0]).toBe(counts[1]);
    }),
    { numRuns: 2_000 },
  );
});
