import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { exporter, load } from '../support/load.ts';

describe('${…}', () => {
  const options = async (type: string, text: string, env: Record<string, string> = {}) => {
    const { configuration, errors } = await load(exporter(type, text), { env });
    return errors.length > 0 ? errors : configuration!.exporters.get(type)!.options;
  };

  test('takes the type of its option', async () => {
    const env = { PORT: '1514', TLS: 'false', WAIT: '1m', BIG: '1MiB', HOST: '10' };
    expect(await options('syslog', 'host: ${env:HOST}\nport: ${env:PORT}', env)).toMatchObject({
      host: '10',
      port: 1514,
    });
    expect(await options('http', 'url: https://a/\nverify_ssl: ${env:TLS}', env)).toMatchObject({ verify_ssl: false });
    const { configuration } = await load(
      exporter('syslog', 'host: a\ntimeout: ${env:WAIT}\nqueue: { max_size: ${env:BIG} }'),
      { env },
    );
    expect(configuration!.exporters.get('syslog')!.delivery).toMatchObject({
      timeoutMs: 60_000,
      queue: { maxBytes: 1_048_576 },
    });
  });

  test('is data, never YAML', async () => {
    const env = { X: '{ a: [1, 2] }\nport: 9 # no' };
    expect(await options('syslog', 'host: ${env:X}', env)).toMatchObject({ host: env.X, port: 514 });
  });

  test('may stand unquoted between brackets, with any default', async () => {
    const text = 'smtp_host: a\nfrom_email: a@b\nto_emails: [${env:TO}, ${env:CC:-x@y, [z # : *}]';
    expect(await options('email', text, { TO: 'ops@example.com' })).toMatchObject({
      to_emails: ['ops@example.com', 'x@y, [z # : *'],
    });
  });

  test('has a default for what is unset or empty', async () => {
    expect(
      await options('syslog', 'host: ${env:A:-one}-${env:B:-two}-${env:C:-three}', { A: '', B: 'b' }),
    ).toMatchObject({ host: 'one-b-three' });
  });

  test('$$ is a dollar sign', async () => {
    expect(await options('syslog', 'host: a$$b$$${env:A}$${env:B}', { A: 'x' })).toMatchObject({
      host: 'a$b$x${env:B}',
    });
    expect(await options('syslog', 'host: ^a$|b$1')).toMatchObject({ host: '^a$|b$1' });
  });

  test.for([
    [
      'host: ${env:NOWHERE}',
      '3:11 the environment variable NOWHERE is not set; set it, or give a default: ${env:NOWHERE:-default}',
    ],
    [
      'host: "a ${env:HOTS}"',
      '3:14 the environment variable HOTS is not set; set it, or give a default: ${env:HOTS:-default}; did you mean "HOST"?',
    ],
    ['host: ${HOST}', '3:11 ${HOST} is not known here; did you mean ${env:HOST}?'],
    ['host: ${file:/no/such/file}', '3:11 /no/such/file could not be read: there is no such file'],
    ['host: a\nport: ${env:HOST}', '4:11 port takes a whole number, and ${env:HOST} holds none'],
    [
      'host: a\nfilters: { required_tags: ${env:HOST} }',
      '4:31 filters.required_tags takes a list, not a value from outside',
    ],
  ])('%s', async ([text, error]) => {
    expect(await options('syslog', text!, { HOST: 'h' })).toEqual([error]);
  });

  test('a file gives its text without the last line end, and is watched, also while it is missing', async () => {
    const yaml = exporter('slack', 'webhook_url: https://example.com/${file:token}');
    const { configuration, watch, directory } = await load({ 'collector.yaml': yaml, token: 'abc\n' });
    expect(configuration!.exporters.get('slack')!.options).toEqual({ webhook_url: 'https://example.com/abc' });
    expect(watch).toContain(join(directory, 'token'));
    const missing = await load(yaml);
    expect(missing.watch).toContain(join(missing.directory, 'token'));
  });

  test('without the secrets at hand everything else is still checked', async () => {
    const yaml = exporter(
      'email',
      'smtp_host: ${env:HOST}\nsmtp_port: ${env:PORT}\nfrom_email: ${file:/run/from}\nto_emails: [${env:TO}]\nuse_tls: ${env:TLS}\nprot: 1',
    );
    const { errors } = await load(yaml, { noSecrets: true });
    expect(errors).toEqual([
      '8:5 unknown option "prot" of email; it has smtp_host, smtp_port, use_tls, username, password, from_email, to_emails, subject_template, timeout, retry, queue, concurrency, …',
    ]);
    expect((await load(yaml.replace('    prot: 1\n', ''), { noSecrets: true })).configuration).toBeDefined();
  });
});

describe('secrets', () => {
  const SECRET = 'https://hooks.slack.com/services/T0/B0/abcdefgh';

  test('are in no problem, neither the line nor the message, whatever is wrong', async () => {
    const password = 'correct horse';
    const cases = [
      exporter('slack', `webhook_url: ${SECRET}\nchanel: x`),
      exporter('slack', `{ webhook_url: '${SECRET}', chanel: x }`),
      exporter('slack', `webhok_url: ${SECRET}`),
      exporter('slack', `webhook_url: [${SECRET}]`),
      exporter('slack', `webhook_url: "${SECRET}`),
      exporter('slack', `webhook_url: >-\n  ${SECRET}\nchannel: 1`),
      exporter('slak', `webhook_url: ${SECRET}`),
      exporter('http', `url: https://a/\nauth: { type: basic, password: ${password}, usr: x }`),
      exporter('http', `url: https://a/\nauth: { type: basic, password: ${password}, password: ${password} }`),
      exporter('http', `url: https://a/\nheaders: { Authorization: Bearer ${password}, X: 1 }`),
      exporter('slack', `webhook_url: ${password}`),
      exporter('slack', 'webhook_url: ${env:SECRET}\nchannel: 1'),
      exporter('slack', `webhook_url: \${env:NOWHERE:-${password}}\nchannel: 1`),
      // Not YAML, so that no schema says what is secret.
      exporter('pagerduty', `{ routing_key: - '${password}' }`),
      exporter('http', `{ url: - 'https://a/abcdefgh1' }`),
      exporter('http', `{ url: - 'https://a/?code=abcdefgh' }`),
      exporter('http', `{ url: - 'https://abcdefgh@a/' }`),
    ];
    for (const yaml of cases) {
      const { problems } = await load(yaml, { env: { SECRET: password } });
      expect(problems).not.toEqual([]);
      for (const { message, text, suggestion } of problems) {
        expect(`${message}\n${text}\n${suggestion ?? ''}`).not.toMatch(/correct|horse|abcdefgh|T0/);
      }
    }
  });

  test('written in the clear are a hint; placeholders and references are not', async () => {
    const at = async (text: string) =>
      (await load(exporter('slack', `webhook_url: ${text}`), { env: { A: 'https://a/' } })).hints;
    expect(await at(SECRET)).toEqual([
      '3:18 webhook_url is a secret written in the clear; keep it out of the file with ${env:WEBHOOK_URL} or ${file:/run/secrets/webhook_url}',
    ]);
    expect(await at('https://hooks.slack.com/services/YOUR/WEBHOOK/URL')).toEqual([]);
    expect(await at('${env:A}')).toEqual([]);
  });

  test('a line keeps its columns, and its references', async () => {
    const { problems } = await load(
      exporter('http', 'url: https://a/\nauth: { type: basic, password: "${env:P}x", usr: y }'),
      { env: { P: 'p' } },
    );
    expect(problems[0]!.text).toBe('    auth: { type: basic, password: "${env:P}*", usr: y }');
  });

  test('are listed, whole and in their parts', async () => {
    const { configuration } = await load(
      exporter(
        'http',
        'url: https://a/\nheaders: { Authorization: "Bearer ${env:T}", X-Source: LNMT }\nauth: { type: bearer, token: abcd }',
      ),
      { env: { T: 'tttt' } },
    );
    expect(configuration!.secrets).toEqual(['Bearer tttt', 'tttt', 'abcd']);
  });

  test('a header and auth that both authorise are a hint', async () => {
    const { hints } = await load(
      exporter('http', 'url: https://a/\nheaders: { authorization: example }\nauth: { type: bearer, token: example }'),
    );
    expect(hints).toEqual(['4:16 auth and the header authorization both authorise; auth wins: remove one of them']);
  });

  test.each([
    ['x-honeycomb-team', 'team'],
    ['signoz-ingestion-key', 'word'],
    ['uptrace-dsn', 'word'],
    ['x-vendor', '0a1b2c3d4e5f60718293'],
  ])('the header %s: %s is listed', async (name, value) => {
    const { configuration } = await load(exporter('http', `url: https://a/\nheaders: { ${name}: ${value} }`));
    expect(configuration!.secrets).toEqual([value]);
  });

  test.each(['LNMT', 'application/json', 'web-1.eu-west-1.compute.internal', 'a sentence of 3 or more words'])(
    'a header that says %s is not listed',
    async (value) => {
      const { configuration } = await load(exporter('http', `url: https://a/\nheaders: { X-Source: ${value} }`));
      expect(configuration!.secrets).toEqual([]);
    },
  );

  test('are masked in problems that are found later', async () => {
    const { configuration, problemAt } = await load(exporter('slack', `webhook_url: ${SECRET}`));
    const position = configuration!.exporters.get('slack')!.locate({ path: ['webhook_url'] });
    expect(problemAt(position, `no route to ${SECRET}`)).toMatchObject({
      line: 3,
      column: 18,
      message: 'no route to ***',
      severity: 'error',
    });
    expect(problemAt(position, 'x').text).not.toContain('abcdefgh');
  });
});

describe('include', () => {
  const MAIN = 'include: [conf.d/*.yaml]\nexporters: { syslog: { host: a } }\n';

  test('merges fragments, and watches the folder that more may come to', async () => {
    const { configuration, watch, directory } = await load({
      'collector.yaml': MAIN,
      'conf.d/b.yaml':
        'exporters: { slack: { webhook_url: https://example.com/ } }\npipelines: { b: { receivers: [file], exporters: [slack] } }\n',
      'conf.d/a.yaml':
        'receivers: { file: { include: [x] } }\npipelines: { a: { receivers: [file], exporters: [syslog] } }\n',
      'conf.d/.a.yaml.swp': '{',
    });
    expect([...configuration!.pipelines.keys()]).toEqual(['a', 'b']);
    expect(watch).toEqual(
      ['collector.yaml', 'conf.d', 'conf.d/a.yaml', 'conf.d/b.yaml'].map((name) => join(directory, name)),
    );
  });

  test('an id in two files names both, with their lines', async () => {
    const { errors } = await load({ 'collector.yaml': MAIN, 'conf.d/a.yaml': '\nexporters:\n  syslog: { host: b }\n' });
    expect(errors).toEqual([
      'conf.d/a.yaml:3:3 the exporter "syslog" is defined twice: in collector.yaml on line 2, and here, in conf.d/a.yaml on line 3; rename or remove one',
    ]);
  });

  test.for([
    [
      { 'collector.yaml': 'include: gone.yaml\nexporters: { syslog: { host: a } }' },
      ['1:10 gone.yaml cannot be read: there is no such file'],
    ],
    [
      { 'collector.yaml': MAIN, 'conf.d/a.yaml': '' },
      [
        'conf.d/a.yaml:1:1 the file is empty; it needs at least exporters, or what `lnmt-collector sample-config` prints',
      ],
    ],
    [
      { 'collector.yaml': MAIN, 'conf.d/a.yaml': 'include: b.yaml' },
      ['conf.d/a.yaml:1:1 a fragment cannot include others; name them in the main file'],
    ],
    [
      { 'collector.yaml': MAIN, 'conf.d/a.yaml': 'receivers: { fil: {} }' },
      ['conf.d/a.yaml:1:14 there is no receiver type "fil"; did you mean "file"?'],
    ],
    [{ 'collector.yaml': MAIN, 'conf.d/a.yaml': 'exporters: {' }, ['conf.d/a.yaml:1:12 this { is not closed with a }']],
    [
      { 'collector.yaml': 'include: 5\nexporters: { syslog: { host: a } }' },
      ['1:10 include takes paths of files, such as conf.d/*.yaml'],
    ],
  ] as const)('%j', async ([files, errors]) => {
    expect((await load(files)).errors).toEqual(errors);
  });

  test('a pattern that matches nothing yet is a hint, and the main file matches no pattern', async () => {
    const { hints, errors, watch, directory } = await load({
      'collector.yaml': 'include: ["*.yaml", "more/**/*.yml"]\nexporters: { syslog: { host: a } }',
    });
    expect(errors).toEqual([]);
    expect(hints).toEqual(['1:21 no file matches this yet']);
    expect(watch).toContain(join(directory, 'more'));
    writeFileSync(join(directory, 'x.yaml'), '');
  });
});

test('tests are accepted as they are, dollar signs and all', async () => {
  const { configuration } = await load(
    "exporters: { syslog: { host: a } }\ntests:\n  - name: x\n    input: [{ receiver: syslog, raw: 'costs $5 ${x}' }]\n",
  );
  expect(configuration!.tests).toMatchObject({ kind: 'list', items: [{ kind: 'map' }] });
});
