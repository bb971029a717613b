import fc from 'fast-check';
import { expect, test } from 'vitest';
import { metadataOf } from '../../src/component/event.ts';
import { SyslogEvent } from '../../src/lib/syslog/event.ts';
import { Zone } from '../../src/lib/syslog/zone.ts';

const KEYS = [
  ...['facility', 'severity', 'hostname', 'appname', 'procid', 'msgid', 'sequence_id', 'version', 'structured_data'],
  ...['remote', 'priority_defaulted', 'year_inferred', 'truncated', 'cef', 'cee', 'parse_error', 'raw', 'unknown'],
];

const pieces = fc.oneof(
  fc.constantFrom('<13>', '<191>', '<999>', '<34>1 ', '2026-02-28T10:00:00Z ', 'Feb 30 10:00:00 ', 'Feb  3 10:00:00 '),
  fc.constantFrom(
    'Jan 29 10:00:00 ',
    '29: ',
    '*Apr 29 13:58:40.411: ',
    'host ',
    'app[1]: ',
    '- ',
    '[a b="1"] ',
    '[a][a] ',
  ),
  fc.constantFrom(
    'CEF:0|V|P|1|2|n|3|src=1',
    '@cee:{"hostname":"x"}',
    'ü',
    '\ufffd',
    '\ufeff',
    '\0',
    ': ',
    '%SYS-5-A: ',
  ),
  fc.string({ maxLength: 8 }),
);
const messages = fc.oneof(
  fc.array(pieces, { maxLength: 10 }).map((parts) => Buffer.from(parts.join(''))),
  fc
    .tuple(fc.array(pieces, { maxLength: 6 }), fc.uint8Array({ maxLength: 12 }))
    .map(([parts, bytes]) => Buffer.concat([Buffer.from(parts.join('')), bytes])),
);

test('one key reads as it does in all of the metadata, and a parse error is counted as often', () => {
  fc.assert(
    fc.property(
      messages,
      fc.constantFrom('auto', 'rfc3164', 'rfc5424'),
      fc.constantFrom(undefined, '192.0.2.1'),
      fc.boolean(),
      fc.constantFrom(...KEYS),
      (bytes, format, remote, truncated, key) => {
        const read = (value: (event: SyslogEvent) => unknown): readonly unknown[] => {
          let faults = 0;
          const parseErrors = { add: (count: number) => (faults += count) };
          const settings = { format, zone: new Zone('UTC'), parseErrors };
          const event = new SyslogEvent(bytes, 0, bytes.length, { receivedAt: Date.UTC(2026, 1, 3), remote, settings });
          if (truncated) event.markTruncated();
          return [value(event), faults, event.metadata, faults];
        };
        expect(read((event) => metadataOf(event, key))).toEqual(read((event) => event.metadata[key]));
      },
    ),
    { numRuns: 3_000 },
  );
});
