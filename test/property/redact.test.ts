import fc from 'fast-check';
import { expect, test } from 'vitest';
import redact from '../../src/processors/redact.ts';
import { event, fakeContext, FakeOutput } from '../support/fakes.ts';

const processor = redact.create(
  {
    kinds: redact.schema.properties.kinds.items.enum,
    patterns: {},
    keys: ['password'],
    fields: ['title', 'message', 'metadata'],
    except: [],
  },
  fakeContext(),
);

function redacted(message: string, metadata: Record<string, unknown> = {}) {
  const one = event({ message, title: 'x', metadata });
  processor.process([one], new FakeOutput());
  return one;
}

const SECRETS = [
  'jane@example.com',
  '192.0.2.7',
  '2001:db8::7',
  '4111 1111 1111 1111',
  'DE89 3704 0044 0532 0130 00',
  'AKIAIOSFODNN7EXAMPLE',
];

test('a secret does not get through, whatever stands around it', () => {
  const around = fc.stringMatching(/^[ ,;()<>"'\n]?[A-Za-z]{0,12}[ ,;()<>"'\n]$/);
  fc.assert(
    fc.property(around, fc.constantFrom(...SECRETS), around, (before, secret, after) => {
      const message = `${before}${secret}${[...after].toReversed().join('')}`;
      expect(redacted(message).message).not.toContain(secret);
    }),
    { numRuns: 500 },
  );
});

test('what is redacted stays as it is when redacted again', () => {
  const pieces = fc.constantFrom(
    ...SECRETS,
    ' ',
    '=',
    ':',
    'token',
    'password',
    '"',
    '://',
    '@',
    'Bearer ',
    '1',
    'a',
    '.',
    '-----BEGIN PRIVATE KEY-----',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      const once = redacted(parts.join(' ')).message;
      expect(redacted(once).message).toBe(once);
    }),
    { numRuns: 500 },
  );
});

test('takes any metadata, and leaves its shape', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), (metadata) => {
      const { metadata: safe } = redacted('x', metadata);
      expect(Object.keys(safe)).toEqual(Object.keys(metadata));
    }),
  );
});

// Of a quadratic search this would take hours.
test('takes what is worst for it in a moment', () => {
  for (const piece of [
    'a',
    'a@',
    'a.',
    '1',
    '1 ',
    '1.',
    ':',
    'a:',
    '://a:',
    'eyJ',
    'eyJaaaaaaaa.',
    'token=',
    'Bearer ',
    'AKIA',
    'DE89 ',
    '4',
    '-----BEGIN PRIVATE KEY-----',
    'sk-',
    '@a.',
    'x@x.x.',
  ]) {
    redacted(`@ :// eyJ bearer 1.1.1 ${piece.repeat(300_000 / piece.length)}`);
  }
}, 30_000);
