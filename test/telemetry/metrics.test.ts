import { expect, test } from 'vitest';
import { Metrics } from '../../src/telemetry/metrics.ts';
import { addProcessMetrics } from '../../src/telemetry/process-metrics.ts';

test('a counter is the same object for the same name and labels, in any order', () => {
  const metrics = new Metrics();
  const counter = metrics.counter('n_total', 'd', { a: '1', b: '2' });
  counter.add(2);
  expect(metrics.counter('n_total', 'd', { b: '2', a: '1' })).toBe(counter);
  expect(metrics.counter('n_total', 'd', { a: '2', b: '1' }).value).toBe(0);
  expect(metrics.samples('n_total')).toEqual([
    { labels: { a: '1', b: '2' }, value: 2 },
    { labels: { a: '2', b: '1' }, value: 0 },
  ]);
});

test('a name is a counter or a gauge, not both', () => {
  const metrics = new Metrics();
  metrics.counter('n_total', 'd');
  expect(() => metrics.gauge('n_total', 'd', {}, () => 1)).toThrow('metric n_total is a counter, not a gauge');
});

test('exactly the names, labels and values given, and nothing else', async () => {
  const metrics = new Metrics();
  metrics.counter('lnmt_collector_receiver_accepted_events_total', 'Events taken.', { receiver: 'syslog' }).add(3);
  metrics.counter('lnmt_collector_receiver_accepted_events_total', 'Events taken.', { receiver: 'file/nginx' }).add(4);
  metrics.gauge('lnmt_collector_exporter_queue_bytes', 'Bytes held.', { exporter: 'a"b\\c\nd' }, () => 1.5);
  expect(await metrics.prometheus()).toBe(
    [
      '# HELP lnmt_collector_receiver_accepted_events_total Events taken.',
      '# TYPE lnmt_collector_receiver_accepted_events_total counter',
      'lnmt_collector_receiver_accepted_events_total{receiver="syslog"} 3',
      'lnmt_collector_receiver_accepted_events_total{receiver="file/nginx"} 4',
      '# HELP lnmt_collector_exporter_queue_bytes Bytes held.',
      '# TYPE lnmt_collector_exporter_queue_bytes gauge',
      'lnmt_collector_exporter_queue_bytes{exporter="a\\"b\\\\c\\nd"} 1.5',
      '',
    ].join('\n'),
  );
});

test('a removed gauge is gone from the next scrape; its successor stays when the predecessor is removed late', async () => {
  const metrics = new Metrics();
  const remove = metrics.gauge('held', 'd', { exporter: 'a' }, () => 1);
  const removeOther = metrics.gauge('held', 'd', { exporter: 'b' }, () => 2);
  expect(await metrics.prometheus()).toContain('held{exporter="a"} 1');
  metrics.gauge('held', 'd', { exporter: 'a' }, () => 3);
  remove();
  removeOther();
  const text = await metrics.prometheus();
  expect(text).toContain('held{exporter="a"} 3');
  expect(text).not.toContain('exporter="b"');
});

test('counters go on from scrape to scrape', async () => {
  const metrics = new Metrics();
  const counter = metrics.counter('n_total', 'd');
  for (const expected of [5, 10]) {
    counter.add(5);
    expect(await metrics.prometheus()).toContain(`n_total ${expected}\n`);
  }
});

test('more series than there may be share one', () => {
  const metrics = new Metrics();
  for (let n = 0; n < 10_005; n += 1) metrics.counter('n_total', 'd', { n: String(n) }).add(1);
  expect(metrics.samples('n_total')).toHaveLength(10_001);
  expect(metrics.samples('n_total').at(-1)).toEqual({ labels: { overflow: 'true' }, value: 5 });
});

test('the process reports its memory, time, files and loop', async () => {
  const metrics = new Metrics();
  const remove = addProcessMetrics(metrics, '1.2.3');
  const text = await metrics.prometheus();
  expect(text).toContain(`lnmt_collector_build_info{version="1.2.3",node="${process.version}"} 1`);
  expect(text).toMatch(/^process_resident_memory_bytes [1-9]\d+$/m);
  expect(text).toMatch(/^# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total \d/m);
  expect(text).toMatch(/^lnmt_collector_event_loop_lag_p99_seconds \d/m);
  remove();
  expect(await metrics.prometheus()).not.toContain('process_');
});
