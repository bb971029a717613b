import { beforeAll, describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/component/errors.ts';
import { checkTemplate, compileTemplate, loadLiquid, needsLiquid } from '../../src/lib/template.ts';
import { event } from '../support/fakes.ts';

const sample = event({
  level: 'error',
  source: 'nginx',
  title: 'down & out',
  tags: ['a', 'b'],
  metadata: { host: 'web1', n: 7, a: { b: true }, nothing: null, big: 12345678901234567890n },
});
const render = (text: string, more?: Record<string, unknown>) => compileTemplate(text)(sample, more);

test('a Liquid text before Liquid is loaded is an error that says so', () => {
  expect(() => compileTemplate('{{ title | upcase }}')).toThrow(/await loadLiquid\(\)/);
  expect(() => checkTemplate('{% if level %}x{% endif %}')).toThrow(/await loadLiquid\(\)/);
});

describe('placeholders', () => {
  test.for([
    ['[{level}] {title}', '[error] down & out'],
    ['{metadata.host}:{metadata.n}', 'web1:7'],
    ['{metadata.a}', '{"b":true}'],
    ['{metadata.big}', '12345678901234567890'],
    ['{timestamp}', '2026-01-15T12:00:00.000Z'],
    ['{tags}', 'a, b'],
    ['<{metadata.missing}{metadata.nothing}>', '<>'],
    ['{"a": 1, "level": "{level}"}', '{"a": 1, "level": "error"}'],
    ['{levle} {host} {} {0} {', '{levle} {host} {} {0} {'],
    ['{metadata.host name}', '{metadata.host name}'],
    ['', ''],
    ['plain', 'plain'],
  ])('%s', ([text, rendered]) => {
    expect(render(text!)).toBe(rendered);
  });

  test('names that only the caller has', () => {
    expect(render('{count} {level} {other}', { count: 3, level: 'no' })).toBe('3 error {other}');
  });

  test('escapes values, not the text around them', () => {
    expect(compileTemplate('& {title}', (text) => text.replaceAll('&', '&amp;'))(sample)).toBe('& down &amp; out');
  });
});

describe('outputs without filters need no Liquid', () => {
  test.for([
    ['{{ level }}', 'error'],
    ['{{title}} on {{ metadata.host }}', 'down & out on web1'],
    ['{{ host }}', 'web1'],
    ['{{ metadata.a.b }} {level}', 'true {level}'],
    ['{{ tags }}', 'a, b'],
    ['{{ missing }}|', '|'],
  ] as const)('%s', ([text, rendered]) => {
    expect(needsLiquid(text)).toBe(false);
    expect(checkTemplate(text)).toBeUndefined();
    expect(render(text)).toBe(rendered);
  });
});

describe('Liquid', () => {
  beforeAll(() => loadLiquid());

  test.for([
    ['{{ title | upcase }}', 'DOWN & OUT'],
    ['{% if level == "error" %}!{% endif %}{{ host }}', '!web1'],
    ['{% for tag in tags %}<{{ tag }}>{% endfor %}', '<a><b>'],
    ['{{ tags | join: "+" }} {{ tags }}', 'a+b a, b'],
    ['{{ timestamp | date: "%Y" }}', '2026'],
    ['{{ tags.size }}', '2'],
    ['{{ metadata.constructor | default: "none" }}', 'none'],
    ['{{ missing.deep | upcase }}|', '|'],
    ['{"a": "{{ level | upcase }}"}', '{"a": "ERROR"}'],
  ] as const)('%s', ([text, rendered]) => {
    expect(needsLiquid(text)).toBe(true);
    expect(checkTemplate(text)).toBeUndefined();
    expect(render(text)).toBe(rendered);
  });

  test('escapes what is put out, unless told not to', () => {
    const escape = (text: string) => text.replaceAll('&', '&amp;');
    expect(compileTemplate('& {{ title | upcase }} {{ title | raw }}', escape)(sample)).toBe(
      '& DOWN &amp; OUT down & out',
    );
  });

  test.for([
    ['ok\n  {{ title | upcaze }}', 5, /undefined filter: upcaze/],
    ['{% if level %}', 0, /not closed/],
    ['x {{ title', 2, /not closed/],
    ['{% nope %}', 0, /tag "nope" not found/],
  ] as const)('says what is wrong with %j, and where', ([text, offset, message]) => {
    const problem = checkTemplate(text);
    expect(problem?.message).toMatch(message);
    expect(problem?.offset).toBeGreaterThanOrEqual(offset);
    expect(problem?.offset).toBeLessThan(offset + 3);
    expect(() => compileTemplate(text)).toThrow(ConfigError);
  });

  test('reads no files, and stops in time', () => {
    expect(render('{% include "/etc/passwd" %}')).toMatch(/template failed: ENOENT/);
    expect(render('{% for i in (1..1000000000) %}x{% endfor %}')).toMatch(/template failed: memory/);
  });
});
