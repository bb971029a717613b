import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfiguration } from '../../src/config/load.ts';
import { exporter, load } from '../support/load.ts';
import { testCatalog } from '../support/test-catalog.ts';

const FULL = `
receivers:
  syslog:
    listen: udp://0.0.0.0:5514
  file/nginx:
    include: [/var/log/nginx/*.log]
processors:
  enrich/site:
    set: { site: fra1, rack: 7 }
    tags: [production]
exporters:
  slack/ops:
    webhook_url: \${env:SLACK_WEBHOOK_URL}
    filters: { min_level: warning }
    rate_limit: { max_per_window: 5, window: 1h }
  siem:
    type: elasticsearch
    enabled: false
    url: https://siem.example.com
    timeout: 5
    retry: { max_interval: 5m }
    queue: { type: disk, on_full: drop_oldest }
    batch: { max_wait: 250ms }
pipelines:
  ops:
    receivers: [syslog, file/nginx]
    processors:
      - enrich/site
      - filter: { min_level: warning }
      - ratelimit: { max_per_window: 10, window: 90, by: source }
      - filter: {}
    exporters: [slack/ops, pipeline/archive]
  archive:
    exporters: [siem]
service:
  storage: { directory: state }
  record: true
`;
const env = { SLACK_WEBHOOK_URL: 'https://hooks.slack.com/services/T/B/x' };

describe('a whole file', () => {
  test('becomes specs with defaults, milliseconds and bytes', async () => {
    const { configuration, problems, directory, watch } = await load(FULL, { env });
    expect(problems).toEqual([]);
    expect(watch).toEqual([join(directory, 'collector.yaml')]);
    expect([...configuration!.receivers.keys()]).toEqual(['syslog', 'file/nginx']);
    expect(configuration!.receivers.get('syslog')!.options).toEqual({
      listen: ['udp://0.0.0.0:5514'],
      format: 'auto',
      max_message_size: 65_536,
      idle_timeout: 60_000,
    });
    expect(configuration!.processors.get('enrich/site')!.options).toEqual({
      set: { site: 'fra1', rack: 7 },
      tags: ['production'],
    });
    expect(configuration!.pipelines.get('ops')).toMatchObject({
      receivers: ['syslog', 'file/nginx'],
      stages: [
        { key: 'ops/enrich/site', id: 'enrich/site', type: 'enrich' },
        { key: 'ops/filter#1', options: { min_level: 'warning' } },
        { key: 'ops/ratelimit#1', options: { max_per_window: 10, window: 90_000, by: ['source'] } },
        { key: 'ops/filter#2', options: {} },
      ],
      exporters: ['slack/ops'],
      feeds: ['archive'],
    });
    expect(configuration!.service).toMatchObject({
      storageDirectory: join(directory, 'state'),
      admin: { listen: '127.0.0.1:13133', chosen: false },
      record: { maxBytes: 67_108_864, maxAgeMs: 86_400_000 },
    });
    expect(configuration!.secrets).toEqual([env.SLACK_WEBHOOK_URL]);
  });

  test('takes an exporter apart: own options, delivery, door', async () => {
    const { configuration } = await load(FULL, { env });
    const slack = configuration!.exporters.get('slack/ops')!;
    expect(slack.options).toEqual({ webhook_url: env.SLACK_WEBHOOK_URL });
    expect(slack.door).toMatchObject([
      { key: 'exporter/slack/ops/filters', type: 'filter', options: { min_level: 'warning' } },
      {
        key: 'exporter/slack/ops/rate_limit',
        type: 'ratelimit',
        options: { max_per_window: 5, window: 3_600_000, by: ['event_type', 'level'] },
      },
    ]);
    expect(slack.delivery).toMatchObject({
      timeoutMs: 30_000,
      queue: { onFull: 'drop_oldest' },
      batch: { maxEvents: 1, maxWaitMs: 0 },
      concurrency: 1,
    });
    const siem = configuration!.exporters.get('siem')!;
    expect(siem).toMatchObject({ enabled: false, type: 'elasticsearch' });
    expect(siem.delivery).toEqual({
      timeoutMs: 5_000,
      retry: { initialIntervalMs: 1_000, maxIntervalMs: 300_000, maxElapsedTimeMs: 0 },
      queue: { type: 'disk', maxBytes: 268_435_456, onFull: 'drop_oldest', safe: 'held' },
      batch: { maxEvents: 500, maxWaitMs: 250 },
      concurrency: 1,
    });
  });

  test('without pipelines has one from every receiver to every exporter', async () => {
    const { configuration } = await load(
      'receivers: { file: { include: [a] } }\nconnectors: { a: { type: syslog, host: b } }\n',
    );
    expect([...configuration!.pipelines.values()]).toMatchObject([
      { name: 'default', receivers: ['file'], exporters: ['a'], stages: [] },
    ]);
  });

  const documented = new URL('../../../shared/spec/lnmt-integration-connectors.md', import.meta.url);
  test.skipIf(!existsSync(documented))('may be the documented connectors and nothing else', async () => {
    const yaml = /```yaml\n(connectors:[\s\S]*?)```/.exec(readFileSync(documented, 'utf8'))![1]!;
    const { configuration, errors } = await load(yaml);
    expect(errors).toEqual([]);
    expect([...configuration!.exporters.values()].map(({ id, type }) => `${id} ${type}`)).toEqual([
      'local_syslog syslog',
      'webhook_endpoint http',
      'email_alerts email',
      'slack_alerts slack',
      'discord_alerts discord',
    ]);
  });

  test('that is not there is a problem, and is watched for', async () => {
    const { problems, watch, configuration } = await loadConfiguration('/nowhere/collector.yaml', testCatalog, {
      env: {},
    });
    expect(configuration).toBeUndefined();
    expect(problems).toMatchObject([
      {
        file: '/nowhere/collector.yaml',
        line: 1,
        column: 1,
        message: expect.stringMatching(/^the file cannot be read: there is no such file; .*sample-config/) as string,
      },
    ]);
    expect(watch).toEqual(['/nowhere/collector.yaml']);
  });
});

describe('ids and types', () => {
  test.for([
    ['exporters: { slak/ops: {} }', '1:14 there is no exporter type "slak"; did you mean "slack"?'],
    [
      'receivers: { slack: {} }\nexporters: { syslog: { host: a } }',
      '1:14 slack is an exporter, not a receiver; move it to the exporters block',
    ],
    [
      'exporters: { ops: {} }',
      '1:14 ops has no type; give it a type: discord, elasticsearch, email, http, slack and syslog',
    ],
    ['exporters: { ops: { type: emial } }', '1:27 there is no exporter type "emial"; did you mean "email"?'],
    [
      'exporters: { pipeline/a: { type: syslog, host: a } }',
      '1:14 pipeline/NAME among exporters is another pipeline, so that no exporter can be called pipeline/a; rename it',
    ],
    ['exporters: { syslog: [] }', '1:22 syslog takes a map of options, not a list'],
    ['exporters: [slack]', '1:12 exporters takes a map of ids and their options, not a list; remove the dashes'],
    ['exportres: {}\nexporters: { syslog: { host: a } }', '1:1 unknown block "exportres"; did you mean "exporters"?'],
    [
      'exporters: { syslog: { host: a, enabled: no } }',
      '1:42 enabled takes true or false, and YAML 1.2 reads no as a text; write false',
    ],
    ['receivers: {}', '1:1 the file has no exporters, so events would go nowhere; add an exporters block'],
  ])('%s', async ([yaml, error]) => {
    expect((await load(yaml!)).errors).toEqual([error]);
  });

  test('an id in exporters and in connectors names both places', async () => {
    const { errors } = await load('exporters:\n  syslog: { host: a }\nconnectors:\n  syslog: { host: b }\n');
    expect(errors).toEqual([
      '4:3 the exporter "syslog" is defined twice: on line 2 and here, on line 4; rename or remove one',
    ]);
  });

  test('an id that says one type and has another is a hint', async () => {
    expect((await load('exporters: { slack/a: { type: syslog, host: a } }')).hints).toEqual([
      '1:31 slack/a reads like a slack exporter, but its type is syslog',
    ]);
  });
});

describe('pipelines', () => {
  const wired = (pipelines: string) =>
    `receivers: { file: { include: [a] } }\nexporters: { syslog/a: { host: a }, slack: { enabled: false, webhook_url: 'https://example.com/' } }\npipelines:\n${pipelines}`;

  test.for([
    ['  a: { receivers: [fiel], exporters: [syslog/a] }', '4:20 there is no receiver "fiel"; did you mean "file"?'],
    [
      '  a: { receivers: [syslog/a], exporters: [syslog/a] }',
      '4:20 syslog/a is an exporter; it cannot stand among the receivers of a',
    ],
    [
      '  a: { receivers: [file], exporters: [file] }',
      '4:39 file is a receiver; it cannot stand among the exporters of a',
    ],
    [
      '  a: { receivers: [file] }',
      '4:3 the pipeline a has no exporters, so its events would go nowhere; add exporters: [syslog/a, slack]',
    ],
    [
      '  a: { receivers: [file], exporters: [] }',
      '4:27 the pipeline a has no exporters, so its events would go nowhere; add exporters: [syslog/a, slack]',
    ],
    ['  a: { receivers: [file], exporters: [pipeline/a] }', '4:39 the pipeline a feeds itself'],
    [
      '  a: { receivers: [file], exporters: [pipeline/opps] }\n  ops: { exporters: [syslog/a] }',
      '4:39 there is no pipeline "opps"; did you mean "pipeline/ops"?',
    ],
    ['  a: { receivers: [file], exporters: [syslog/a, syslog/a] }', '4:49 syslog/a is here twice'],
    [
      '  a: { receivers: [file], exporter: [syslog/a], exporters: [syslog/a] }',
      '4:27 unknown key "exporter" in the pipeline a; did you mean "exporters"?',
    ],
    [
      '  a: { receivers: [file], processors: [filter], exporters: [syslog/a] }',
      '4:40 no processor is called "filter"; define it in the processors block, or write its options here: - filter: {…}',
    ],
    [
      '  a: { receivers: [file], processors: [{ filtr: {} }], exporters: [syslog/a] }',
      '4:42 there is no processor type "filtr"; did you mean "filter"?',
    ],
    ['  a:', '4:3 the pipeline a takes receivers, processors and exporters'],
  ])('%s', async ([yaml, error]) => {
    const { errors } = await load(wired(yaml!));
    expect(errors).toEqual([error]);
  });

  test('a circle is printed', async () => {
    const { errors } = await load(
      wired(
        '  a: { receivers: [file], exporters: [pipeline/b] }\n  b: { exporters: [pipeline/c] }\n  c: { exporters: [pipeline/a] }\n',
      ),
    );
    expect(errors).toEqual(['6:20 pipelines feed each other in a circle: a → b → c → a']);
  });

  test('a processor in place with a second key says how to indent it', async () => {
    const { errors } = await load(
      wired(
        '  a:\n    receivers: [file]\n    processors:\n      - ratelimit: { max_per_window: 1, window: 1 }\n        by: source\n    exporters: [syslog/a]\n',
      ),
    );
    expect(errors).toEqual([
      '8:9 a processor in place has one key, its type; indent "by" to make it an option of ratelimit, or start a new item with a dash',
    ]);
  });

  test('what no pipeline uses, and what nothing feeds, is a hint; what is disabled is meant to be', async () => {
    const { hints, configuration } = await load(
      `processors: { filter/x: {} }\n${wired('  a: { exporters: [syslog/a] }')}`,
    );
    expect(configuration).toBeDefined();
    expect(hints).toEqual([
      '1:15 no pipeline uses the processor filter/x',
      '2:14 no pipeline uses the receiver file',
      '5:3 nothing reaches the pipeline a: it has no receivers, and no pipeline feeds it',
    ]);
  });

  test('an exporter that is disabled may be named', async () => {
    const { configuration } = await load(wired('  a: { receivers: [file], exporters: [syslog/a, slack] }'));
    expect(configuration!.pipelines.get('a')!.exporters).toEqual(['syslog/a', 'slack']);
  });
});

describe('options', () => {
  test.for([
    [
      'slack',
      'webhok_url: https://example.com/',
      ['3:5 unknown option "webhok_url" of slack; did you mean "webhook_url"?'],
    ],
    ['slack', 'channel: general', ['2:3 slack needs webhook_url']],
    ['syslog', 'host: a\nprotocol: upd', ['4:15 protocol must be one of udp, tcp or tls; did you mean "udp"?']],
    ['syslog', 'host: a\nport: 70000', ['4:11 port must be at most 65535']],
    ['syslog', 'host: a\nport: "514"', ['4:11 port takes a whole number, without quotes: write 514']],
    ['syslog', 'host: a\nport: 5.5', ['4:11 port takes a whole number, not 5.5']],
    ['syslog', 'host: 10', ["3:11 host takes a text, but YAML reads 10 as a number; write '10' in quotes"]],
    ['syslog', 'host: true', ["3:11 host takes a text, but YAML reads true as a boolean; write 'true' in quotes"]],
    ['syslog', 'host: ~', ["3:11 host takes a text, but YAML reads ~ as nothing at all; write '~' in quotes"]],
    ['syslog', 'host:', ['3:9 host has no value; it takes a text: write one, or remove the line']],
    ['syslog', 'host: #alerts', ["3:11 host has no value: YAML reads #alerts as a comment; write '#alerts' in quotes"]],
    ['syslog', 'host: {level}', ['3:11 host takes a text, not a map; put a text that starts with { in quotes']],
    ['syslog', 'host: a\ntimeout: soon', ['4:14 timeout takes a duration such as 30s, 5m or 1h, not soon']],
    ['syslog', 'host: a\ntimeout: 0', ['4:14 timeout must be more than 0']],
    [
      'syslog',
      'host: a\nqueue: { max_size: 10M }',
      ['4:24 queue.max_size takes a size with its whole unit: write 10MiB (1024) or 10MB (1000)'],
    ],
    ['syslog', 'host: a\nqueue: { max_size: 10 }', ['4:24 queue.max_size must be at least 1KiB']],
    ['syslog', 'host: a\nqueue: big', ['4:12 queue takes a map of options, not a text']],
    [
      'syslog',
      'host: a\nfilters: { event_types: custom }',
      ['4:29 filters.event_types takes a list, not a text: write [custom]'],
    ],
    ['syslog', 'host: a\nmin_level: info', ['4:5 unknown option "min_level" of syslog; it belongs under filters']],
    ['syslog', 'host: a\nrate_limit: { window: 1h }', ['4:5 rate_limit of syslog needs max_per_window']],
    [
      'http',
      'url: https://a/\nverify_ssl: yes',
      ['4:17 verify_ssl takes true or false, and YAML 1.2 reads yes as a text; write true'],
    ],
    ['http', 'url: https://a/\nverify_ssl: "false"', ['4:17 verify_ssl takes false, without quotes']],
    ['http', 'url: https://a/\nverify_ssl: maybe', ['4:17 verify_ssl takes true or false, not maybe']],
    ['http', 'url: https://a/\nauth: { type: bearer }', ['4:5 auth of type bearer needs a token']],
  ] as const)('%s: %s', async ([type, options, errors]) => {
    expect((await load(exporter(type, options))).errors).toEqual(errors);
  });

  test('an error in a text points into the text, however it is written', async () => {
    const at = async (when: string) =>
      (await load(`exporters:\n  syslog:\n    host: a\n    filters:\n      when: ${when}\n`)).errors;
    expect(await at('levle >= 1')).toEqual(['5:13 filters.when: there is no field levle; did you mean "level"?']);
    expect(await at("'source == ''a'' && levle == 4'")).toEqual([
      '5:33 filters.when: there is no field levle; did you mean "level"?',
    ]);
    expect(await at('"source == \\"\\u00e4\\" && levle == 4"')).toEqual([
      '5:38 filters.when: there is no field levle; did you mean "level"?',
    ]);
    expect(await at('|\n        true &&\n          levle == 4')).toEqual([
      '7:11 filters.when: there is no field levle; did you mean "level"?',
    ]);
    expect(await at('>-\n        true\n        &&\n\n        levle == 4')).toEqual([
      '9:9 filters.when: there is no field levle; did you mean "level"?',
    ]);
    expect(await at('true &&\n        levle == 4')).toEqual([
      '6:9 filters.when: there is no field levle; did you mean "level"?',
    ]);
  });

  test('places in options are found again, for what create and start have to say', async () => {
    const { configuration } = await load(FULL, { env });
    const { locate } = configuration!.pipelines.get('ops')!.stages[2]!;
    expect(locate({ path: ['by', 0] })).toMatchObject({ line: 30, column: 58 });
    expect(locate({ path: ['by', 0], offset: 3 })).toMatchObject({ line: 30, column: 61 });
    expect(locate({})).toMatchObject({ line: 30, column: 9 });
    const { door } = configuration!.exporters.get('slack/ops')!;
    expect(door[1]!.locate({ path: ['window'] })).toMatchObject({ line: 15, column: 46 });
  });
});

describe('service', () => {
  const service = (text: string) => `exporters: { syslog: { host: a } }\nservice: ${text}\n`;

  test.for([
    [
      '{ admin: { listen: 0.0.0.0:1 } }',
      '2:29 0.0.0.0:1 can be reached from other machines, so admin needs a token; add token: ${env:ADMIN_TOKEN}, or listen on 127.0.0.1',
    ],
    ['{ log: { level: verbose } }', '2:26 log.level must be one of debug, info, warn or error'],
    [
      '{ log: { levels: { a: warning } } }',
      '2:32 log.levels.a must be one of debug, info, warn or error; did you mean "warn"?',
    ],
    ['{ shutdown: 1 }', '2:12 unknown option "shutdown" of service; did you mean "shutdown_timeout"?'],
  ])('%s', async ([text, error]) => {
    expect((await load(service(text!))).errors).toEqual([error]);
  });

  test.for(['0.0.0.0:1', 'http://0.0.0.0:1', 'http://127.0.0.1.example:1', 'http://example.com:1', '"[::]:1"'])(
    '%s may be reached from elsewhere, and needs a token',
    async (listen) => {
      const { errors } = await load(service(`{ admin: { listen: ${listen} } }`));
      expect(errors).toEqual([expect.stringContaining('so admin needs a token')]);
    },
  );

  test.for(['127.0.0.1:1', 'http://127.0.0.1:1', '"[::1]:1"', 'localhost:1'])(
    '%s is only of this machine, and needs no token',
    async (listen) => {
      expect((await load(service(`{ admin: { listen: ${listen} } }`))).errors).toEqual([]);
    },
  );

  test('storage is by default a folder of the file’s own, where the system wants state', async () => {
    const at = async (env: Record<string, string>) =>
      (await load(service('{}'), { env })).configuration!.service.storageDirectory;
    expect(await at({ STATE_DIRECTORY: '/var/lib/x:/var/lib/y', XDG_STATE_HOME: '/xdg', HOME: '/home/a' })).toMatch(
      /^\/var\/lib\/x\/collector-[\da-f]{12}$/,
    );
    expect(await at({ XDG_STATE_HOME: '/xdg', HOME: '/home/a' })).toMatch(/^\/xdg\/lnmt-collector\/collector-/);
    expect(await at({ HOME: '/home/a' })).toMatch(/^\/home\/a\/\.local\/state\/lnmt-collector\/collector-/);
  });

  test('plugins are known before components are checked', async () => {
    const seen: unknown[] = [];
    const { errors } = await load(service('{ plugins: ./mine.js }'), {
      extendCatalog: async (plugins) => {
        seen.push(...plugins);
        return { catalog: testCatalog, problems: [{ ...plugins[0]!.position, message: 'it has no default export' }] };
      },
    });
    expect(seen).toMatchObject([
      { path: expect.stringMatching(/\/mine\.js$/) as string, position: { line: 2, column: 21 } },
    ]);
    expect(errors).toEqual(['2:21 it has no default export']);
  });
});
