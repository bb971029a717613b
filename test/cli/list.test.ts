import { expect, test } from 'vitest';
import { listJson, listText } from '../../src/cli/list.ts';
import type { ComponentSpec, Configuration, ExporterSpec, StageSpec } from '../../src/component/configuration.ts';
import { sampleCatalog } from '../support/sample-catalog.ts';

const position = { file: '/etc/collector.yaml', line: 1, column: 1 };

const component = (id: string, type: string, options: object = {}, enabled = true): ComponentSpec => {
  return { id, type, enabled, options, position, locate: () => position };
};

const stage = (type: string, options: object): StageSpec => ({
  ...component(`${type}#1`, type, options),
  key: `ops/${type}#1`,
});

const exporter = (id: string, door: StageSpec[], enabled = true): ExporterSpec => ({
  ...component(id, 'pigeon', { token: 's3cret-token' }, enabled),
  door,
  delivery: {
    timeoutMs: 1,
    retry: { initialIntervalMs: 1, maxIntervalMs: 1, maxElapsedTimeMs: 0 },
    queue: { type: 'memory', maxBytes: 1, onFull: 'block', safe: 'held' },
    batch: { maxEvents: 1, maxWaitMs: 0 },
    concurrency: 1,
  },
});

const byId = <T extends { id: string }>(...specs: T[]) => new Map(specs.map((spec) => [spec.id, spec]));

const configuration: Configuration = {
  file: '/etc/collector.yaml',
  receivers: byId(component('doorbell/front', 'doorbell')),
  processors: new Map(),
  exporters: byId(
    exporter('pigeon/ops', [
      stage('filter', { min_level: 'warning', when: 'source != "s3cret-token"' }),
      stage('ratelimit', { max_per_window: 10, window: 3_600_000, by: ['level'] }),
    ]),
    exporter('pigeon/spare', [], false),
  ),
  pipelines: new Map([
    [
      'ops',
      {
        name: 'ops',
        receivers: ['doorbell/front'],
        stages: [stage('ratelimit', { max_per_window: 5, window: 90_000, by: ['source'] })],
        exporters: ['pigeon/ops'],
        feeds: ['oncall'],
        position,
      },
    ],
  ]),
  service: {
    storageDirectory: '/var/lib/lnmt-collector',
    admin: { listen: '127.0.0.1:13133', chosen: false },
    log: { level: 'info', format: 'auto', levels: {} },
    shutdownTimeoutMs: 10_000,
    reload: { requireTests: false },
    plugins: [],
    workers: 1,
  },
  secrets: ['s3cret-token'],
};

test('shows what is configured, and which way events go', () => {
  expect(listText(configuration, sampleCatalog, { colour: false })).toBe(
    [
      '/etc/collector.yaml',
      '',
      'receivers',
      '  id              type      enabled',
      '  doorbell/front  doorbell  yes',
      '',
      'exporters',
      '  id            type    enabled  filters                                        rate limit',
      '  pigeon/ops    pigeon  yes      min_level: warning, when: "source != \\"***\\""  max_per_window: 10, window: 1h',
      '  pigeon/spare  pigeon  no       none                                           none',
      '',
      'pipelines',
      '  ops',
      '    doorbell/front',
      '    → ratelimit (max_per_window: 5, window: 90s, by: [source])',
      '    → pigeon/ops, pipeline/oncall',
    ].join('\n'),
  );
});

test('gives programs the same, without secrets', () => {
  const listed = listJson(configuration, sampleCatalog);
  expect(listed).toMatchObject({
    exporters: [
      { id: 'pigeon/ops', rateLimit: 'max_per_window: 10, window: 1h' },
      { id: 'pigeon/spare', enabled: false },
    ],
    pipelines: [{ name: 'ops', feeds: ['oncall'] }],
  });
  expect(JSON.stringify(listed)).not.toContain('s3cret');
});
