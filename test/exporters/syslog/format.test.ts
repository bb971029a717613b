import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Event } from '../../../src/component/event.ts';
import { formatter, type Form } from '../../../src/exporters/syslog/format.ts';
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

const write = (fields: Partial<Event>, form: Partial<Form> = {}): string =>
  formatter({ ...FORM, ...form })(event(fields));

test('writes RFC 5424', () => {
  expect(write({ source: 'cpu_monitor', level: 'error', title: 'High CPU', message: '92 %' })).toBe(
    '<131>1 2026-01-15T12:00:00.000Z collector cpu_monitor - - - High CPU: 92 %',
  );
});

test('writes RFC 3164 in local time', () => {
  const timestamp = new Date(2026, 1, 3, 4, 5, 6).getTime();
  expect(
    write({ timestamp, source: 'sshd', message: 'title gone', metadata: { procid: '77' } }, { format: 'rfc3164' }),
  ).toBe('<134>Feb  3 04:05:06 collector sshd[77]: title gone');
});

test.for([
  ['debug', 7],
  ['info', 6],
  ['warning', 4],
  ['error', 3],
  ['critical', 2],
] as const)('%s is severity %i', ([level, severity]) => {
  expect(write({ level })).toMatch(new RegExp(`^<${16 * 8 + severity}>1 `));
});

test('the exact severity goes out unchanged while it still means the level', () => {
  const metadata = { severity: 'alert', facility: 'auth' };
  expect(write({ level: 'critical', metadata })).toMatch(/^<33>1 /);
  expect(write({ level: 'error', metadata })).toMatch(/^<35>1 /);
});

test('the facility is the option’s, else the event’s own, else local0', () => {
  expect(write({ metadata: { facility: 'mail' } })).toMatch(/^<22>/);
  expect(write({ metadata: { facility: 'mail' } }, { facility: 0 })).toMatch(/^<6>/);
  expect(write({ metadata: { facility: 'nonsense' } })).toMatch(/^<134>/);
});

test('keeps the header that an event from syslog came with', () => {
  const metadata = { hostname: 'web-1', appname: 'nginx', procid: '12', msgid: 'ID47' };
  expect(write({ metadata })).toContain(' web-1 nginx 12 ID47 - ');
});

test('header fields are cleaned and cut to what RFC 5424 allows', () => {
  const metadata = { hostname: 'h'.repeat(300), appname: 'añ b\n<0>', procid: 'p'.repeat(200), msgid: 'm'.repeat(40) };
  expect(write({ metadata })).toContain(` ${'h'.repeat(255)} a__b_<0> ${'p'.repeat(128)} ${'m'.repeat(32)} - `);
});

test('an app name ends no RFC 3164 tag early', () => {
  expect(write({ metadata: { appname: 'a:b[c] d' } }, { format: 'rfc3164' })).toContain(' collector a_b_c__d: ');
});

test('structured data goes out with its escapes, repeated names and all', () => {
  const structured_data = { 'origin@1': { ip: ['192.0.2.1', '192.0.2.2'], note: 'a "b" \\ c]' }, 'empty@1': {} };
  expect(write({ metadata: { structured_data } })).toContain(
    String.raw` [origin@1 ip="192.0.2.1" ip="192.0.2.2" note="a \"b\" \\ c\]"][empty@1] `,
  );
});

test('adds the event’s own fields and plain metadata', () => {
  const fields = {
    eventId: 'e7',
    tags: ['prod', 'web'],
    metadata: { hostname: 'h', status: 503, nested: { a: 1 }, ok: false },
  };
  expect(write(fields, { eventFields: true })).toContain(
    ' [lnmt@32473 id="e7" type="custom" tags="prod,web"][meta@32473 status="503" ok="false"] ',
  );
});

test('an event that another collector sent keeps the id it had there', () => {
  const metadata = { structured_data: { 'lnmt@32473': { id: 'first' } } };
  const line = write({ eventId: 'second', metadata }, { eventFields: true });
  expect(line).toContain('[lnmt@32473 id="first"]');
  expect(line).not.toContain('second');
});

test('hostile parameter names stay names', () => {
  const metadata = { structured_data: { 'a] b="c': { 'x="y"]\n<0>': 'v', '': 'w' } } };
  expect(write({ metadata })).toContain(' [a__b__c x__y___<0>="v" _="w"] ');
});

test('octet counting keeps line ends, other framings write them as #012', () => {
  const message = 'one\ntwo\r\nthree\0';
  expect(write({ title: '', message })).toContain(message);
  const escaped = write(
    { title: '', message, metadata: { structured_data: { 'a@1': { b: 'c\n<0>1 d' } } } },
    { keepLineEnds: false },
  );
  expect(escaped).toContain('one#012two#015#012three#000');
  expect(escaped).toContain('b="c#012<0>1 d"');
});

test('the title is not said twice', () => {
  expect(titledMessage(event({ title: 'Disk full', message: 'Disk full on /var' }))).toBe('Disk full on /var');
  expect(titledMessage(event({ title: 'Disk full', message: '/var has 0 bytes' }))).toBe('Disk full: /var has 0 bytes');
  expect(titledMessage(event({ title: '', message: 'only this' }))).toBe('only this');
  expect(titledMessage(event({ title: 'only this', message: '' }))).toBe('only this');
});

test('cuts a message at the limit without halving a character, and says so', () => {
  const line = write({ title: '', message: '😀'.repeat(500) }, { maxBytes: 480 });
  expect(Buffer.byteLength(line)).toBeLessThanOrEqual(480);
  expect(Buffer.byteLength(line)).toBeGreaterThan(470);
  expect(line).toMatch(/ (😀)+…$/u);
});

test('structured data that would crowd out the message is left out whole', () => {
  const metadata = { structured_data: { 'big@1': { v: 'x'.repeat(600) } } };
  const line = write({ metadata, title: '', message: 'still here' }, { maxBytes: 480, eventFields: true });
  expect(line).toMatch(/ - still here$/);
});

test('time stamps are to the millisecond, whatever second came before', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 253_402_300_799_999 }),
      fc.integer({ min: 0, max: 2_000 }),
      (first, later) => {
        for (const timestamp of [first, Math.min(first + later, 253_402_300_799_999)]) {
          expect(write({ timestamp }).split(' ')[1]).toBe(new Date(timestamp).toISOString());
        }
      },
    ),
  );
});

test('times without an RFC 3339 form are NIL', () => {
  expect(write({ timestamp: Number.NaN })).toMatch(/^<134>1 - collector /);
  expect(write({ timestamp: 8.64e15 })).toMatch(/^<134>1 - collector /);
});

test('whatever an event holds, one event is one line of bounded length', () => {
  const anyEvent = fc.record({
    title: fc.string({ unit: 'binary' }),
    message: fc.string({ unit: 'binary', maxLength: 400 }),
    source: fc.string({ unit: 'binary' }),
    metadata: fc.dictionary(
      fc.string({ unit: 'binary' }),
      fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue()) as fc.Arbitrary<unknown>,
    ),
  });
  fc.assert(
    fc.property(anyEvent, fc.constantFrom('rfc5424' as const, 'rfc3164' as const), (fields, format) => {
      const line = write(fields, { format, keepLineEnds: false, maxBytes: 512, eventFields: true });
      expect(line).not.toMatch(/[\n\r\0]/);
      expect(line).toMatch(/^<\d{1,3}>/);
      expect(Buffer.byteLength(line)).toBeLessThanOrEqual(512);
    }),
    { numRuns: 100 },
  );
});
