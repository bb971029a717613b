import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import parse from '../../src/processors/parse.ts';
import { event, fakeContext, FakeOutput } from '../support/fakes.ts';

type Options = Parameters<typeof parse.create>[0];
const FORMATS = [
  'json',
  'logfmt',
  'key_value',
  'regex',
  'cef',
  'leef',
  'apache_access',
  'apache_error',
  'nginx_access',
  'nginx_error',
] as const;

function parsed(format: Options['format'], message: string, options: Partial<Options> = {}) {
  const all: Options = {
    format,
    field: 'message',
    pair_separator: ';',
    key_separator: ':',
    numbers: true,
    promote: {},
    on_error: 'keep',
    max_keys: 20,
    ...(format === 'regex' && { pattern: '(?P<a>.*)x(?P<b>.*)$' }),
    ...options,
  };
  const batch = [event({ message, metadata: { before: 1 } })];
  parse.create(all, fakeContext()).process(batch, new FakeOutput());
  return batch[0]!;
}

/** Pieces that the formats are made of, in any order. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '=',
        '"',
        "'",
        '\\',
        '[',
        ']',
        '|',
        ' ',
        '\t',
        '{',
        '}',
        ':',
        ';',
        ', ',
        'CEF:',
        'LEEF:2.0|',
        '\\=',
        ' - - [',
        '] "',
        '" 200 -',
      ),
      fc.constantFrom(
        '__proto__',
        'constructor',
        'client: ',
        '15/Jan/2026:12:00:00 +0000',
        '[Sun Dec 04 04:47:44 2005] [error] ',
        '2026/01/15 12:00:00 [error] 1#1: ',
      ),
      fc.string({ maxLength: 8, unit: 'binary' }),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''));

describe.each(FORMATS)('%s', (format) => {
  test('takes any text, and either adds keys or says why not', () => {
    fc.assert(
      fc.property(hostile, (message) => {
        const { metadata, level } = parsed(format, message);
        expect(metadata['before']).toBe(1);
        expect(Object.keys(metadata).length).toBeLessThanOrEqual(22);
        expect('valueOf' in metadata).toBe(Object.hasOwn(metadata, 'valueOf'));
        expect(level).toMatch(/^(debug|info|warning|error|critical)$/);
      }),
      { numRuns: 200 },
    );
  });

  // Of a quadratic parser a megabyte would take hours.
  test('takes a megabyte of what is worst for it in a moment', () => {
    const size = format === 'regex' ? 100_000 : 1_000_000;
    for (const piece of [
      'a=',
      'a="',
      'a ',
      '=',
      '\\',
      '"',
      '[',
      '{"a":',
      'a:',
      'a;',
      '|',
      ' [x',
      ' [x] "',
      ', client: ',
      'CEF:0|',
      "a='x \\",
    ]) {
      parsed(format, piece.repeat(size / piece.length));
      parsed(format, `CEF:0|v|p|1|2|n|3|${piece.repeat(size / piece.length)}`);
    }
  }, 20_000);
});

test('logfmt gives back what was written as logfmt', () => {
  const key = fc.stringMatching(/^[a-z_][a-z0-9_.]{0,10}$/);
  fc.assert(
    fc.property(fc.dictionary(key, fc.string({ maxLength: 20 }), { maxKeys: 10, minKeys: 1 }), (record) => {
      const quoted = (value: string) => `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
      const message = Object.entries(record)
        .map(([name, value]) => `${name}=${quoted(value)}`)
        .join(' ');
      const { before: _, ...fields } = parsed('logfmt', message).metadata;
      expect(fields).toEqual({ ...record });
    }),
  );
});

test('JSON gives back what was written as JSON', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }), { maxKeys: 10 }), (record) => {
      const metadata = parsed('json', JSON.stringify(record), { target: 'metadata.into' }).metadata;
      expect(JSON.stringify(metadata['into'])).toBe(JSON.stringify(record));
    }),
  );
});
