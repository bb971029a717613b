import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/component/errors.ts';
import { newMetadata, type Event } from '../../src/component/event.ts';
import parse from '../../src/processors/parse.ts';
import { event, fakeContext, FakeOutput } from '../support/fakes.ts';

type Options = Partial<Parameters<typeof parse.create>[0]>;

const DEFAULTS = {
  field: 'message',
  pair_separator: ' ',
  key_separator: '=',
  numbers: true,
  promote: {},
  on_error: 'keep',
  max_keys: 256,
} as const;

function parser(options: Options) {
  const context = fakeContext();
  const processor = parse.create({ format: 'json', ...DEFAULTS, ...options }, context);
  const output = new FakeOutput();
  const process = (...batch: Event[]): Event[] => {
    processor.process(batch, output);
    return batch;
  };
  const one = (message: string, fields: Partial<Event> = {}) =>
    process(event({ message, title: message, ...fields }))[0]!;
  return { processor, output, context, process, one };
}

const metadataOf = (options: Options, message: string) => ({ ...parser(options).one(message).metadata });

describe('json', () => {
  test('becomes metadata, nested objects as they are', () => {
    expect(metadataOf({}, ' {"status":503,"user":{"id":"u1"},"ok":null} ')).toEqual({
      status: 503,
      user: { id: 'u1' },
      ok: null,
    });
    expect(metadataOf({}, '@cee: {"a":1}')).toEqual({ a: 1 });
  });

  test('a parsed key takes the place of one that was there; a target keeps them apart', () => {
    const fields = { metadata: { hostname: 'pod', remote: '192.0.2.1' } };
    expect(parser({}).one('{"hostname":"web1"}', fields).metadata).toEqual({ hostname: 'web1', remote: '192.0.2.1' });
    expect(parser({ target: 'metadata.app.body' }).one('{"hostname":"web1"}', fields).metadata).toEqual({
      hostname: 'pod',
      remote: '192.0.2.1',
      app: { body: { hostname: 'web1' } },
    });
  });

  test('keys named as what objects have are data', () => {
    const { metadata } = parser({}).one('{"__proto__":{"polluted":1},"constructor":2,"toString":3}');
    expect(Object.keys(metadata)).toEqual(['__proto__', 'constructor', 'toString']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect('valueOf' in metadata).toBe(false);
  });

  test.each([
    ['plain text', 'no JSON object'],
    ['', 'no JSON object'],
    ['[1]', 'no JSON object'],
    ['{"a":', 'no valid JSON'],
    [`{"a":${'['.repeat(40)}${']'.repeat(40)}}`, 'JSON nested more than 32 levels deep'],
    [`{"a":${'['.repeat(50_000)}`, 'JSON nested more than 32 levels deep'],
  ])('%.20s is %s', (message, problem) => {
    const { one, context } = parser({});
    expect(one(message)).toMatchObject({ message, title: message, metadata: { parse_error: problem } });
    expect(context.counts).toEqual({ parse_errors: 1 });
  });

  test('no event gets more than max_keys, and says how many were left out', () => {
    const message = JSON.stringify(Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`k${index}`, index])));
    expect(metadataOf({ max_keys: 2 }, message)).toEqual({ k0: 0, k1: 1, keys_left_out: 8 });
  });
});

describe('promote', () => {
  test('moves keys to the fields of the event; the title follows the message', () => {
    const options: Options = {
      promote: {
        level: ['severity', 'lvl'],
        timestamp: ['ts'],
        message: ['msg'],
        source: ['service.name'],
        event_type: ['type'],
      },
    };
    const message =
      '{"lvl":"WARN","ts":1768478400,"msg":"disk full\\nat /var","service":{"name":"api"},"type":"custom_one","a":1}';
    expect(parser(options).one(message)).toMatchObject({
      level: 'warning',
      timestamp: Date.UTC(2026, 0, 15, 12),
      title: 'disk full',
      message: 'disk full\nat /var',
      source: 'api',
      eventType: 'custom_one',
      metadata: { service: { name: 'api' }, a: 1 },
    });
  });

  test('a value that a field cannot be stays in the metadata, and the next key is tried', () => {
    const edited = parser({ promote: { level: ['level', 'severity'] } }).one('{"level":"loud","severity":"err"}');
    expect(edited).toMatchObject({ level: 'error', metadata: { level: 'loud' } });
  });

  test('a title of its own is kept', () => {
    const edited = parser({ promote: { message: ['msg'] } }).one('{"msg":"new"}', { title: 'chosen' });
    expect(edited).toMatchObject({ title: 'chosen', message: 'new' });
  });
});

describe('pairs', () => {
  test.each<[string, object]>([
    [
      'level=info msg="two words" took=12.5 id=007 ok=true',
      { level: 'info', msg: 'two words', took: 12.5, id: '007', ok: 'true' },
    ],
    ['failed login for user=bob src=192.0.2.1 port=22', { user: 'bob', src: '192.0.2.1', port: 22 }],
    [String.raw`a="x \"y\" \\ z" b='it' c=`, { a: 'x "y" \\ z', b: 'it', c: '' }],
    ['a="never closed b=2', { a: '"never', b: 2 }],
    ['__proto__=1 a=2', { ['__proto__']: 1, a: 2 }],
    ['=x a=1', { a: 1 }],
  ])('logfmt %s', (message, expected) => {
    expect(parser({ format: 'logfmt' }).one(message).metadata).toEqual(Object.assign(newMetadata(), expected));
  });

  test('with separators of one’s own', () => {
    const options = { format: 'key_value', pair_separator: ';', key_separator: ':' } as const;
    expect(metadataOf(options, 'user: bob smith ; ip: 192.0.2.1;note: "a;b:c"; alone; last:1')).toEqual({
      user: 'bob smith',
      ip: '192.0.2.1',
      note: 'a;b:c',
      last: 1,
    });
  });

  test('numbers: false leaves texts', () => {
    expect(metadataOf({ format: 'logfmt', numbers: false }, 'a=1')).toEqual({ a: '1' });
  });

  test('a text without a pair is none', () => {
    expect(metadataOf({ format: 'logfmt' }, 'just words')).toEqual({ parse_error: 'no key=value' });
    expect(metadataOf({ format: 'key_value', key_separator: ':' }, 'words')).toEqual({
      parse_error: 'no pairs with ":"',
    });
  });
});

describe('regex', () => {
  const pattern = String.raw`(?P<user>\w+) from (?P<client>\S+)(?: port (?P<port>\d+))?`;

  test('named groups that took part are keys', () => {
    expect(metadataOf({ format: 'regex', pattern }, 'Failed for root from 192.0.2.1 port 22')).toEqual({
      user: 'root',
      client: '192.0.2.1',
      port: 22,
    });
    expect(metadataOf({ format: 'regex', pattern }, 'root from ::1')).toEqual({ user: 'root', client: '::1' });
    expect(metadataOf({ format: 'regex', pattern }, 'nothing')).toEqual({ parse_error: 'no match of the pattern' });
  });

  test('needs a pattern with groups', () => {
    expect(() => parser({ format: 'regex' })).toThrow(ConfigError);
    expect(parse.check?.({ ...DEFAULTS, format: 'regex', pattern: 'a+' })).toMatchObject([
      { severity: 'error', path: ['pattern'] },
    ]);
    expect(() => parser({ format: 'regex', pattern: '(?P<a>(' })).toThrow(ConfigError);
  });
});

describe('access logs', () => {
  test('combined', () => {
    const line =
      '192.0.2.7 - bob [10/Oct/2000:13:55:36 -0700] "GET /a.gif?x=1 HTTP/1.1" 200 2326 "http://www.example.com/" "Mozilla/4.08 [en] (\\"Win98\\")"';
    expect(parser({ format: 'apache_access' }).one(line)).toMatchObject({
      timestamp: Date.UTC(2000, 9, 10, 20, 55, 36),
      level: 'info',
      title: 'GET /a.gif?x=1 200',
      message: line,
      metadata: {
        client: '192.0.2.7',
        user: 'bob',
        method: 'GET',
        path: '/a.gif?x=1',
        protocol: 'HTTP/1.1',
        status: 200,
        bytes: 2326,
        referrer: 'http://www.example.com/',
        user_agent: 'Mozilla/4.08 [en] (\\"Win98\\")',
      },
    });
  });

  test.each<[string, object]>([
    [
      '::1 - - [15/Jan/2026:12:00:00 +0000] "-" 408 -',
      { level: 'warning', title: '- 408', metadata: { client: '::1', status: 408 } },
    ],
    [
      'example.com:443 192.0.2.7 - - [15/Jan/2026:12:00:00 +0000] "POST /x HTTP/2.0" 502 0 "-" "curl" "203.0.113.9" rt=0.1',
      {
        level: 'error',
        title: 'POST /x 502',
        metadata: { vhost: 'example.com:443', user_agent: 'curl', forwarded_for: '203.0.113.9', extra: 'rt=0.1' },
      },
    ],
    [
      String.raw`192.0.2.7 - a b [15/Jan/2026:12:00:00 +0000] "\x16\x03\x01" 400 157 "-" "-"`,
      { level: 'warning', metadata: { user: 'a b', request: String.raw`\x16\x03\x01` } },
    ],
  ])('%s', (line, expected) => {
    expect(parser({ format: 'nginx_access' }).one(line)).toMatchObject(expected);
  });

  test.each([
    'hello',
    '1 - - [x] "GET / HTTP/1.1" 200 1',
    '1 - - [15/Jan/2026:12:00:00 +0000] "GET / HTTP/1.1',
    '1 - - [15/Jan/2026:12:00:00 +0000] "-" abc -',
  ])('not %s', (line) => {
    expect(parser({ format: 'nginx_access' }).one(line).metadata['parse_error']).toMatch(/^no line of an access log/);
  });
});

describe('error logs', () => {
  test.each<[string, object]>([
    [
      '[Sun Dec 04 04:47:44 2005] [error] [client 192.0.2.1] File does not exist: /var/www/x',
      {
        timestamp: Date.UTC(2005, 11, 4, 4, 47, 44),
        level: 'error',
        title: 'File does not exist: /var/www/x',
        message: 'File does not exist: /var/www/x',
        metadata: { client: '192.0.2.1' },
      },
    ],
    [
      '[Fri Sep 09 10:42:29.902022 2011] [core:error] [pid 35708:tid 4328636416] [client 72.15.99.187:1234] AH00124: Request exceeded',
      {
        timestamp: Date.UTC(2011, 8, 9, 10, 42, 29, 902),
        title: 'Request exceeded',
        metadata: { module: 'core', pid: 35708, tid: 4328636416, client: '72.15.99.187:1234', code: 'AH00124' },
      },
    ],
    [
      '[Fri Sep 09 10:42:29 2011] [mpm:trace3] [x] y',
      { level: 'debug', message: '[x] y', metadata: { module: 'mpm' } },
    ],
  ])('apache %s', (line, expected) => {
    expect(parser({ format: 'apache_error', timezone: 'UTC' }).one(line)).toMatchObject(expected);
  });

  test('nginx', () => {
    const line =
      '2026/01/15 12:00:00 [crit] 812#813: *77 connect() failed, client: inside, (111: refused) while connecting, client: 192.0.2.1, server: example.com, request: "GET /a, b HTTP/1.1", upstream: "http://10.0.0.1/", host: "example.com"';
    expect(parser({ format: 'nginx_error', timezone: 'Europe/Berlin' }).one(line)).toMatchObject({
      timestamp: Date.UTC(2026, 0, 15, 11),
      level: 'critical',
      message: 'connect() failed, client: inside, (111: refused) while connecting',
      metadata: {
        pid: 812,
        tid: 813,
        connection: 77,
        client: '192.0.2.1',
        server: 'example.com',
        request: 'GET /a, b HTTP/1.1',
        upstream: 'http://10.0.0.1/',
        host: 'example.com',
      },
    });
    expect(
      parser({ format: 'nginx_error', timezone: 'UTC' }).one('2026/01/15 12:00:00 [notice] 1#1: start').message,
    ).toBe('start');
  });

  const loghub = new URL('../../../shared/conformance/loghub/Apache_2k.log', import.meta.url);
  test.skipIf(!existsSync(loghub))('every line of a real Apache error log', () => {
    const lines = readFileSync(loghub, 'utf8').trimEnd().split(/\r?\n/);
    const { process, context } = parser({ format: 'apache_error', timezone: 'UTC' });
    const events = process(...lines.map((message) => event({ message, title: message })));
    expect(context.counts['parse_errors']).toBe(0);
    expect(events).toHaveLength(2_000);
    expect(events.filter(({ level }) => level === 'error')).toHaveLength(595);
    expect(events.filter(({ metadata }) => typeof metadata['client'] === 'string').length).toBeGreaterThan(0);
    expect(events[0]).toMatchObject({
      timestamp: Date.UTC(2005, 11, 4, 4, 47, 44),
      level: 'info',
      message: 'workerEnv.init() ok /etc/httpd/conf/workers2.properties',
    });
  });
});

describe('security devices', () => {
  test('CEF', () => {
    const line = String.raw`<134>Jan 15 fw CEF:0|Acme\|Co|Wall|1.0|100|Worm stopped|10|src=192.0.2.1 msg=Two words, a\=b \\ done spt=1232 rt=1768478400000 cs1Label=Rule cs1=`;
    expect(parser({ format: 'cef' }).one(line)).toMatchObject({
      timestamp: Date.UTC(2026, 0, 15, 12),
      eventType: 'security_event',
      level: 'critical',
      source: 'Wall',
      title: 'Worm stopped',
      metadata: {
        device: { vendor: 'Acme|Co', product: 'Wall', signature_id: '100', severity: '10' },
        src: '192.0.2.1',
        msg: 'Two words, a=b \\ done',
        spt: 1232,
        cs1Label: 'Rule',
        cs1: '',
      },
    });
    expect(parser({ format: 'cef' }).one('CEF:0|V|P|1|9|Name|High|').level).toBe('error');
    expect(metadataOf({ format: 'cef' }, 'CEF:x|y')).toEqual({ parse_error: 'no CEF' });
  });

  test('LEEF 1.0 and 2.0', () => {
    expect(parser({ format: 'leef' }).one('LEEF:1.0|Acme|Wall|1|Deny|src=192.0.2.1\tsev=5\tmsg=a=b')).toMatchObject({
      title: 'Deny',
      source: 'Wall',
      level: 'warning',
      metadata: { src: '192.0.2.1', sev: 5, msg: 'a=b' },
    });
    for (const delimiter of ['^', 'x5E', '0x5e']) {
      const line = `LEEF:2.0|Acme|Wall|1|Deny|${delimiter}|src=192.0.2.1^devTime=Jan 15 2026 12:00:00`;
      expect(parser({ format: 'leef', timezone: 'UTC' }).one(line)).toMatchObject({
        timestamp: Date.UTC(2026, 0, 15, 12),
        metadata: { src: '192.0.2.1' },
      });
    }
    expect(metadataOf({ format: 'leef' }, 'x')).toEqual({ parse_error: 'no LEEF' });
  });
});

describe('which events', () => {
  test('when and field choose', () => {
    const { process, context } = parser({ field: 'metadata.payload', when: 'source == "app"' });
    const metadata = { payload: '{"a":1}' };
    const [parsed, other, without] = process(
      event({ source: 'app', metadata }),
      event({ metadata }),
      event({ source: 'app', metadata: { payload: 7 } }),
    );
    expect(parsed!.metadata).toEqual({ ...metadata, a: 1 });
    expect(other!.metadata).toEqual(metadata);
    expect(without!.metadata).toEqual({ payload: 7 });
    expect(context.counts['parse_errors']).toBe(0);
  });

  test('on_error: drop drops, counts and says why', () => {
    const { process, output, context, processor } = parser({ on_error: 'drop' });
    expect(process(event({ message: 'text' }), event({ message: '{}' }))).toHaveLength(1);
    expect(output.drops).toEqual({ filtered: 1, suppressed: 0 });
    expect(context.counts['parse_errors']).toBe(1);
    expect(processor.objection?.(event({ message: 'text' }))).toBe('it could not be parsed: no JSON object');
    expect(processor.objection?.(event({ message: '{}' }))).toBeUndefined();
  });

  test('the trouble that a receiver had is not forgotten', () => {
    expect(parser({}).one('text', { metadata: { parse_error: 'the text is not UTF-8' } }).metadata['parse_error']).toBe(
      'the text is not UTF-8; no JSON object',
    );
  });
});

test('options that do nothing are hinted at, wrong ones refused', () => {
  const check = (options: Options) => parse.check?.({ ...DEFAULTS, format: 'json', ...options });
  expect(check({})).toEqual([]);
  expect(check({ pattern: '(?P<a>x)', pair_separator: ',' })).toMatchObject([
    { severity: 'hint' },
    { severity: 'hint' },
  ]);
  expect(check({ target: 'title' })).toMatchObject([{ severity: 'error', path: ['target'] }]);
  expect(check({ timezone: 'Mars' })).toMatchObject([{ severity: 'error', path: ['timezone'] }]);
});
