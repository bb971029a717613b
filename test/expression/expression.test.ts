import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/component/errors.ts';
import { LEVELS, type Event } from '../../src/component/event.ts';
import {
  checkExpression,
  checkValueExpression,
  compileCondition,
  compileValue,
} from '../../src/expression/expression.ts';
import { event } from '../support/fakes.ts';

const sample = event({
  eventId: 'id-1',
  eventType: 'security_event',
  level: 'error',
  source: 'nginx-1',
  title: 'Upstream timed out',
  message: 'Upstream timed out: OUT OF MEMORY on web1',
  tags: ['prod', 'web'],
  timestamp: Date.UTC(2026, 0, 15, 12, 30),
  metadata: {
    status: 503,
    ratio: 0.5,
    text: '503',
    flag: true,
    nothing: null,
    hostname: 'web1',
    'a-b': 'dashed',
    severity: 'err',
    lvl: 'critical',
    big: 12345678901234567890n,
    http: { request: { path: '/health', ms: 12.5 } },
    list: [1, 2, { x: 'y' }],
  },
});
const holds = (text: string, of: Event = sample) => compileCondition(text)(of);

describe('conditions', () => {
  test.for([
    'level >= warning && "prod" in tags && source.startsWith("nginx")',
    'event_id == "id-1" && event_type == "security_event" && title != ""',
    'metadata.status >= 500',
    'metadata.status == 503 && metadata.status == 503.0 && metadata.status != 404',
    '1 + metadata.status == 504',
    'metadata.status + 1 > 503.5 && metadata.status - 3 == 500 && 2 * metadata.ratio == 1',
    'metadata.status / 2 == 251.5 && metadata.status % 2 == 1 && -metadata.status < 0',
    '7 / 2 == 3 && 7 % 2 == 1 && 1 + 1.5 == 2.5 && 1 == 1.0',
    'metadata.status in [502, 503] && !(metadata.status in [1])',
    'int(metadata.text) >= 500 && double(metadata.text) == 503.0 && string(metadata.status) == "503"',
    'metadata.flag',
    'metadata.flag == true && metadata.nothing == null && metadata.status != null',
    'metadata["a-b"] == "dashed" && metadata.http.request.path == "/health"',
    'metadata.list[0] == 1 && metadata.list[2].x == "y" && tags[1] == "web" && 2 in metadata.list',
    'has(metadata.hostname) && has(metadata.http.request) && has(metadata.nothing)',
    '"hostname" in metadata && size(tags) == 2 && metadata.hostname.size() == 4',
    'message.matches("(?i)out of memory") && message.matches("timed") && !message.matches("^timed")',
    'message.contains("memory") == false && message.lowerAscii().contains("memory") && source.endsWith("-1")',
    'message.contains(metadata.hostname) && message.matches(metadata.hostname)',
    'timestamp > timestamp("2026-01-01T00:00:00Z") && timestamp.getHours() == 12',
    'timestamp - duration("1h") < timestamp && timestamp - timestamp("2026-01-15T12:00:00Z") == duration("30m")',
    'tags.exists(t, t.startsWith("pr")) && tags.all(t, t.size() > 2) && tags.exists_one(t, t == "web")',
    'tags.filter(t, t != "web") == ["prod"] && tags.map(t, t + "!")[0] == "prod!"',
    'tags.exists(a, tags.exists(b, a != b && a == "prod" && b == "web"))',
    'tags.exists(level, level == "web")',
    'tags.exists(t, t.matches("^p.*d$"))',
    'metadata.exists(k, k == "flag") && cel.bind(s, metadata.status, s > 500 && s < 600)',
    'level == error ? metadata.status == 503 : false',
    'type(source) == string && source + "!" == "nginx-1!" && tags + ["x"] != tags',
    'metadata.big > 1 && "b" < "c" && source in ["a", "nginx-1"]',
    'source // a comment\n == "nginx-1"',
  ])('%s', (text) => {
    expect(checkExpression(text)).toBeUndefined();
    expect(holds(text)).toBe(true);
  });

  test('levels are in order, as names, as texts, and from the metadata', () => {
    const operators = { '==': [0], '!=': [-1, 1], '<': [-1], '<=': [-1, 0], '>': [1], '>=': [0, 1] };
    for (const [operator, signs] of Object.entries(operators)) {
      LEVELS.forEach((left, a) => {
        LEVELS.forEach((right, b) => {
          const expected = signs.includes(Math.sign(a - b));
          const of = event({ level: left, metadata: { lvl: left } });
          for (const text of [
            `level ${operator} ${right}`,
            `level ${operator} "${right}"`,
            `${left} ${operator} ${right}`,
            `metadata.lvl ${operator} ${right}`,
            `[level][0] ${operator} [${right}][0]`,
          ]) {
            expect([text, holds(text, of)]).toEqual([text, expected]);
          }
          expect(holds(`${right} ${operator} level`, of)).toBe(signs.includes(Math.sign(b - a)));
        });
      });
    }
    expect(holds('level in [error, critical] && level in ["error"] && !(level in [info, "debug"])')).toBe(true);
    expect(holds('string(level) == "error"')).toBe(true);
    expect(holds('metadata.severity >= debug')).toBe(false);
  });
});

describe('what is not there', () => {
  test.for([
    'metadata.missing == 1',
    'metadata.missing != 1',
    'metadata.missing < 1 || metadata.missing >= 1',
    'metadata.missing == metadata.other',
    'metadata.missing.deep.er == "x"',
    'metadata.hostname.deep == "x"',
    'metadata.missing',
    'metadata.missing in [1] || 1 in metadata.missing',
    'metadata.missing.startsWith("x") || metadata.missing.matches("") || source.contains(metadata.missing)',
    'metadata.missing.exists(x, true) || metadata.missing.all(x, true) || metadata.missing.exists_one(x, true)',
    'metadata.missing + 1 == 1 || size(metadata.missing) == 0 || -metadata.missing < 1',
    'metadata.list[9] == 1 || metadata.list["x"] == 1 || tags[-1] == "web"',
    'has(metadata.missing) || has(metadata.missing.deep) || has(metadata.hostname.deep)',
    'int(metadata.missing) == 0 || int(metadata.hostname) == 0 || string(metadata.missing) == ""',
    'metadata.constructor == 1 || has(metadata.constructor) || has(metadata.http.toString) || has(metadata.http.__proto__)',
    'metadata.missing ? true : false',
  ])('%s is false', (text) => {
    expect(holds(text)).toBe(false);
  });

  test.for([
    '!(metadata.missing == 1)',
    '!metadata.missing',
    'metadata.missing == 1 || level == error',
    '!has(metadata.missing)',
  ])('%s is true', (text) => expect(holds(text)).toBe(true));

  test.for([
    'metadata.text >= 500',
    'metadata.status == "503"',
    'metadata.hostname > 1',
    'metadata.flag < 1',
    '1 / 0 == 1',
    'metadata.list > 3',
  ])('%s compares what has no order, and is false', (text) => expect(holds(text)).toBe(false));

  test('a key called __proto__ is a key', () => {
    const metadata = JSON.parse('{"a": {"__proto__": 1}}') as Record<string, unknown>;
    expect(holds('metadata.a["__proto__"] == 1', event({ metadata }))).toBe(true);
  });
});

test('fields that an expression does not mention are not decoded', () => {
  const lazy = event({ source: 'nginx' });
  for (const field of ['message', 'title', 'metadata', 'tags', 'timestamp', 'eventType', 'eventId']) {
    Object.defineProperty(lazy, field, {
      get: () => {
        throw new Error(`${field} was decoded`);
      },
    });
  }
  expect(holds('level >= info && source == "nginx" || message == ""', lazy)).toBe(true);
});

test('a pattern that stops a backtracking engine takes no time', () => {
  const evil = event({
    message: `${'a'.repeat(60_000)}!`,
    metadata: { pattern: '^(a+)+$', tooLong: 'a'.repeat(300), wrong: '(' },
  });
  expect(holds('message.matches("^(a+)+$")', evil)).toBe(false);
  expect(holds('message.matches(metadata.pattern)', evil)).toBe(false);
  expect(holds('[message].exists(m, m.matches("^(a+)+$"))', evil)).toBe(false);
  expect(holds('message.matches(metadata.tooLong) || message.matches(metadata.wrong)', evil)).toBe(false);
});

test('patterns that events bring along are remembered up to a bound', () => {
  const matches = compileCondition('message.matches(metadata.p)');
  for (let index = 0; index < 1_000; index += 1) {
    expect(matches(event({ message: `n${index}!`, metadata: { p: `^n${index}!$` } }))).toBe(true);
  }
});

test('long chains are no deep trees', () => {
  const terms = Array.from({ length: 400 }, (_, index) => `source=="h${index}"`);
  expect(holds(terms.join('||'), event({ source: 'h399' }))).toBe(true);
});

describe('values', () => {
  test.for([
    ['source', 'nginx-1'],
    ['level', 'error'],
    ['metadata.status + 1', 504],
    ['1 + 1', 2],
    ['metadata.big', '12345678901234567890'],
    ['timestamp', '2026-01-15T12:30:00.000Z'],
    ['source + "/" + metadata.hostname', 'nginx-1/web1'],
    ['[level, warning]', ['error', 'warning']],
    ['duration("90s")', '90s'],
    ['metadata.missing', undefined],
    ['source.split("-")[0]', 'nginx'],
  ] as const)('%s', ([text, value]) => {
    expect(checkValueExpression(text)).toBeUndefined();
    expect(compileValue(text)(sample)).toEqual(value);
  });
});

describe('what is wrong with an expression is said with its place', () => {
  test.for([
    ['levle >= warning', 0, 5, /there is no levle/, 'level'],
    ['level >= warnin', 9, 6, /there is no warnin/, 'warning'],
    ['level >= "warnin"', 9, 8, /no level "warnin"/, 'warning'],
    ['level in ["info", "eror"]', 18, 6, /no level "eror"/, 'error'],
    ['source == nginx', 10, 5, /in quotes.*metadata\.nginx/, undefined],
    ['metadata.a-b == 1', 11, 1, /metadata\["a-b"\]/, undefined],
    ['source.startWith("x")', 7, 9, /no function startWith/, 'startsWith'],
    ['source.startsWith(1)', 7, 10, /there is string\.startsWith\(string\)/, undefined],
    ['source == 1', 0, 11, /== does not work between a text and a whole number/, undefined],
    ['level > 3', 0, 9, /debug < info < warning/, undefined],
    ['level = warning', 6, 1, /"=" is written ==/, undefined],
    ['level >= warning and true', 17, 3, /"and" is written &&/, undefined],
    ['not true', 4, 4, /"not" is written !/, undefined],
    ['level >=', 8, 1, /ends too early/, undefined],
    ['(level == info', 14, 1, /never closed/, undefined],
    ['source == "x', 10, 2, /a quote is missing/, undefined],
    ['message.matches("a(b")', 17, 3, /\( is never closed/, undefined],
    ['message.matches(r"a(?=b)")', 19, 3, /looks around/, undefined],
    ['level.name == "x"', 6, 4, /nothing below/, undefined],
    ['has(source)', 4, 6, /asks for a key/, undefined],
    ['1 + 1', 0, 5, /true or false, and this is a whole number/, undefined],
    ['level', 0, 5, /this is a level: compare it/, undefined],
    ['', 0, 1, /empty/, undefined],
  ] as const)('%s', ([text, offset, length, message, suggestion]) => {
    const problem = checkExpression(text);
    expect(problem).toMatchObject({ offset, length, message: expect.stringMatching(message) as string });
    expect(problem?.suggestion).toBe(suggestion);
  });

  test.for(['!'.repeat(8_000) + 'true', '('.repeat(2_000), 'x'.repeat(100_000), '-'.repeat(3_000) + '1 == 1'])(
    'an expression that would overflow the stack is refused (%#)',
    (text) => expect(checkExpression(text)?.message).toMatch(/nested too deeply|at most/),
  );

  test('compiling one throws a ConfigError with place and hint', () => {
    const error = (() => {
      try {
        compileCondition('levle >= warning', ['when']);
      } catch (caught) {
        return caught;
      }
      return undefined;
    })();
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).place).toEqual({ path: ['when'], offset: 0, hint: 'Did you mean level?' });
  });
});
