import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/component/event.ts';
import ratelimit from '../../src/processors/ratelimit.ts';
import { event, fakeContext, FakeOutput } from '../support/fakes.ts';

const HOUR = 3_600_000;

function limiter(
  options: { limit?: number; by?: string[]; maxKeys?: number; window?: number; summary?: boolean } = {},
  context = fakeContext(),
) {
  const { limit = 2, by = ['source'], maxKeys = 100, window = HOUR, summary = true } = options;
  const processor = ratelimit.create({ max_per_window: limit, window, by, max_keys: maxKeys, summary }, context);
  const output = new FakeOutput();
  const process = (...events: Event[]) => processor.process(events, output);
  return { context, clock: context.clock, processor, output, process };
}

const many = (count: number, fields: Partial<Event> = {}) =>
  Array.from({ length: count }, () => event({ source: 'nginx', ...fields }));

test('says what was held back when the window opens again, with no further traffic', () => {
  const { clock, output, process } = limiter();
  process(...many(2));
  clock.advance(60_000);
  process(...many(8, { level: 'error', title: 'upstream timed out' }));
  clock.advance(30_000);
  process(...many(4, { level: 'warning', title: 'slow' }));
  clock.advance(HOUR - 90_001);
  expect(output.emitted).toEqual([]);
  clock.advance(1);
  expect(output.emitted).toMatchObject([
    {
      timestamp: clock.now(),
      eventType: 'custom',
      level: 'error',
      source: 'nginx',
      title: '12 more events from nginx were held back in 1h',
      message: [
        'From 12:01:00 to 12:01:30 UTC. At most 2 in 1h pass.',
        'Levels: 8 error, 4 warning',
        'Most often:',
        '  8 × upstream timed out',
        '  4 × slow',
      ].join('\n'),
      tags: ['suppressed'],
      metadata: {
        suppressed: 12,
        first: '2026-01-15T12:01:00.000Z',
        last: '2026-01-15T12:01:30.000Z',
        by_level: { error: 8, warning: 4 },
        by_source: { nginx: 12 },
        top_titles: [
          { title: 'upstream timed out', count: 8 },
          { title: 'slow', count: 4 },
        ],
        key: 'nginx',
      },
    },
  ]);
  expect(clock.pending).toBe(0);
});

test('the summary takes no place in the window', () => {
  const { clock, output, process } = limiter({ limit: 1 });
  process(...many(2));
  clock.advance(HOUR);
  expect(output.emitted).toHaveLength(1);
  const batch = many(1);
  process(...batch);
  expect(output.drops.suppressed).toBe(1);
});

describe('titles', () => {
  test.for<[string, string[], Partial<Event>[], string]>([
    ['one', ['source'], [{}], '1 more event from nginx was held back in 1h'],
    [
      'a key without the source',
      ['event_type', 'level'],
      [{}, {}],
      '2 more events (custom, info) from nginx were held back in 1h',
    ],
    ['several sources', ['level'], [{}, { source: 'web' }], '2 more events (info) from 2 sources were held back in 1h'],
    ['nothing in common', [], [{}, { source: 'web' }], '2 more events from 2 sources were held back in 1h'],
    [
      'a key of more',
      ['source', 'metadata.host'],
      [{}],
      '1 more event (no metadata.host) from nginx was held back in 1h',
    ],
  ])('%s', ([, by, held, title]) => {
    const { clock, output, process } = limiter({ limit: 1, by });
    process(...many(1), ...held.map((fields) => event({ source: 'nginx', ...fields })));
    clock.advance(HOUR);
    expect(output.emitted.map((summary) => summary.title)).toEqual([title]);
  });
});

test('a steady flood brings one summary a window, and every event is told once', () => {
  const { clock, output, process } = limiter({ limit: 5, window: 60_000 });
  let sent = 0;
  for (let second = 0; second < 600; second += 1) {
    process(...many(3));
    sent += 3;
    clock.advance(1_000);
  }
  clock.advance(120_000);
  const told = output.emitted.map(({ metadata }) => metadata['suppressed'] as number);
  expect(told.length).toBeLessThanOrEqual(11);
  expect(told.reduce((sum, count) => sum + count, 0)).toBe(output.drops.suppressed);
  expect(output.drops.suppressed).toBeLessThan(sent);
});

test('each key has its own, in the order of their times; keys beyond max_keys have one together', () => {
  const { clock, output, process } = limiter({ limit: 1, maxKeys: 2 });
  for (const source of ['a', 'b', 'c', 'd']) {
    process(event({ source }), event({ source }));
    clock.advance(1_000);
  }
  clock.advance(HOUR);
  expect(output.emitted.map(({ title }) => title)).toEqual([
    '1 more event from a was held back in 1h',
    '1 more event from b was held back in 1h',
    '3 more events (keys beyond max_keys) from 2 sources were held back in 1h',
  ]);
});

test('what is told is bounded however much is held back', () => {
  const { clock, output, process } = limiter({ limit: 1, by: [] });
  process(
    ...Array.from({ length: 1_000 }, (_, index) =>
      event({ source: `s${index}`, title: `${index} ${'x'.repeat(5_000)}` }),
    ),
  );
  clock.advance(HOUR);
  const [summary] = output.emitted;
  expect(Object.keys(summary!.metadata['by_source'] as object)).toHaveLength(21);
  expect(summary!.title).toBe('999 more events from more than 20 sources were held back in 1h');
  expect(summary!.message.length).toBeLessThan(1_500);
});

describe('across instances', () => {
  test('what is pending is told by the successor, once, and the predecessor is silent', async () => {
    const before = limiter();
    before.process(...many(5));
    const snapshot = JSON.parse(JSON.stringify(before.processor.snapshot?.())) as unknown;
    const after = limiter({}, before.context);
    after.processor.restore?.(snapshot);
    await after.processor.start?.(new AbortController().signal);
    await before.processor.stop?.();
    after.process(...many(1, { level: 'critical' }));
    before.clock.advance(HOUR);
    expect(before.output.emitted).toEqual([]);
    expect(after.output.emitted).toMatchObject([
      { level: 'critical', metadata: { suppressed: 4, by_level: { critical: 1, info: 3 } } },
    ]);
  });

  test('what fell due meanwhile is told at the first batch, an empty one too', () => {
    const before = limiter();
    before.process(...many(5));
    const snapshot = before.processor.snapshot?.();
    const after = limiter();
    after.clock.advance(2 * HOUR);
    after.processor.restore?.(snapshot);
    after.process();
    after.clock.advance(0);
    expect(after.output.emitted).toMatchObject([{ metadata: { suppressed: 3 } }]);
  });

  test('an edit of `by` forgets the windows, not what is to be told', () => {
    const before = limiter();
    before.process(...many(5));
    const after = limiter({ by: ['level'] }, before.context);
    after.processor.restore?.(before.processor.snapshot?.());
    after.process(...many(2));
    expect(after.output.drops.suppressed).toBe(0);
    before.clock.advance(HOUR);
    expect(after.output.emitted).toMatchObject([{ metadata: { suppressed: 3, key: 'nginx' } }]);
  });

  test('stop leaves no timer and tells nothing', async () => {
    const { processor, process, clock, output } = limiter();
    process(...many(5));
    expect(clock.pending).toBe(1);
    await processor.stop?.();
    await processor.stop?.();
    expect(clock.pending).toBe(0);
    clock.advance(2 * HOUR);
    expect(output.emitted).toEqual([]);
  });
});

test('without `summary` there is no timer, and nothing of what is held back is decoded', () => {
  const { clock, process } = limiter({ summary: false, limit: 1 });
  const lazy = event({ source: 'nginx' });
  for (const field of ['title', 'message', 'metadata', 'level']) {
    Object.defineProperty(lazy, field, {
      get: () => {
        throw new Error(`${field} was decoded`);
      },
    });
  }
  process(lazy, lazy, lazy);
  expect(clock.pending).toBe(0);
});
