import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
  AlertLevel,
  BaseConnector,
  ConfigurationError,
  EventType,
  IntegrationConnectorService,
  IntegrationEvent,
  sendCriticalAlert,
  sendHealthAlert,
  sendThresholdAlert,
} from '../../src/index.ts';
import { eventually } from '../support/eventually.ts';
import type { LogLine } from '../support/fakes.ts';
import { serve, type TestServer } from '../support/http-server.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const lines: LogLine[] = [];
const log = (level: LogLine['level']) => (message: string) => void lines.push({ level, message });
const logger = () => ({ debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') });

async function serviceOf(yaml?: string): Promise<IntegrationConnectorService> {
  lines.length = 0;
  let file: string | undefined;
  if (yaml !== undefined) {
    file = join(await temporaryDirectory(), 'config.yaml');
    await writeFile(file, yaml);
  }
  const service = new IntegrationConnectorService(file, { logger, env: { HOME: '/nonexistent' } });
  onTestFinished(() => service.close());
  return service;
}

const http = ({ origin }: TestServer, more = '') =>
  `connectors:\n  hook: { type: http, url: '${origin}/', retry: { initial_interval: 10ms }, ${more} }\n`;
const bodies = ({ seen }: TestServer) => seen.map(({ body }) => JSON.parse(body) as Record<string, unknown>);

class Collecting extends BaseConnector {
  readonly events: IntegrationEvent[] = [];
  answers: (boolean | Error)[] = [];
  tries = 0;

  override async sendEvent(event: IntegrationEvent): Promise<boolean> {
    this.tries += 1;
    const answer = this.answers.shift() ?? true;
    if (answer instanceof Error) throw answer;
    if (answer) this.events.push(event);
    return answer;
  }
}

test('sends the documented event with every field', async () => {
  const server = await serve();
  const service = await serviceOf(http(server));
  const outcome = await service.alert({
    level: AlertLevel.ERROR,
    title: 'High CPU Usage',
    message: 'CPU usage has exceeded 90% for 5 minutes',
    source: 'cpu_monitor',
    eventType: EventType.THRESHOLD_BREACH,
    metadata: { cpu_percent: 92.5, at: new Date(0), error: new TypeError('x'), skipped: undefined, big: 1n },
    tags: ['performance', 'cpu'],
  });
  expect(outcome).toEqual({ hook: { status: 'sent', tookMs: expect.any(Number) as number } });
  expect(bodies(server)).toEqual([
    {
      event_id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      event_type: 'threshold_breach',
      level: 'error',
      source: 'cpu_monitor',
      title: 'High CPU Usage',
      message: 'CPU usage has exceeded 90% for 5 minutes',
      metadata: {
        cpu_percent: 92.5,
        at: '1970-01-01T00:00:00.000Z',
        error: expect.objectContaining({ name: 'TypeError', message: 'x' }) as object,
        big: '1',
      },
      tags: ['performance', 'cpu'],
    },
  ]);
});

test('says which connector filtered it, limited it, queued it or failed', async () => {
  const server = await serve(({ path }) => ({ status: path === '/down' ? 503 : path === '/gone' ? 404 : 200 }));
  const service = await serviceOf(`connectors:
  a: { type: http, url: '${server.origin}/', filters: { min_level: critical } }
  b: { type: http, url: '${server.origin}/', rate_limit: { max_per_window: 1, window: 3600 } }
  c: { type: http, url: '${server.origin}/down' }
  d: { type: http, url: '${server.origin}/gone' }
  e: { type: http, url: '${server.origin}/', enabled: false }
service: { shutdown_timeout: 50ms }
`);
  await service.alert({ title: 'one' });
  expect(await service.alert({ title: 'two' })).toMatchObject({
    a: { status: 'filtered', by: 'filters', reason: 'level info is below critical' },
    b: { status: 'limited', by: 'rate_limit' },
    c: { status: 'queued', reason: expect.stringContaining('503') as string },
    d: { status: 'failed', reason: expect.stringContaining('404') as string },
  });
  expect(await service.sendEvent({ title: 'three' }, 'e')).toMatchObject({
    e: { status: 'failed', reason: 'it is not enabled' },
  });
  await expect(service.sendEvent({ title: 'four' }, ['x'])).rejects.toThrow(
    'there is no connector x; there are a, b, c, d, e',
  );
  expect(service.getConnectorStatus()).toMatchObject({
    a: { type: 'http', enabled: true, state: 'ok', filtered: 2 },
    b: { sent: 1, limited: 1 },
    c: { state: 'retrying', queued: 2, lastError: expect.stringContaining('503') as string },
    d: { state: 'misconfigured' },
    e: { enabled: false, state: 'disabled' },
  });
});

test('the status is there before the file is loaded', async () => {
  const server = await serve();
  const service = await serviceOf(http(server, 'enabled: false'));
  expect(service.getConnectorStatus()).toMatchObject({ hook: { type: 'http', enabled: false } });
});

test('createEvent, toDict and toJson use the documented names; sendEvent sends it', async () => {
  const server = await serve();
  const service = await serviceOf(http(server));
  const event = service.createEvent({ level: 'warning', title: 'T', eventType: 'deployment', source: 'ci' });
  expect(event).toBeInstanceOf(IntegrationEvent);
  expect(event.timestamp).toBeInstanceOf(Date);
  expect(event.toDict()).toMatchObject({
    event_id: event.eventId,
    timestamp: event.timestamp.toISOString(),
    event_type: 'deployment',
    level: 'warning',
    tags: [],
  });
  expect(JSON.parse(event.toJson())).toEqual(event.toDict());
  await service.sendEvent(event);
  expect(bodies(server)).toEqual([event.toDict()]);
});

test.for([
  [{ title: 'x', level: 'loud' }, 'level must be one of debug, info, warning, error, critical, not "loud"'],
  [{ title: 'x', event_type: 'custom' }, 'an event has no field "event_type"; did you mean "eventType"?'],
  [{ title: 'x', eventType: 'Not A Word' }, 'eventType must be a lower-case word'],
  [{ level: 'info' }, 'a title or a message is needed'],
  [{ title: 'x', tags: [1] }, 'tags must be an array of strings'],
  [{ title: 'x', timestamp: new Date('never') }, 'timestamp must be a valid Date'],
] as const)('refuses %j', async ([fields, message]) => {
  const service = await serviceOf();
  expect(() => service.createEvent(fields as never)).toThrow(message);
  await expect(service.alert(fields as never)).rejects.toThrow(message);
});

test('a file that cannot be used is said with its lines, and alert rejects', async () => {
  const service = await serviceOf('connectors:\n  hook: { type: htpp }\n');
  const failure = await service.alert({ title: 'x' }).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(ConfigurationError);
  expect(String(failure)).toMatch(/config\.yaml:2:17 error: there is no exporter type "htpp"; did you mean "http"\?/);
  expect(lines).toContainEqual({ level: 'error', message: expect.stringContaining('did you mean "http"?') as string });
});

test('a file that cannot be loaded later leaves what there was', async () => {
  const server = await serve();
  const service = await serviceOf(http(server));
  await service.alert({ title: 'one' });
  await expect(service.loadConfig('/nonexistent/config.yaml')).rejects.toThrow('there is no such file');
  expect(await service.alert({ title: 'two' })).toMatchObject({ hook: { status: 'sent' } });
});

test('hooks run per event type, sync or async, on a copy, and never delay or break delivery', async () => {
  const server = await serve();
  const service = await serviceOf(http(server));
  const seen: string[] = [];
  service.registerHook(EventType.CRITICAL_ERROR, (event) => {
    seen.push(event.title);
    event.title = 'changed';
    throw new Error('a hook broke');
  });
  service.registerHook(EventType.CRITICAL_ERROR, () => new Promise(() => {}));
  const remove = service.registerHook('deployment', async (event) => void seen.push(`${event.title}!`));
  await service.alert({ title: 'one', eventType: EventType.CRITICAL_ERROR });
  await service.alert({ title: 'two', eventType: 'deployment' });
  await service.alert({ title: 'three' });
  await eventually(() => seen.length === 2, 'both hooks ran');
  remove();
  await service.alert({ title: 'four', eventType: 'deployment' });
  expect(seen).toEqual(['one', 'two!']);
  expect(bodies(server).map(({ title }) => title)).toEqual(['one', 'two', 'three', 'four']);
  expect(lines).toContainEqual({ level: 'error', message: 'a hook for critical_error failed: a hook broke' });
});

test('a registered connector is filtered, limited, retried and counted like any other', async () => {
  const service = await serviceOf();
  const connector = new Collecting('mine', {
    filters: { min_level: 'warning' },
    rate_limit: { max_per_window: 2, window: 3600 },
    retry: { initial_interval: '10ms' },
  });
  connector.answers = [false, new Error('not now')];
  void service.registerConnector('mine', connector);
  expect(await service.alert({ title: 'low' })).toMatchObject({ mine: { status: 'filtered' } });
  expect(await service.alert({ title: 'one', level: 'error' })).toMatchObject({
    mine: { status: 'queued', reason: 'sendEvent returned false' },
  });
  await eventually(() => connector.events.length === 1, 'it is sent in the end');
  expect(await service.alert({ title: 'two', level: 'error' })).toMatchObject({ mine: { status: 'sent' } });
  expect(await service.alert({ title: 'three', level: 'error' })).toMatchObject({ mine: { status: 'limited' } });
  expect(connector.events.map(({ title }) => title)).toEqual(['one', 'two']);
  expect(service.getConnectorStatus()['mine']).toMatchObject({
    type: 'custom',
    enabled: true,
    sent: 2,
    limited: 1,
    filtered: 1,
  });
});

test('a connector that never succeeds is tried a bounded number of times, and holds nobody up', async () => {
  const server = await serve();
  const service = await serviceOf(http(server));
  const connector = new Collecting('broken', { retry: { initial_interval: '1ms' } });
  connector.answers = Array.from({ length: 100 }, () => false);
  await service.registerConnector('broken', connector);
  expect(await service.alert({ title: 'x' })).toMatchObject({ hook: { status: 'sent' }, broken: { status: 'queued' } });
  await eventually(() => service.getConnectorStatus()['broken']!.failed === 1, 'it is given up');
  expect(connector.tries).toBe(5);
  expect(lines).toContainEqual({ level: 'error', message: 'an event is lost: sendEvent returned false, 5 times' });
});

test('shouldSend decides, and a wrong config or a taken name is said', async () => {
  class Picky extends Collecting {
    override shouldSend(event: IntegrationEvent): boolean {
      return event.source === 'db';
    }
  }
  const server = await serve();
  const service = await serviceOf(http(server));
  await service.registerConnector('picky', new Picky('picky'));
  expect(await service.alert({ title: 'x', source: 'web' })).toMatchObject({
    picky: { status: 'filtered', by: 'shouldSend' },
  });
  expect(await service.alert({ title: 'x', source: 'db' })).toMatchObject({ picky: { status: 'sent' } });
  await expect(service.registerConnector('hook', new Picky('hook'))).rejects.toThrow(
    'there is a connector hook already',
  );
  await expect(service.registerConnector('odd', new Picky('odd', { filters: { min_level: 'loud' } }))).rejects.toThrow(
    /filters\.min_level/,
  );
});

test('close delivers what waits, and says what it cannot', async () => {
  let up = false;
  const server = await serve(() => ({ status: up ? 200 : 503 }));
  const service = await serviceOf(http(server));
  await service.alert({ title: 'x' });
  up = true;
  await service.close();
  await service.close();
  expect(server.seen.length).toBeGreaterThan(1);
  expect(service.getConnectorStatus()).toMatchObject({ hook: { state: 'closed', sent: 1, queued: 0 } });
  await expect(service.alert({ title: 'y' })).rejects.toThrow('the service is closed');
});

test('the convenience functions use the service made last and their documented levels and types', async () => {
  const server = await serve();
  const first = await serviceOf();
  await first.close();
  await serviceOf(http(server));
  await sendCriticalAlert({ title: 'a', message: 'm', source: 's' });
  await sendHealthAlert({ title: 'b', message: 'm', source: 's' });
  await sendThresholdAlert({ title: 'c', message: 'm', source: 's', level: 'error' });
  expect(bodies(server).map(({ level, event_type }) => [level, event_type])).toEqual([
    ['critical', 'critical_error'],
    ['warning', 'system_health'],
    ['error', 'threshold_breach'],
  ]);
});

test('a thousand alerts at once all arrive, each once', async () => {
  const server = await serve();
  const service = await serviceOf(http(server));
  const alerts = Array.from({ length: 1_000 }, (_, index) =>
    service.alert({ level: AlertLevel.INFO, title: `Load Test Event ${index}`, source: 'load_test' }),
  );
  const outcomes = await Promise.all(alerts);
  await service.close();
  expect(outcomes.every(({ hook }) => hook?.status === 'sent')).toBe(true);
  expect(new Set(bodies(server).map(({ title }) => title)).size).toBe(1_000);
  expect(server.seen).toHaveLength(1_000);
});

test('with a storage, what waits outlives the process; a second service queues in memory and says so', async () => {
  let up = false;
  const server = await serve(() => ({ status: up ? 200 : 503 }));
  const directory = await temporaryDirectory();
  const yaml = `${http(server)}service: { storage: { directory: '${directory}' }, shutdown_timeout: 10ms }\n`;
  const first = await serviceOf(yaml);
  await first.alert({ title: 'kept' });
  const second = await serviceOf(yaml);
  await second.alert({ title: 'of the second' });
  expect(lines).toContainEqual({ level: 'warn', message: expect.stringContaining('in use') as string });
  await second.close();
  await first.close();
  up = true;
  const before = server.seen.length;
  const third = await serviceOf(yaml);
  await third.loadConfig(join(directory, 'none.yaml')).catch(() => {});
  await eventually(() => server.seen.length > before, 'what was kept is sent');
  expect(bodies(server).at(-1)).toMatchObject({ title: 'kept' });
});
