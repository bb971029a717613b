import fc from 'fast-check';
import { expect, test } from 'vitest';
import { excerpt, secretsOfUrl } from '../../src/lib/excerpt.ts';

test.for([
  ['channel_is_archived', 'channel_is_archived'],
  ['msg_blocks_too_long and more', 'msg_blocks_too_long and more'],
  ['  two\r\nlines\u0000 \u2028 \u001b[31m', 'two lines [31m'],
  ['<html><head><style>a{b:c}</style></head><body>502 Bad Gateway</body></html>', '502 Bad Gateway'],
  ['see https://user:pw@example.com/x?token=y for more', 'see [url] for more'],
  ['you sent Authorization: Bearer s3cret', 'you sent Authorization: [hidden] [hidden]'],
  ['Bearer s3cret, sorry', 'Bearer [hidden], sorry'],
  ['{"token":"s3cret","code":4}', '{"token":"[hidden]","code":4}'],
  ['not valid: xoxb-123456789012-abcDEF', 'not valid: [hidden]'],
  ['invalid token', 'invalid token'],
] as const)('%j reads %j', ([said, shown]) => {
  expect(excerpt(said)).toBe(shown);
});

test('cuts at 200 characters, without halving a surrogate pair', () => {
  expect(excerpt('word '.repeat(100))).toMatch(/^(word )+.{0,6} …$/);
  expect(excerpt('🦊 '.repeat(500)).length).toBeLessThanOrEqual(200);
  expect(excerpt('🦊 '.repeat(500))).not.toMatch(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])/);
});

test('a URL’s secrets are its path, its query’s values and its credentials', () => {
  const secrets = secretsOfUrl(
    'https://me:pa%20ss@hooks.example.com/services/T012345/B01/abcdefghijklmnopqrstuvwx?key=longenough123',
  );
  for (const echo of ['/services/T012345/B01', 'T012345', 'abcdefghijklmnopqrstuvwx', 'longenough123', 'pa%20ss']) {
    expect(excerpt(`no ${echo} here`, secrets)).not.toMatch(/T012|abcdef|longenough|pa%/);
  }
  expect(secretsOfUrl('http://127.0.0.1:1/v1/events')).not.toContain('v1');
});

test('never shows a secret, wherever it stands', () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 300 }),
      fc.string({ maxLength: 300 }),
      fc.constantFrom('hunter2', '/services/T0/B0/xyz', 'a b'),
      (before, after, secret) => {
        const shown = excerpt(before + secret + after, [secret]);
        expect(shown.length).toBeLessThanOrEqual(200);
        if (!before.includes(secret) && secret !== 'a b') expect(shown).not.toContain(secret);
      },
    ),
  );
});

test('stays fast on hostile text', () => {
  for (const hostile of [
    '<'.repeat(65_536),
    'a'.repeat(65_536),
    'a://'.repeat(16_000),
    'token'.repeat(13_000),
    `<style>${'<'.repeat(60_000)}`,
  ]) {
    expect(excerpt(hostile).length).toBeLessThanOrEqual(200);
  }
});
