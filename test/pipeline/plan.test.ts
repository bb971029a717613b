import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planOf } from '../../src/pipeline/plan.ts';
import { configuration, exporter, spec, stage, type Sketch } from '../support/pipeline.ts';

const FILE: Sketch = {
  receivers: [spec('syslog', { listen: ['udp://:514'] })],
  exporters: [exporter('slack/ops', { webhook_url: 'http://a' }), exporter('email', {})],
  pipelines: {
    ops: {
      receivers: ['syslog'],
      stages: [stage('ops/filter#1', { min_level: 'warning' })],
      exporters: ['slack/ops', 'email'],
    },
  },
};

const news = (from: Sketch | undefined, to: Sketch) =>
  planOf(from && configuration(from), configuration(to))
    .entries.filter(({ action }) => action !== 'kept')
    .map(({ kind, id, action, reason }) => `${kind} ${id}: ${action}, ${reason}`);

test('a first start adds everything', () => {
  expect(news(undefined, FILE)).toEqual([
    'exporter slack/ops: added, new',
    'exporter email: added, new',
    'processor ops/filter#1: added, new',
    'pipeline ops: added, new',
    'receiver syslog: added, new',
  ]);
});

test('names the options that changed', () => {
  const edited = {
    ...FILE,
    exporters: [
      exporter('slack/ops', { webhook_url: 'http://b' }),
      exporter('email', {}, { delivery: { timeoutMs: 1 } }),
    ],
  };
  expect(news(FILE, edited)).toEqual([
    'exporter slack/ops: restarted, changed: webhook_url',
    'exporter email: updated, changed: timeout',
  ]);
});

test('what no pipeline uses any more is removed', () => {
  const edited = { ...FILE, pipelines: { ops: { ...FILE.pipelines['ops'], exporters: ['email'] } } };
  expect(news(FILE, edited)).toEqual([
    'exporter slack/ops: removed, gone from the file, disabled or no longer used',
    'pipeline ops: updated, changed: exporters',
  ]);
});

test('a disabled component is as good as gone', () => {
  const edited = { ...FILE, receivers: [spec('syslog', { listen: ['udp://:514'] }, false)] };
  expect(news(FILE, edited)).toEqual(['receiver syslog: removed, gone from the file, disabled or no longer used']);
});

const sketches = fc
  .record({
    receivers: fc.subarray(['hand/a', 'hand/b', 'hand/c']),
    exporters: fc.subarray(['x/a', 'x/b', 'x/c'], { minLength: 1 }),
    option: fc.integer({ min: 0, max: 2 }),
  })
  .map(({ receivers, exporters, option }): Sketch => ({
    receivers: receivers.map((id) => spec(id, { option })),
    exporters: exporters.map((id) => exporter(id, { option: id === 'x/a' ? option : 0 })),
    pipelines: { p: { receivers, exporters } },
  }));

test('from a file to itself there is nothing to do; back and forth mirror each other (property)', () => {
  fc.assert(
    fc.property(sketches, sketches, (a, b) => {
      expect(news(a, a)).toEqual([]);
      const mirror: Record<string, string> = {
        added: 'removed',
        removed: 'added',
        restarted: 'restarted',
        updated: 'updated',
        kept: 'kept',
      };
      const there = planOf(configuration(a), configuration(b)).entries.map(
        ({ kind, id, action }) => `${kind} ${id} ${mirror[action]}`,
      );
      const back = planOf(configuration(b), configuration(a)).entries.map(
        ({ kind, id, action }) => `${kind} ${id} ${action}`,
      );
      expect(there.sort()).toEqual(back.sort());
    }),
  );
});
