import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/component/event.ts';
import { ByteWriter } from '../../src/lib/byte-writer.ts';
import { LineEvent } from '../../src/lib/lines/line-event.ts';
import { SyslogEvent } from '../../src/lib/syslog/event.ts';
import { Zone } from '../../src/lib/syslog/zone.ts';
import { compileTemplate, loadLiquid } from '../../src/lib/template.ts';
import { compileWriter } from '../../src/lib/template-writer.ts';

const insideJson = (text: string): string => JSON.stringify(text).slice(1, -1);

const settings = { format: 'auto', zone: new Zone('UTC') } as const;
const arrival = { receivedAt: Date.UTC(2026, 0, 15), remote: '192.0.2.1', settings };

/** Bytes that are mostly text, and sometimes anything: escapes, UTF-8, what is neither. */
const text = fc.oneof(
  fc.string({ unit: 'grapheme-ascii' }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('"', '\\', '\t', '\u007f', 'ü', '\ufeff', 'x'.repeat(70)),
);
const bytes = fc.oneof(
  { weight: 3, arbitrary: fc.array(text).map((parts) => Buffer.from(parts.join(''))) },
  fc.uint8Array().map((array) => Buffer.from(array)),
);
const header = fc.constantFrom(
  '<34>Oct 11 22:14:15 host app[7]: ',
  '<13>1 - host app 7 id - ',
  '<5>',
  '',
  '<7>Feb 30 01:02:03 h a: ',
);
const edit = fc.constantFrom<(event: Event) => void>(
  () => {},
  (event) => void event.message,
  (event) => void event.metadata,
  (event) => (event.message = 'an "edited" one'),
  (event) => (event.metadata['hostname'] = 'elsewhere'),
  (event) => (event.source = 'another'),
);

/** A message that shares its chunk with others, after whatever came before it. */
const message = fc.tuple(header, bytes, bytes).map(([first, rest, before]) => {
  const whole = Buffer.concat([before, Buffer.from(first), rest, Buffer.from('<34>Oct 11 22:14:15 next one: two')]);
  return new SyslogEvent(whole, before.length, before.length + first.length + rest.length, arrival);
});
const line = bytes.map((whole) => {
  const origin = { path: '/var/log/a.log', source: 'a.log', readAt: 0 };
  return new LineEvent(whole, 0, whole.length, origin, undefined, false);
});

const TEMPLATE =
  '{"h": "{metadata.hostname}", "a": "{appname}{metadata.procid}{msgid}", "s": "{source}", "m": "{message}", "n": "{metadata.none} {unknown}"}';

function written(event: Event, escape?: (text: string) => string): string {
  const to = new ByteWriter();
  const write = compileWriter(TEMPLATE, escape);
  // What was written before is of no account.
  to.text('before');
  to.take();
  write(event, to);
  return to.take().toString('latin1');
}

function rendered(event: Event, escape?: (text: string) => string): string {
  return Buffer.from(compileTemplate(TEMPLATE, escape)(event)).toString('latin1');
}

describe('a template writes what it renders, whatever was received and edited (property)', () => {
  test('syslog, inside of JSON', () => {
    fc.assert(
      fc.property(message, edit, (event, change) => {
        change(event);
        expect(written(event, insideJson)).toBe(rendered(event, insideJson));
      }),
      { numRuns: 1_000 },
    );
  });

  test('syslog, as text', () => {
    fc.assert(
      fc.property(message, edit, (event, change) => {
        change(event);
        expect(written(event)).toBe(rendered(event));
      }),
      { numRuns: 500 },
    );
  });

  test('lines of a file', () => {
    fc.assert(
      fc.property(line, edit, (event, change) => {
        change(event);
        expect(written(event, insideJson)).toBe(rendered(event, insideJson));
      }),
      { numRuns: 500 },
    );
  });

  test('Liquid', async () => {
    await loadLiquid();
    const event = new SyslogEvent(Buffer.from('<34>Oct 11 22:14:15 host app: text'), 0, 34, arrival);
    const to = new ByteWriter();
    compileWriter('{{ metadata.hostname }}/{{ message }}')(event, to);
    to.text(' ');
    compileWriter('{% if level == "critical" %}{{ message | upcase }}{% endif %}')(event, to);
    expect(to.take().toString()).toBe('host/text TEXT');
  });
});

describe('a writer of bytes', () => {
  test('grows, and gives each body memory of its own', () => {
    const to = new ByteWriter();
    to.text('ä'.repeat(100_000));
    to.raw(Buffer.alloc(2_000_000, 'r'));
    const first = to.take();
    to.text('second');
    expect(to.take().toString()).toBe('second');
    expect(first.toString()).toBe('ä'.repeat(100_000) + 'r'.repeat(2_000_000));
  });

  test('copies plain bytes only, and else writes nothing (property)', () => {
    fc.assert(
      fc.property(bytes, fc.nat(20), fc.nat(20), (from, before, after) => {
        const start = Math.min(before, from.length);
        const end = Math.max(start, from.length - after);
        const part = from.subarray(start, end);
        const isPlain = part.every((byte) => byte >= 0x20 && byte < 0x80 && byte !== 0x22 && byte !== 0x5c);
        const to = new ByteWriter();
        expect(to.plain(from, start, end)).toBe(isPlain);
        expect(to.take()).toEqual(isPlain ? Buffer.from(part) : Buffer.alloc(0));
      }),
      { numRuns: 2_000 },
    );
  });

  test('a body that failed half-way does not begin the next one', () => {
    const to = new ByteWriter();
    to.text('half');
    to.reset();
    to.text('whole');
    expect(to.take().toString()).toBe('whole');
  });
});
