import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Header } from '../../../src/lib/syslog/header.ts';
import { parseHeader } from '../../../src/lib/syslog/parse.ts';

const stamp = fc.constantFrom(
  'Oct 11 22:14:15',
  'Oct  1 22:14:15',
  'Oct 11 22:14:16',
  'oct 11 22:14:15',
  'Feb 30 22:14:15',
  'Jun 30 23:59:60',
  'Oct 11 22:14:15.5',
  '2026-10-11T22:14:15Z',
);
const after = fc.constantFrom(
  ' host app: x',
  ' CEST: %SYS-5-X: y',
  ' CEST host app: x',
  ' UTC host app: x',
  ' abc: %ASA-6-1: z',
  ' 2026 host app: x',
  ' 2001:db8::1 app: x',
  ' 10.0.0.1 app[1]: x',
  ': %ASA-6-1: z',
  ' +02:00 host app: x',
  '+02:00 host app: x',
  ' : x',
  ' ',
  '',
);
const message = fc.tuple(stamp, after).map(([time, rest]) => `<34>${time}${rest}`);

function parsed(text: string): Header {
  const bytes = Buffer.from(text);
  return parseHeader(bytes, 0, bytes.length, 'rfc3164');
}

test('a message is read alike whatever message came before it (property)', () => {
  fc.assert(
    fc.property(message, message, (before, text) => {
      // Keeps a time stamp that no other message here has.
      parsed('<34>Mar  3 03:03:03 host app: x');
      const alone = parsed(text);
      parsed(before);
      const afterOther = parsed(text);
      const again = parsed(text);
      expect(afterOther).toEqual(alone);
      expect(again).toEqual(alone);
    }),
    { numRuns: 2_000 },
  );
});
