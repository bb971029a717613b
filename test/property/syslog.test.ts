import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SyslogEvent } from '../../src/lib/syslog/event.ts';
import { Framer, type Framing } from '../../src/lib/syslog/framing.ts';
import { parseHeader } from '../../src/lib/syslog/parse.ts';
import { Zone } from '../../src/lib/syslog/zone.ts';

const settings = { format: 'auto', zone: new Zone('UTC') } as const;
const arrival = { receivedAt: Date.UTC(2026, 0, 15), remote: '192.0.2.1', settings };

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length]!;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

function framesOf(framing: Framing, maxSize: number, chunks: readonly Buffer[]): unknown {
  const frames: string[] = [];
  const framer = new Framer(framing, maxSize);
  const sink = {
    frame: (bytes: Buffer, start: number, end: number, truncated: boolean) =>
      void frames.push(`${truncated} ${bytes.toString('latin1', start, end)}`),
  };
  const intact = chunks.every((chunk) => framer.feed(chunk, sink)) && framer.end(sink);
  return { frames, intact };
}

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });

describe('framing', () => {
  test('counted messages come out as they went in, however they are chunked', () => {
    const messages = fc.array(fc.uint8Array({ minLength: 1, maxLength: 60 }), { minLength: 1 });
    fc.assert(
      fc.property(messages, sizes, (list, chunking) => {
        const stream = Buffer.concat(list.flatMap((message) => [Buffer.from(`${message.length} `), message]));
        const expected = list.map((message) => `false ${Buffer.from(message).toString('latin1')}`);
        expect(framesOf('auto', 480, cut(stream, chunking))).toEqual({ frames: expected, intact: true });
      }),
    );
  });

  test('any bytes come to the same frames, however they are chunked', () => {
    const byte = fc.oneof(fc.constantFrom(10, 13, 0, 32, 0x31, 0x32, 0x33), fc.integer({ min: 0, max: 255 }));
    const stream = fc.array(byte, { maxLength: 300 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(
        stream,
        sizes,
        fc.constantFrom('auto', 'newline', 'octet_counting'),
        fc.integer({ min: 1, max: 30 }),
        (bytes, chunking, framing, max) => {
          expect(framesOf(framing, max, cut(bytes, chunking))).toEqual(framesOf(framing, max, [bytes]));
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('parsing', () => {
  const piece = fc.constantFrom(
    '<34>',
    '<',
    '>',
    '1 ',
    '- ',
    '-',
    '[',
    ']',
    '[id a="b"]',
    '"',
    '\\',
    '=',
    ' ',
    ':',
    '%ASA-4-1: ',
    'Oct 11 22:14:15 ',
    'Feb 29 ',
    '2003-10-11T22:14:15.003Z ',
    '10: ',
    '*',
    '.',
    'host ',
    'app[1]: ',
    '\n',
    '\ufeff',
    'ä',
    '__proto__',
    '2003',
    '12:00:00',
    'GMT: ',
  );
  const text = fc.oneof(
    fc.array(piece, { maxLength: 20 }).map((pieces) => Buffer.from(pieces.join(''))),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  );

  test('never throws, and reads nothing outside the message', () => {
    fc.assert(
      fc.property(text, fc.constantFrom('auto', 'rfc3164', 'rfc5424'), (message, format) => {
        const around = Buffer.concat([
          Buffer.from('<11>Jan  1 00:00:00 x'),
          message,
          Buffer.from('] "x" 22:14:15 host: <13>1 2003-10-11T22:14:15Z'),
        ]);
        const alone = parseHeader(message, 0, message.length, format);
        const within = parseHeader(around, 21, 21 + message.length, format);
        for (const key of Object.keys(alone) as (keyof typeof alone)[]) {
          const isOffset = /^(base|host|app|proc|msgid|data|sequence|message)(End)?$/.test(key);
          if (key === 'hour' || key === 'minute' || key === 'second' || key === 'millisecond' || key === 'offset')
            continue;
          const shift = isOffset && (key === 'base' || within[key] !== 0) ? 21 : 0;
          expect([key, Number(within[key]) - shift]).toEqual([key, Number(alone[key])]);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test('a detached event and a copy read as the event did', () => {
    fc.assert(
      fc.property(text, fc.boolean(), (message, early) => {
        const bytes = Buffer.concat([Buffer.from('xx'), message]);
        const event = new SyslogEvent(bytes, 2, bytes.length, arrival);
        const fields = (it: SyslogEvent): unknown => [
          it.level,
          it.eventType,
          it.timestamp,
          it.source,
          it.title,
          it.message,
          { ...it.metadata },
        ];
        const expected = fields(new SyslogEvent(bytes, 2, bytes.length, arrival));
        if (early) void event.source;
        event.detach();
        bytes.fill(0);
        expect(fields(event.copy())).toEqual(expected);
        expect(fields(event)).toEqual(expected);
      }),
    );
  });
});
