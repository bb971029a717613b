import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exporter, load } from '../support/load.ts';

const VALID = 'exporters:\n  syslog:\n    host: a\n';

describe('what YAML leaves open is settled', () => {
  test.for([
    ['', ['1:1 the file is empty; it needs at least exporters, or what `lnmt-collector sample-config` prints']],
    [
      '# only this\n',
      ['1:1 the file is empty; it needs at least exporters, or what `lnmt-collector sample-config` prints'],
    ],
    ['- a\n', ['1:1 a pipeline file is a map of blocks (receivers, exporters, pipelines, …), not a list']],
    ['hello\n', ['1:1 a pipeline file is a map of blocks (receivers, exporters, pipelines, …), not a single value']],
    [`${VALID}  syslog: {}\n`, ['4:3 "syslog" is here a second time; the first is on line 2: keep one of them']],
    [
      `${VALID}---\n${VALID}`,
      [
        '4:1 a second document starts here; a pipeline file is one document: remove the ---, or put the parts in files of their own and name them under include',
      ],
    ],
    ['exporters:\n\tsyslog: { host: a }\n', ['2:1 a tab is used as indentation; YAML takes spaces only']],
    ['exporters:\n  syslog: { host: a\n  slack: {}\n', ['3:3 the { above is not closed with a } before this']],
    ['exporters:\n  syslog:\n    host: "a\n  b: c\n', ['3:11 the text that starts here has no closing "']],
    [
      'exporters:\n  syslog:\n    host: a: b\n',
      [
        '3:11 this line has a colon within its value, or the lines below it are indented too far; put a value that has a colon in quotes',
      ],
    ],
    [
      'exporters:\n  syslog:\n    host: a\n   port: 1\n',
      ['4:1 this line is indented differently from its neighbours: all keys of a block must start at the same column'],
    ],
    [
      'exporters:\n  syslog:\n    host a\n    port: 1\n',
      [
        '3:5 this line is neither `key: value` nor part of the value above it; is a colon (with a space behind it) missing, or is it indented wrongly?',
      ],
    ],
    ['exporters:\n  syslog: { host: @a }\n', ["2:19 a value cannot start with @ unless it is in quotes: write '@a'"]],
    [
      'exporters:\n  syslog: { host: a }\nreceivers:\n  file:\n    include: [*.log]\n',
      ["5:15 *.log is read by YAML as an alias; write '*.log' in quotes"],
    ],
    [
      'x-a: &defaults { host: a }\nexporters:\n  syslog: *default\n',
      ['3:11 there is no anchor &default before this alias; did you mean "defaults"?'],
    ],
    [
      'exporters:\n  syslog: { host: a, facility: #ops }\n',
      ["2:32 YAML reads from # to the end of the line as a comment, the closing } too; write '#ops' in quotes"],
    ],
    [
      'exporters:\n  syslog: { host: ${vault:x} }\n',
      [
        '2:19 this ${ is no reference: ${env:NAME} and ${file:/path} are; write $${ in quotes for the characters themselves',
      ],
    ],
    [
      'processors:\n  filter: { when: !message.contains("x") }\n',
      ['2:19 a value cannot start with ! unless it is in quotes: put all of it in quotes'],
    ],
    [
      "processors:\n  filter: { when: level >= error && message == 'a: b' }\n",
      ['2:19 within { } and [ ] a value that has a colon, a comma or a quote in it must be in quotes'],
    ],
    ['exporters:\n  syslog:{host: a}\n', ['2:3 a colon needs a space behind it']],
    [
      'exporters:\n\u00a0\u00a0syslog: { host: a }\n',
      [
        '2:1 this line is indented with characters that only look like spaces (no-break spaces, from a web page?); type spaces',
      ],
    ],
    ['exporters: &e\n  syslog: { host: a }\n  more: *e\n', ['3:9 the value of &e contains itself through this alias']],
    [
      'exporters:\n  syslog: { host: !secret a }\n',
      ['2:19 the tag !secret means nothing here; put a text that starts with ! in quotes'],
    ],
    [
      'exporters:\n  syslog: { host: a, [x]: b }\n',
      ['2:22 a key must be a text; put one that has brackets, braces or a leading * in quotes'],
    ],
    [
      'exporters:\n  syslog:\n    host: a\n    __proto__: { polluted: true }\n',
      [
        '4:5 unknown option "__proto__" of syslog; it has host, port, protocol, facility, timeout, retry, queue, concurrency, batch, filters and rate_limit',
      ],
    ],
  ] as const)('%j', async ([yaml, errors]) => {
    expect((await load(yaml)).errors).toEqual(errors);
  });

  test('%YAML 1.1 does not bring its booleans back', async () => {
    expect((await load(`%YAML 1.1\n---\n${VALID}    enabled: yes\n`)).errors).toEqual([
      '6:14 enabled takes true or false, and YAML 1.2 reads yes as a text; write true',
    ]);
  });

  test('a byte order mark and CRLF move nothing', async () => {
    const { errors, problems } = await load(`\uFEFF${VALID}    prot: 1\n`.replaceAll('\n', '\r\n'));
    expect(errors).toEqual(['4:5 unknown option "prot" of syslog; did you mean "port"?']);
    expect(problems[0]!.text).toBe('    prot: 1');
  });

  test('columns count characters, not UTF-16 units', async () => {
    expect((await load("exporters: { '🔥🔥': { type: syslog, host: a, prot: 1 } }")).errors[0]).toMatch(/^1:45 /);
  });

  test('keys that are not texts are, where any key will do', async () => {
    const { configuration } = await load(
      exporter('http', 'url: https://a/\nheaders: { 404: a, true: b, __proto__: c }'),
    );
    expect(Object.entries((configuration!.exporters.get('http')!.options as { headers: object }).headers)).toEqual([
      ['404', 'a'],
      ['true', 'b'],
      ['__proto__', 'c'],
    ]);
  });

  test('merged values count as written where they are written', async () => {
    const { errors, configuration } = await load(
      'x-defaults: &defaults\n  host: logs\n  prot: 1\nexporters:\n  syslog/a: { <<: *defaults }\n  syslog/b: { <<: [*defaults], host: other }\n',
    );
    expect(configuration).toBeUndefined();
    expect(errors).toEqual(['3:3 unknown option "prot" of syslog; did you mean "port"?']);
  });

  test('what a map says itself wins over what it merges', async () => {
    const { configuration } = await load(
      'x-a: &a { host: logs, port: 1 }\nx-b: &b { port: 2, facility: 3 }\nexporters:\n  syslog: { port: 9, <<: [*a, *b] }\n  b: { type: syslog, <<: *a, <<: *b }\n',
    );
    expect(configuration!.exporters.get('syslog')!.options).toMatchObject({ host: 'logs', port: 9, facility: 3 });
    expect(configuration!.exporters.get('b')!.options).toMatchObject({ host: 'logs', port: 1, facility: 3 });
  });

  test('a few lines of aliases do not become billions of values', async () => {
    const levels = Array.from(
      { length: 12 },
      (_, level) => `x-${level + 1}: &l${level + 1} [${Array(10).fill(`*l${level}`).join(', ')}]`,
    );
    const { errors } = await load(`x-0: &l0 [a]\n${levels.join('\n')}\n${VALID}`);
    expect(errors[0]).toMatch(/^6:\d+ the aliases of this file come to more than 200,000 values at this one$/);
  });

  test.for([
    ['!!omap', '- k: v', 'every map keeps its order: leave out the tag and the dashes'],
    ['!!pairs', '- k: v', 'leave out the tag'],
    ['!!set', '? k', 'write a list, with a dash before each value'],
  ] as const)('%s is refused where it stands, however much is below it', async ([tag, entry, instead]) => {
    const entries = `  ${entry}\n`.repeat(50_000);
    expect((await load(`${VALID}x-a: ${tag}\n${entries}`)).errors).toEqual([
      `4:6 the tag ${tag} means nothing here; ${instead}`,
    ]);
  });

  test('a tag within a text is a text', async () => {
    expect((await load(`${VALID}x-a: |\n  !!omap\nx-b: '!!set'\n# !!omap\n`)).errors).toEqual([]);
  });

  test('of a file without end the value that is one too many is told', async () => {
    const { errors } = await load(`${VALID}x-a:\n${'  - { a: "b" }\n'.repeat(20_000)}`);
    expect(errors).toEqual([
      "16670:5 this is one more than the 50,000 keys and values that a file may have; name files of their own under include, and keep tables in those of enrich's lookup",
    ]);
  });

  test.for([['- '], ['? '], ['[' + ','.repeat(60_000) + ']']])(
    'nothing at all, without end, is as much: %#',
    async ([entry]) => {
      const entries = entry!.length > 2 ? `  ${entry}` : `  ${entry}\n`.repeat(60_000);
      const { errors } = await load(`${VALID}x-a:\n${entries}`);
      expect(errors).toEqual([expect.stringMatching(/^\d+:\d+ this is one more than the 50,000 keys and values/)]);
    },
  );

  test('a tag written out is the same tag', async () => {
    const tag = '!<tag:yaml.org,2002:omap>';
    expect((await load(`${VALID}x-a: ${tag}\n  - k: v\n`)).errors).toEqual([
      `4:6 the tag ${tag} means nothing here; every map keeps its order: leave out the tag and the dashes`,
    ]);
  });

  test('nesting without end is refused', async () => {
    expect((await load(`x: ${'['.repeat(50_000)}`)).errors).toHaveLength(1);
    expect((await load(`x-a: ${'['.repeat(100)}${']'.repeat(100)}\n${VALID}`)).errors).toEqual([
      '1:69 nested more than 64 deep',
    ]);
  });
});

test('however a file is mutilated, it is answered with problems inside it (property)', async () => {
  const file = [
    '# a file',
    'x-a: &a { min_level: warning }',
    'receivers:',
    '  syslog: { listen: [udp://0.0.0.0:5514] }',
    '  file/x: { include: ["/var/log/*.log"] }',
    'exporters:',
    '  slack/ops:',
    '    webhook_url: ${env:URL}',
    '    filters: { <<: *a }',
    '  http:',
    "    url: 'https://example.com/'",
    '    headers: { Authorization: Bearer abcdef }',
    '    timeout: 1h30m',
    'pipelines:',
    '  a:',
    '    receivers: [syslog, file/x]',
    '    processors:',
    '      - filter: { when: "level > 3" }',
    '      - ratelimit:',
    '          max_per_window: 1',
    '          window: 5m',
    '    exporters: [slack/ops, pipeline/b]',
    '  b: { exporters: [http] }',
    'service: { admin: { listen: 127.0.0.1:1 } }',
    'tests: []',
  ].join('\n');
  const scraps = [
    '',
    ' ',
    '\n',
    '\t',
    ': ',
    '- ',
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    '|',
    '>',
    '&x ',
    '*a',
    '*x',
    '<<: ',
    '#',
    '!x ',
    '${env:',
    '${file:/nowhere}',
    '$$',
    '~',
    'null',
    'true',
    '__proto__',
    '---\n',
    '\r\n',
    '\u0000',
    '🔥',
    '\uFEFF',
    '%',
    '1e999',
    '0x1f',
    '? ',
  ];
  const mutation = fc.tuple(fc.nat(file.length), fc.nat(12), fc.constantFrom(...scraps));
  await fc.assert(
    fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 6 }), async (mutations) => {
      let text = file;
      for (const [at, length, scrap] of mutations) text = text.slice(0, at) + scrap + text.slice(at + length);
      const { problems, configuration } = await load(text, { env: { URL: 'https://example.com/x' } });
      const lines = text.replace(/^\uFEFF/, '').split('\n');
      for (const { line, column, length = 1, message } of problems) {
        expect(line).toBeGreaterThanOrEqual(1);
        expect(line, message).toBeLessThanOrEqual(lines.length);
        const width = [...lines[line - 1]!].length;
        expect(column, message).toBeLessThanOrEqual(width + 1);
        expect(column + length, message).toBeLessThanOrEqual(Math.max(width + 1, column + 1));
        expect(message).not.toMatch(/undefined|\[object/);
      }
      expect(configuration === undefined).toBe(problems.some(({ severity }) => severity === 'error'));
    }),
    { numRuns: 400 },
  );
});

test('of problems without end the first hundred are told, and how many more there are', async () => {
  const { problems } = await load(`exporters: { console: { ${'k: 1, '.repeat(5_000)} } }`);
  expect(problems).toHaveLength(101);
  expect(problems.at(-1)).toMatchObject({
    severity: 'error',
    message: expect.stringMatching(/^and \d+ more from here on/) as string,
  });
});
