import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/component/event.ts';
import pagerduty from '../../src/exporters/pagerduty.ts';
import { deliver, exporterOf, withDefaults } from '../support/exporter.ts';
import { exporterContract } from '../support/exporter-contract.ts';
import { event } from '../support/fakes.ts';
import { expectGolden, goldenEvents, pretty } from '../support/golden.ts';
import { serve } from '../support/http-server.ts';

exporterContract(pagerduty, {
  config: (url) => withDefaults(pagerduty, { url, routing_key: 's3cret-key' }),
  success: { status: 202, body: '{"status":"success"}' },
});

interface Alert {
  event_action: string;
  dedup_key?: string;
  payload: {
    summary: string;
    source: string;
    severity: string;
    component: string;
    class: string;
    custom_details: Record<string, unknown>;
  };
}

const alertOf = (fields: Partial<Event>, options: object = {}): Alert => {
  const exporter = exporterOf<string>(pagerduty, { routing_key: 'R', ...options });
  return JSON.parse(exporter.encode([event(fields)])[0]!.request) as Alert;
};

test('requests are the golden ones', () => {
  const exporter = exporterOf<string>(pagerduty, { routing_key: 'R' });
  expectGolden(
    'pagerduty.json',
    exporter
      .encode(goldenEvents())
      .map(({ request }) => pretty(request))
      .join(''),
  );
});

test('the routing key is in what is sent, and not in what `explain` shows', async () => {
  const server = await serve({ status: 202 });
  const exporter = exporterOf<string>(pagerduty, { url: server.url, routing_key: 'R"1' });
  expect(exporter.encode([event()])[0]!.request).not.toContain('R\\"1');
  await deliver(exporter, [event()]);
  expect(JSON.parse(server.seen[0]!.body)).toMatchObject({
    routing_key: 'R"1',
    event_action: 'trigger',
    payload: { summary: 'title' },
  });
});

test.for([
  ['debug', 'info'],
  ['info', 'info'],
  ['warning', 'warning'],
  ['error', 'error'],
  ['critical', 'critical'],
] as const)('%s is %s', ([level, severity]) => {
  expect(alertOf({ level }).payload.severity).toBe(severity);
});

test('events of one source and title are one incident, unless the options say otherwise', () => {
  expect(alertOf({ source: 'cpu', title: 'High' }).dedup_key).toBe('cpu/High');
  expect(alertOf({ metadata: { check: 'disk' } }, { dedup_key: '{metadata.check}' }).dedup_key).toBe('disk');
  expect(alertOf({}, { dedup_key: '{metadata.none}' })).not.toHaveProperty('dedup_key');
});

test('an overlong key is replaced by its hash, so that it is no other event’s', () => {
  const [one, two] = ['a', 'b'].map((end) => alertOf({ title: `${'x'.repeat(300)}${end}` }).dedup_key);
  expect(one).toMatch(/^[0-9a-f]{64}$/);
  expect(one).not.toBe(two);
});

test('resolve_when closes what other events open', () => {
  const options = { resolve_when: 'metadata.state == "ok"' };
  expect(alertOf({ metadata: { state: 'ok' } }, options)).toMatchObject({
    event_action: 'resolve',
    dedup_key: 'test/title',
  });
  expect(alertOf({ metadata: { state: 'down' } }, options)).toMatchObject({
    event_action: 'trigger',
    dedup_key: 'test/title',
  });
  expect(alertOf({}, options).event_action).toBe('trigger');
});

describe('limits', () => {
  test('a summary is cut without halving a character, and never blank', () => {
    const { summary } = alertOf({ title: '😀'.repeat(1_000) }).payload;
    expect(summary.length).toBeLessThanOrEqual(1_024);
    expect(summary).not.toMatch(/\p{Cs}/u);
    expect(alertOf({ title: ' ', message: '' }).payload.summary).toBe('info from test');
    expect(alertOf({ source: '' }).payload.source).toBe('unknown');
  });

  test('an event larger than PagerDuty takes goes without its metadata', () => {
    const { custom_details: details } = alertOf({
      message: '€'.repeat(200_000),
      metadata: { big: 'x'.repeat(200_000) },
    }).payload;
    expect(details).toMatchObject({ event_id: 'e1', metadata: 'left out: too long' });
    expect(Buffer.byteLength(JSON.stringify(details))).toBeLessThan(500_000);
  });
});

describe('answers', () => {
  const verdictOn = async (errors: string[]) => {
    const server = await serve({
      status: 400,
      body: JSON.stringify({ status: 'invalid event', message: 'Event object is invalid', errors }),
    });
    return (await deliver(exporterOf(pagerduty, { url: server.origin, routing_key: 'R' }), [event()]))[0];
  };

  test('a bad event is refused in PagerDuty’s words', async () => {
    expect(await verdictOn(["'payload.summary' is missing or blank"])).toEqual({
      kind: 'refused',
      reason: "answered 400: 'payload.summary' is missing or blank",
    });
  });

  test('a bad key holds the queue', async () => {
    expect(await verdictOn(["'routing_key' is invalid"])).toMatchObject({ kind: 'misconfigured' });
  });
});
