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
const host = fc.constantFrom(
  'host',
  'db-1.example.com',
  '10.0.0.1',
  '2026',
  '2001:db8::1',
  'CEST',
  'UTC',
  'abc:',
  '-',
  'a',
  '7',
  'h\u00e4',
  'x'.repeat(260),
  '',
);
const tag = fc.constantFrom(
  'app',
  'app[1]',
  'a/b-c.d_e',
  'CRON[12]',
  'CEF',
  'LEEF',
  '%ASA-6-1',
  '45',
  'app[x]',
  'app[]',
  'app[1',
  'app::b',
  '',
  'k=v',
);
const rest = fc.constantFrom(': x', ':x', ':', ' ', ': ', ':  x', ' : x', ': 1', ' x: y', '', '\n');
const after = fc.oneof(
  fc
    .tuple(fc.constantFrom(' ', '  ', ' .', ': ', ''), host, fc.constantFrom(' ', '  ', ''), tag, rest)
    .map((parts) => parts.join('')),
  fc.constantFrom(
    ' CEST: %SYS-5-X: y',
    ' CEST host app: x',
    ' abc: %ASA-6-1: z',
    ' 2026 host app: x',
    ': %ASA-6-1: z',
    ' +02:00 host app: x',
    '+02:00 host app: x',
  ),
  fc.string(),
);
const message = fc.tuple(stamp, after).map(([time, text]) => `<34>${time}${text}`);

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
    { numRuns: 10_000 },
  );
});
