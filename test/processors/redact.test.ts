import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/component/errors.ts';
import { copyEvent, type Event } from '../../src/component/event.ts';
import { SyslogEvent } from '../../src/lib/syslog/event.ts';
import { Zone } from '../../src/lib/syslog/zone.ts';
import { rawLines, SpareMemory } from '../../src/exporters/file/lines.ts';
import redact from '../../src/processors/redact.ts';
import { event, fakeContext, FakeOutput } from '../support/fakes.ts';

type Options = Parameters<typeof redact.create>[0];
const ALL = redact.schema.properties.kinds.items.enum;
const DEFAULTS: Options = {
  kinds: ALL,
  patterns: {},
  keys: redact.schema.properties.keys.default,
  fields: ['title', 'message', 'metadata'],
  except: [],
};

function redacted(fields: Partial<Event>, options: Partial<Options> = {}): Event {
  const batch = [event(fields)];
  redact.create({ ...DEFAULTS, ...options }, fakeContext()).process(batch, new FakeOutput());
  return batch[0]!;
}

const text = (message: string, options: Partial<Options> = {}) => redacted({ message, title: 'x' }, options).message;

const AWS = 'AKIAIOSFODNN7EXAMPLE';
const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-DEF_123';
const KEY = '-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----';

test.each([
  ['mail to jane.doe+x@mail.example.co.uk, now', 'mail to [email], now'],
  ['<jörg@exämple.de>', '<[email]>'],
  ['from 192.0.2.7:443 to 10.0.0.1.', 'from [ipv4]:443 to [ipv4].'],
  ['version 1.2.3, 1.2.3.4.5, 999.1.1.1', 'version 1.2.3, 1.2.3.4.5, 999.1.1.1'],
  ['peer [2001:db8::1]:443 src:fe80::1%eth0', 'peer [[ipv6]]:443 src:[ipv6]%eth0'],
  ['::1 and ::ffff:192.0.2.1 and 2001:db8:0:0:0:0:0:1', '[ipv6] and [ipv6] and [ipv6]'],
  ['node:2001:db8:0:0:0:0:0:1', 'node:[ipv6]'],
  ['at 12:00:05 std::string 00:1b:44:11:3a:b7', 'at 12:00:05 std::string 00:1b:44:11:3a:b7'],
  ['Authorization: Bearer abc.def-123456', 'Authorization: Bearer [bearer_token]'],
  ['Basic dXNlcjpwYXNz!', 'Basic [bearer_token]!'],
  ['Basic authentication failed', 'Basic authentication failed'],
  [`key ${AWS} used`, 'key [aws_key] used'],
  [`jwt ${JWT} end`, 'jwt [jwt] end'],
  [`{"api_key":"abcdef123456","x":1}`, '{"api_key":"[api_key]","x":1}'],
  ['token: abcdef123456; client_secret=xyzxyzxyz', 'token: [api_key]; client_secret=[api_key]'],
  [`ghp_${'a1'.repeat(18)}`, '[api_key]'],
  ['{\\"password\\":\\"hunter2\\"}', '{\\"password\\":\\"[password]\\"}'],
  ['Password: hunter2, PWD=x', 'Password: [password], PWD=[password]'],
  ['card 4111 1111 1111 1111 exp 12', 'card [credit_card] exp 12'],
  ['12 4111-1111-1111-1111 2026', '12 [credit_card] 2026'],
  ['2026 01 15 4111 1111 1111 1111', '2026 01 15 [credit_card]'],
  ['4111111111111112 and 1768478400000000', '4111111111111112 and 1768478400000000'],
  ['to DE89 3704 0044 0532 0130 00 PAID', 'to [iban] PAID'],
  ['GB82WEST12345698765432, DE00370400440532013000', '[iban], DE00370400440532013000'],
  ['AB12 AT61 1904 3002 3457 3201 DONE', 'AB12 [iban] DONE'],
  ['postgres://app:s3cr@t@db.example.com/x', 'postgres://app:[url_password]@db.example.com/x'],
  ['http://example.com:8080/a@b', 'http://example.com:8080/a@b'],
  [`pem ${KEY} after`, 'pem [private_key] after'],
  [KEY.slice(0, 40), '[private_key]'],
])('%s', (message, expected) => {
  expect(text(message)).toBe(expected);
  expect(text(expected)).toBe(expected);
});

test('addresses stay unless asked for', () => {
  const { default: kinds } = redact.schema.properties.kinds;
  expect(text('192.0.2.7 ::1 a@b.de', { kinds })).toBe('192.0.2.7 ::1 [email]');
});

test('own patterns, replacements and hashes', () => {
  const patterns = { customer: String.raw`C-\d{4}` };
  expect(text('C-1234 and a@b.de', { patterns })).toBe('[customer] and [email]');
  expect(text('C-1234 and a@b.de', { patterns, replacement: '***' })).toBe('*** and ***');
  const hashed = text('a@b.de c@d.de a@b.de', { hash_key: 'a long secret' });
  expect(hashed).toMatch(/^(\[email:[\da-f]{8}\]) (\[email:[\da-f]{8}\]) \1$/);
  expect(text('a@b.de', { hash_key: 'another secret' })).not.toBe(text('a@b.de', { hash_key: 'a long secret' }));
  expect(text('abc', { patterns: { nothing: 'x*' } })).toBe('abc');
});

describe('the metadata', () => {
  test('at any depth, by value and by key, numbers too; originals stay as they were', () => {
    const metadata = {
      user: { mail: 'a@b.de', Password: 'hunter2', age: 7 },
      list: ['ok', { to: 'a@b.de' }],
      card: 4_111_111_111_111_111,
      id: 1_768_478_400_000_000,
      token: { nested: [1] },
      fine: { untouched: true },
    };
    const original = event({ metadata });
    const copy = copyEvent(original);
    redact.create(DEFAULTS, fakeContext()).process([copy], new FakeOutput());
    expect(copy.metadata).toEqual({
      user: { mail: '[email]', Password: '[secret]', age: 7 },
      list: ['ok', { to: '[email]' }],
      card: '[credit_card]',
      id: 1_768_478_400_000_000,
      token: '[secret]',
      fine: { untouched: true },
    });
    expect(copy.metadata['fine']).toBe(metadata.fine);
    expect(original.metadata).toEqual(metadata);
    expect(metadata.list[1]).toEqual({ to: 'a@b.de' });
  });

  test('exceptions stay, deep ones too', () => {
    const metadata = { remote: '192.0.2.7', a: { b: '192.0.2.7', c: '192.0.2.7' } };
    expect(redacted({ metadata }, { except: ['metadata.remote', 'a.b'] }).metadata).toEqual({
      remote: '192.0.2.7',
      a: { b: '192.0.2.7', c: '[ipv4]' },
    });
  });

  test('what is too deep to be looked into is not let through', () => {
    let deep: unknown = 'a@b.de';
    for (let level = 0; level < 1_000; level += 1) deep = [deep];
    expect(JSON.stringify(redacted({ metadata: { deep } }).metadata)).not.toContain('a@b.de');
  });

  test('a key called __proto__ is a key', () => {
    const metadata = JSON.parse('{"x":{"__proto__":"a@b.de"}}') as Record<string, unknown>;
    expect(JSON.stringify(redacted({ metadata }).metadata)).toBe('{"x":{"__proto__":"[email]"}}');
  });
});

describe('no other door', () => {
  const line = '<14>1 2026-01-15T12:00:00Z web1 app 1 - - login of jane@example.com from 192.0.2.7';
  const received = () => {
    const bytes = Buffer.from(line);
    return new SyslogEvent(bytes, 0, bytes.length, {
      receivedAt: 0,
      remote: '192.0.2.9',
      settings: { format: 'auto', zone: new Zone('UTC') },
    });
  };

  test('format raw writes the message, not the line that was received', () => {
    const batch: Event[] = [received()];
    redact.create(DEFAULTS, fakeContext()).process(batch, new FakeOutput());
    expect(rawLines(batch, new SpareMemory()).toString()).toBe('login of [email] from [ipv4]\n');
    expect(batch[0]).toMatchObject({
      title: 'login of [email] from [ipv4]',
      metadata: { remote: '[ipv4]', hostname: 'web1' },
    });
  });

  test('nor where nothing was found, for what other eyes would find', () => {
    const batch: Event[] = [received()];
    redact
      .create({ ...DEFAULTS, kinds: [], keys: [], patterns: { x: 'zzz' } }, fakeContext())
      .process(batch, new FakeOutput());
    expect(batch[0]!.received).toBeUndefined();
  });

  test('a title that was cut amid a secret', () => {
    const message = `${'x'.repeat(112)} ${AWS}`;
    const cut = message.slice(0, 120);
    expect(cut).toContain('AKIA');
    expect(redacted({ message, title: cut }).title).not.toContain('AKIA');
  });

  test('source and tags, when asked', () => {
    const fields = { source: '192.0.2.7', tags: ['a@b.de', 'x'] };
    expect(redacted(fields)).toMatchObject(fields);
    expect(redacted(fields, { fields: ['source', 'tags'] })).toMatchObject({
      source: '[ipv4]',
      tags: ['[email]', 'x'],
    });
  });
});

test('counts what it replaced', () => {
  const context = fakeContext();
  redact.create(DEFAULTS, context).process([event({ message: 'a@b.de c@d.de', title: 'e@f.de' })], new FakeOutput());
  expect(context.counts).toEqual({ redacted_values: 3 });
});

test('options that leak or do nothing are said to', () => {
  const check = (options: Partial<Options>) => redact.check?.({ ...DEFAULTS, ...options });
  expect(check({})).toEqual([]);
  expect(check({ replacement: '{hash}' })).toMatchObject([{ severity: 'error', path: ['replacement'] }]);
  expect(check({ except: ['title'] })).toMatchObject([{ severity: 'error', path: ['except', 0] }]);
  expect(check({ fields: ['title'] })).toMatchObject([{ severity: 'hint' }]);
  expect(check({ kinds: [], keys: [] })).toMatchObject([{ severity: 'hint' }]);
  expect(() => redact.create({ ...DEFAULTS, patterns: { a: '(' } }, fakeContext())).toThrow(ConfigError);
});
