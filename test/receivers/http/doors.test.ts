import { createHmac } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import http from '../../../src/receivers/http/http.ts';
import { DEFAULTS, SIGNATURE, started } from './support.ts';

/** As the manual of Alertmanager describes it. */
const ALERTMANAGER = {
  version: '4',
  groupKey: '{}:{alertname="HighLatency"}',
  truncatedAlerts: 0,
  status: 'firing',
  receiver: 'lnmt',
  groupLabels: { alertname: 'HighLatency' },
  commonLabels: { alertname: 'HighLatency', severity: 'critical' },
  commonAnnotations: { summary: 'Latency is high' },
  externalURL: 'http://alertmanager:9093',
  alerts: [
    {
      status: 'firing',
      labels: { alertname: 'HighLatency', severity: 'critical', instance: 'web-1:9100', job: 'node' },
      annotations: { summary: 'Latency is high', description: 'The 99th percentile is 2.3 s.' },
      startsAt: '2026-01-15T11:58:00.123Z',
      endsAt: '0001-01-01T00:00:00Z',
      generatorURL: 'http://prometheus:9090/graph?g0.expr=x',
      fingerprint: 'a1b2c3d4e5f60718',
    },
    {
      status: 'resolved',
      labels: { alertname: 'HighLatency', severity: 'critical', instance: 'web-2:9100' },
      annotations: {},
      startsAt: '2026-01-15T10:00:00Z',
      endsAt: '2026-01-15T11:00:00Z',
      generatorURL: '',
      fingerprint: 'ffeeddccbbaa9988',
    },
  ],
};

/** As Grafana's manual describes the webhook contact point. */
const GRAFANA = {
  receiver: 'My Super Webhook',
  status: 'firing',
  orgId: 1,
  alerts: [
    {
      status: 'firing',
      labels: { alertname: 'High memory usage', team: 'blue', zone: 'us-1' },
      annotations: {
        description: 'The system has high memory usage',
        summary: 'This alert was triggered for zone us-1',
      },
      startsAt: '2026-01-12T09:51:03.157076+02:00',
      endsAt: '0001-01-01T00:00:00Z',
      generatorURL: 'https://play.grafana.org/alerting/1afz29v7z/edit',
      fingerprint: 'c6eadffa33fcdf37',
      silenceURL: 'https://play.grafana.org/alerting/silence/new?alertmanager=grafana',
      dashboardURL: '',
      panelURL: '',
      values: { B: 44.23943737541908, C: 1 },
    },
  ],
  groupLabels: {},
  commonLabels: { team: 'blue' },
  commonAnnotations: {},
  externalURL: 'https://play.grafana.org/',
  version: '1',
  groupKey: '{}:{}',
  truncatedAlerts: 0,
  title: '[FIRING:1]  (blue)',
  state: 'alerting',
  message: '**Firing** ...',
};

describe('Alertmanager', () => {
  test('sends one event for each alert', async () => {
    const { post, sink } = await started();
    expect(await post(JSON.stringify(ALERTMANAGER), {}, '/v1/alertmanager')).toMatchObject({
      status: 202,
      body: { accepted: 2 },
    });
    expect(sink.events[0]).toMatchObject({
      eventType: 'threshold_breach',
      level: 'critical',
      source: 'alertmanager',
      title: 'Latency is high',
      message: 'The 99th percentile is 2.3 s.',
      metadata: {
        status: 'firing',
        alertname: 'HighLatency',
        labels: { instance: 'web-1:9100', job: 'node' },
        starts_at: '2026-01-15T11:58:00.123Z',
        fingerprint: 'a1b2c3d4e5f60718',
        receiver: 'lnmt',
        external_url: 'http://alertmanager:9093',
      },
    });
    expect(sink.events[0]?.metadata).not.toHaveProperty('ends_at');
    expect(sink.events[1]).toMatchObject({
      level: 'info',
      title: 'Resolved: HighLatency',
      message: 'HighLatency\nseverity: critical\ninstance: web-2:9100',
      metadata: { status: 'resolved', ends_at: '2026-01-15T11:00:00Z' },
    });
  });

  test.each([
    ['warning', 'warning'],
    ['page', 'critical'],
    ['P2', 'error'],
    ['none', 'info'],
    ['whatever', 'warning'],
  ])('severity %s is level %s', async (severity, level) => {
    const { post, sink } = await started();
    await post(JSON.stringify({ alerts: [{ labels: { severity } }] }), {}, '/v1/alertmanager');
    expect(sink.events).toMatchObject([{ level, title: 'alert' }]);
  });

  test.each(['{}', '[]', 'null', '{"alerts":{}}', '['.repeat(100), `{"alerts":[${'{},'.repeat(20_000)}{}]}`])(
    'other bodies are refused: %.20s',
    async (body) => {
      const { post, sink } = await started();
      expect([400, 413]).toContain((await post(body, {}, '/v1/alertmanager')).status);
      expect(sink.events).toEqual([]);
    },
  );

  test('keys of the prototype are data', async () => {
    const { post, sink } = await started();
    const body =
      '{"alerts":[{"labels":{"__proto__":{"polluted":1},"severity":"constructor"},"annotations":[]}],"__proto__":{"alerts":1}}';
    expect((await post(body, {}, '/v1/alertmanager')).status).toBe(202);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(sink.events[0]?.level).toBe('warning');
  });
});

describe('Grafana', () => {
  test('sends one event for each alert', async () => {
    const { post, sink } = await started();
    await post(JSON.stringify(GRAFANA), {}, '/v1/grafana');
    expect(sink.events).toMatchObject([
      {
        level: 'warning',
        source: 'grafana',
        title: 'This alert was triggered for zone us-1',
        message: 'The system has high memory usage',
        metadata: {
          values: { B: 44.23943737541908, C: 1 },
          silence_url: expect.stringContaining('silence'),
          org_id: 1,
        },
      },
    ]);
  });

  test('in its old form is understood too', async () => {
    const { post, sink } = await started();
    const body = {
      title: '[Alerting] CPU',
      ruleName: 'CPU',
      state: 'alerting',
      message: 'CPU is hot',
      evalMatches: [],
    };
    await post(JSON.stringify(body), {}, '/v1/grafana');
    expect(sink.events).toMatchObject([{ level: 'error', title: '[Alerting] CPU', message: 'CPU is hot' }]);
    expect((await post('{"x":1}', {}, '/v1/grafana')).status).toBe(400);
  });
});

const repository = { full_name: 'octo-org/octo-repo' };
const sender = { login: 'octocat' };

const DELIVERIES: readonly (readonly [string, object, object])[] = [
  [
    'ping',
    { zen: 'Design for failure.', hook_id: 1, repository },
    { level: 'info', title: 'GitHub’s webhook is connected' },
  ],
  [
    'push',
    {
      ref: 'refs/heads/main',
      compare: 'https://github.com/octo-org/octo-repo/compare/a...b',
      commits: [{ id: '6113728f27ae82c7b1a177c8d03f9e96e0adf246', message: 'Fix the leak\n\nIt dripped.' }],
      repository,
      sender,
    },
    {
      level: 'info',
      source: 'octo-org/octo-repo',
      title: 'Push to main: 1 commit',
      message: 'Push to main: 1 commit\n6113728 Fix the leak\nhttps://github.com/octo-org/octo-repo/compare/a...b',
      metadata: { event: 'push', ref: 'refs/heads/main', sender: 'octocat' },
    },
  ],
  [
    'workflow_run',
    {
      action: 'completed',
      workflow_run: {
        name: 'CI',
        conclusion: 'failure',
        html_url: 'https://github.com/octo-org/octo-repo/actions/runs/30433642',
      },
      repository,
      sender,
    },
    { level: 'error', title: 'Workflow run failure: CI', metadata: { action: 'completed', outcome: 'failure' } },
  ],
  [
    'pull_request',
    {
      action: 'opened',
      number: 2,
      pull_request: {
        title: 'Update the README',
        body: 'It was short.',
        state: 'open',
        html_url: 'https://github.com/octo-org/octo-repo/pull/2',
      },
      repository,
      sender,
    },
    {
      level: 'info',
      title: 'Pull request opened: Update the README',
      message: 'Pull request opened: Update the README\nIt was short.\nhttps://github.com/octo-org/octo-repo/pull/2',
    },
  ],
  [
    'dependabot_alert',
    {
      action: 'created',
      alert: { number: 7, state: 'open', security_advisory: { severity: 'high', summary: 'Prototype pollution' } },
      repository,
    },
    { level: 'error', eventType: 'security_event', title: 'Dependabot alert created: Prototype pollution' },
  ],
  [
    'secret_scanning_alert',
    { action: 'created', alert: { secret_type_display_name: 'AWS key' }, repository },
    { level: 'critical', title: 'Secret scanning alert created: AWS key' },
  ],
];

describe('GitHub', () => {
  test.each(DELIVERIES)('%s', async (kind, body, expected) => {
    const { post, sink } = await started();
    const headers = { 'x-github-event': kind, 'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958' };
    expect((await post(JSON.stringify(body), headers, '/v1/github')).status).toBe(202);
    expect(sink.events).toMatchObject([{ eventId: '72d3162e-cc78-11e3-81ab-4c9367dc0958', ...expected }]);
  });

  test('as a form, which is its default', async () => {
    const { post, sink } = await started();
    const body = new URLSearchParams({ payload: JSON.stringify({ zen: 'ä & ö', repository }) }).toString();
    const headers = { 'x-github-event': 'ping', 'content-type': 'application/x-www-form-urlencoded' };
    expect((await post(body, headers, '/v1/github')).status).toBe(202);
    expect(sink.events).toMatchObject([{ source: 'octo-org/octo-repo' }]);
    expect((await post('{}', {}, '/v1/github')).body).toMatchObject({
      error: expect.stringContaining('X-GitHub-Event'),
    });
  });
});

describe('a signature', () => {
  const secret = "It's a Secret to Everybody";
  const signed = (body: string | Buffer, algorithm = 'sha256', encoding: 'hex' | 'base64' = 'hex'): string =>
    createHmac(algorithm, secret).update(body).digest(encoding);

  test('is that of GitHub’s manual', async () => {
    const { post } = await started({ auth: { ...SIGNATURE, type: 'hmac', secret } });
    const signature = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
    const answer = await post('Hello, World!', { 'x-hub-signature-256': signature });
    expect(answer).toMatchObject({ status: 400, body: { error: expect.stringContaining('this is no JSON') } });
  });

  test('is needed, and must be right', async () => {
    const { post, sink } = await started({ auth: { ...SIGNATURE, type: 'hmac', secret } });
    const body = '{"title":"t"}';
    const name = 'x-hub-signature-256';
    expect((await post(body)).status).toBe(401);
    expect((await post(body, { [name]: `sha256=${signed('{"title":"u"}')}` })).status).toBe(401);
    expect((await post(body, { [name]: `sha1=${signed(body, 'sha1')}` })).status).toBe(401);
    expect((await post(body, { [name]: 'sha256=' })).status).toBe(401);
    const refused = await post(body, { [name]: 'x'.repeat(64) });
    expect([refused.status, JSON.stringify(refused.body).includes('Secret to')]).toEqual([401, false]);
    expect(sink.events).toEqual([]);
    expect((await post(body, { [name]: `sha256=${signed(body)}` })).status).toBe(202);
    expect((await post(body, { [name]: signed(body).toUpperCase() })).status).toBe(202);
    expect((await post(body, { [name]: signed(body, 'sha256', 'base64') })).status).toBe(202);
    const zipped = gzipSync(body);
    expect((await post(zipped, { [name]: signed(zipped), 'content-encoding': 'gzip' })).status).toBe(202);
  });

  test('may have another header and algorithm', async () => {
    const auth = { type: 'hmac', secret, header: 'X-Signature', algorithm: 'sha512' } as const;
    const { post } = await started({ auth });
    expect((await post('{"title":"t"}', { 'x-signature': signed('{"title":"t"}', 'sha512') })).status).toBe(202);
  });

  test('needs a secret', () => {
    expect(http.check?.({ ...DEFAULTS, auth: { ...SIGNATURE, type: 'hmac' } })).toMatchObject([
      { message: 'hmac authentication needs a secret', path: ['auth', 'type'] },
    ]);
  });
});

describe('a webhook of one’s own', () => {
  test('says by expressions what its events are', async () => {
    const { post, sink } = await started({
      webhooks: {
        '/hooks/status': {
          title: '"Incident: " + body.incident.name',
          message: 'body.incident.updates[0].body',
          level: 'body.incident.impact == "major" ? critical : warning',
          source: 'headers["user-agent"]',
          event_type: '"performance_alert"',
          event_id: 'body.incident.id',
          timestamp: 'body.incident.at',
          tags: 'body.components.map(one, one.name)',
          metadata: { impact: 'body.incident.impact', missing: 'body.no.such.key', count: 'size(body.components)' },
        },
      },
    });
    const body = {
      incident: {
        id: 'inc-1',
        name: 'API',
        impact: 'major',
        at: '2026-01-02T03:04:05Z',
        updates: [{ body: 'We look.' }],
      },
      components: [{ name: 'api' }, { name: 'web' }],
    };
    expect((await post(JSON.stringify(body), { 'user-agent': 'StatusPage' }, '/hooks/status')).status).toBe(202);
    expect(sink.events).toEqual([
      {
        eventId: 'inc-1',
        timestamp: Date.UTC(2026, 0, 2, 3, 4, 5),
        eventType: 'performance_alert',
        level: 'critical',
        source: 'StatusPage',
        title: 'Incident: API',
        message: 'We look.',
        metadata: { impact: 'major', count: 2 },
        tags: ['api', 'web'],
      },
    ]);
  });

  test('makes an event of each item, and keeps all of it where nothing else is said', async () => {
    const { post, sink } = await started({
      webhooks: {
        '/w': {
          each: 'body.jobs',
          when: 'item.state != "ok"',
          title: 'body.site + ": " + item.job',
          level: 'item.state',
        },
      },
    });
    const jobs = [
      { job: 'backup', state: 'fatal' },
      { job: 'mail', state: 'ok' },
      { job: 'dns', state: 'odd', id: 12345678901234567890n.toString() },
    ];
    expect((await post(JSON.stringify({ site: 'fra1', jobs }), {}, '/w')).body).toEqual({ accepted: 2 });
    expect(sink.events).toMatchObject([
      {
        title: 'fra1: backup',
        message: 'fra1: backup',
        level: 'critical',
        source: 'webhook',
        metadata: { job: 'backup' },
      },
      { title: 'fra1: dns', level: 'info', metadata: { level: 'odd', id: '12345678901234567890' } },
    ]);
    expect((await post('{"jobs":7}', {}, '/w')).body).toEqual({ error: 'the body has no list at body.jobs' });
    expect(await post('{"jobs":[{"state":"x"}]}', {}, '/w')).toMatchObject({ status: 400 });
  });

  test('whose expression is wrong is an error with its place', () => {
    const create = (webhooks: object): unknown =>
      http.create({ ...DEFAULTS, webhooks } as never, undefined as never, undefined as never);
    expect(() => create({ '/w': { title: 'body.x', metadata: { a: '1 +' } } })).toThrow(
      expect.objectContaining({
        name: 'ConfigError',
        place: expect.objectContaining({ path: ['webhooks', '/w', 'metadata', 'a'], offset: 3 }),
      }),
    );
    expect(
      http.check?.({ ...DEFAULTS, webhooks: { w: {}, '/v1/logs': {}, '/a/': {} } })?.map(({ path }) => path),
    ).toEqual([
      ['webhooks', 'w'],
      ['webhooks', '/v1/logs'],
      ['webhooks', '/a/'],
    ]);
  });
});
