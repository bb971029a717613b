import { hostname } from 'node:os';
import { beforeAll, describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/component/errors.ts';
import { copyEvent, type Event } from '../../src/component/event.ts';
import { loadLiquid } from '../../src/lib/template.ts';
import enrich from '../../src/processors/enrich.ts';
import { event, fakeContext, FakeOutput } from '../support/fakes.ts';

type Options = Partial<Parameters<typeof enrich.create>[0]>;

beforeAll(() => loadLiquid());

function enriched(options: Options, fields: Partial<Event> = {}) {
  const context = fakeContext();
  const batch = [event(fields)];
  enrich.create({ host: false, ...options }, context).process(batch, new FakeOutput());
  return { event: batch[0]!, refused: context.counts['refused_values'] };
}

describe('set', () => {
  test('writes any YAML at its paths, own fields by their names', () => {
    const { event: edited } = enriched({
      set: {
        site: 'fra1',
        'metadata.rack.row': 7,
        labels: { a: [1, null] },
        source: 'renamed',
        level: 'error',
        tags: ['x'],
        timestamp: 1_768_478_400,
      },
    });
    expect(edited).toMatchObject({
      source: 'renamed',
      level: 'error',
      tags: ['x'],
      timestamp: Date.UTC(2026, 0, 15, 12),
      metadata: { site: 'fra1', rack: { row: 7 }, labels: { a: [1, null] } },
    });
  });

  test('templates in texts, also inside of lists and maps', () => {
    const { event: edited } = enriched(
      {
        set: {
          title: '{{ source }}: {{ title | upcase }}',
          where: '{{ hostname }}/{{ metadata.port }}',
          deep: { list: ['{{ level }}', 'plain'] },
          literal: '{title} {"a": 1}',
          gone: '[{{ missing }}]',
        },
      },
      { source: 'nginx', metadata: { hostname: 'web1', port: 80 } },
    );
    expect(edited.title).toBe('nginx: TITLE');
    expect(edited.metadata).toMatchObject({
      where: 'web1/80',
      deep: { list: ['info', 'plain'] },
      literal: '{title} {"a": 1}',
      gone: '[]',
    });
  });

  test('a text that is only a path copies the value as it is', () => {
    const { event: edited } = enriched(
      { set: { code: '{{ metadata.status }}', none: '{{ missing }}', message: '{{ metadata.status }}' } },
      { metadata: { status: 503 } },
    );
    expect(edited).toMatchObject({ message: '503', metadata: { code: 503, none: '' } });
  });

  test('what a field cannot be is counted, and the field stays', () => {
    const { event: edited, refused } = enriched(
      { set: { level: '{{ lvl }}', event_type: '{{ lvl }}' } },
      { metadata: { lvl: 'Very loud' } },
    );
    expect(edited).toMatchObject({ level: 'info', eventType: 'custom' });
    expect(refused).toBe(2);
    expect(enriched({ set: { level: '{{ lvl }}' } }, { metadata: { lvl: 'WARN' } }).event.level).toBe('warning');
  });
});

test('tags are added once, and the list of a copy is its own', () => {
  const original = event({ tags: ['a'] });
  const copy = copyEvent(original);
  enrich.create({ host: false, tags: ['a', 'b', 'b'] }, fakeContext()).process([copy], new FakeOutput());
  expect(copy.tags).toEqual(['a', 'b']);
  expect(original.tags).toEqual(['a']);
});

test('rename moves what is there, into other keys and into own fields', () => {
  const { event: edited, refused } = enriched(
    {
      rename: { hostname: 'source', 'metadata.http.code': 'status', a: 'a.b', 'c.d': 'c', missing: 'x', odd: 'level' },
    },
    { metadata: { hostname: 'web1', http: { code: 503, path: '/' }, a: 1, c: { d: { e: 2 } }, odd: 'loud' } },
  );
  expect(edited.source).toBe('web1');
  expect(edited.metadata).toEqual({ http: { path: '/' }, status: 503, a: { b: 1 }, c: { e: 2 }, odd: 'loud' });
  expect(refused).toBe(1);
});

test('remove takes keys and tags away', () => {
  const { event: edited } = enriched(
    { remove: ['metadata.raw', 'a.b', 'tags', 'missing'] },
    { tags: ['x'], metadata: { raw: 'r', a: { b: 1, c: 2 } } },
  );
  expect(edited).toMatchObject({ tags: [], metadata: { a: { c: 2 } } });
  expect(edited.metadata).not.toHaveProperty('raw');
});

describe('rules', () => {
  const rules: Options = {
    level: [
      { when: 'message.contains("out of memory")', value: 'critical' },
      { when: 'metadata.status >= 500', value: 'error' },
    ],
    event_type: [{ when: 'level == critical', value: 'critical_error' }, { value: 'performance_alert' }],
  };

  test.for<[Partial<Event>, string, string]>([
    [{ message: 'kernel: out of memory', metadata: { status: 500 } }, 'critical', 'critical_error'],
    [{ metadata: { status: 500 } }, 'error', 'performance_alert'],
    [{}, 'info', 'performance_alert'],
  ])('the first that applies: %j', ([fields, level, eventType]) => {
    expect(enriched(rules, fields).event).toMatchObject({ level, eventType });
  });

  test('see what set and rename wrote, before remove takes it away', () => {
    const { event: edited } = enriched(
      {
        rename: { s: 'code' },
        set: { double: '{{ code }}{{ code }}' },
        level: [{ when: 'metadata.double == "55"', value: 'error' }],
        remove: ['double', 'code'],
      },
      { metadata: { s: 5 } },
    );
    expect(edited).toMatchObject({ level: 'error', metadata: {} });
    expect(Object.keys(edited.metadata)).toEqual([]);
  });
});

test('host writes the facts of this machine', async () => {
  const processor = enrich.create({ host: true }, fakeContext());
  await processor.start?.(new AbortController().signal);
  const batch = [event(), event()];
  processor.process(batch, new FakeOutput());
  expect(batch[0]!.metadata['host']).toMatchObject({
    name: hostname(),
    addresses: expect.any(Array) as string[],
    os: { type: expect.any(String) as string },
  });
  expect(batch[1]!.metadata['host']).toBe(batch[0]!.metadata['host']);
});

test('copies of an event do not notice', () => {
  const original = event({ metadata: { a: { b: 1 }, keep: { x: 1 } } });
  const copy = copyEvent(original);
  enrich
    .create({ host: false, set: { 'a.b': 2, 'a.c': { d: 1 } }, remove: ['keep.x'] }, fakeContext())
    .process([copy], new FakeOutput());
  expect(original.metadata).toEqual({ a: { b: 1 }, keep: { x: 1 } });
  expect(copy.metadata).toEqual({ a: { b: 2, c: { d: 1 } }, keep: {} });
});

describe('what is wrong is found before anything runs', () => {
  test.for<[Options, readonly (string | number)[], RegExp]>([
    [{ set: { level: 'warn' } }, ['set', 'level'], /level is one of debug, info, warning, error, critical/],
    [{ set: { timestamp: 'soon' } }, ['set', 'timestamp'], /timestamp is a time/],
    [{ set: { tags: [1] } }, ['set', 'tags'], /list of texts/],
    [{ set: { event_id: 'x' } }, ['set', 'event_id'], /stays as the event came/],
    [{ set: { 'a b': 1 } }, ['set', 'a b'], /no path has/],
    [{ set: { a: { b: ['{{ title | upcaze }}'] } } }, ['set', 'a', 'b', 0], /undefined filter: upcaze/],
    [{ rename: { title: 'a' } }, ['rename', 'title'], /every event has title/],
    [{ rename: { a: 'source.b' } }, ['rename', 'a'], /no fields below/],
    [{ remove: ['a', 'message'] }, ['remove', 1], /every event has message/],
  ])('%j', ([options, path, message]) => {
    const config = { host: false, ...options };
    expect(enrich.check?.(config)).toMatchObject([
      { severity: 'error', path, message: expect.stringMatching(message) as string },
    ]);
    expect(() => enrich.create(config, fakeContext())).toThrow(ConfigError);
  });

  test('an expression at its rule', () => {
    const rules: Options = {
      level: [
        { when: 'true', value: 'info' },
        { when: 'levle == info', value: 'error' },
      ],
    };
    expect(() => enrich.create({ host: false, ...rules }, fakeContext())).toThrow(
      expect.objectContaining({
        place: { path: ['level', 1, 'when'], offset: 0, hint: 'Did you mean level?' },
      }) as Error,
    );
  });

  test('placeholders that would stay, and no options at all, are hinted at', () => {
    expect(enrich.check?.({ host: false, set: { a: 'x {source}' } })).toMatchObject([
      { severity: 'hint', message: expect.stringContaining('{{ source }}') as string },
    ]);
    expect(enrich.check?.({ host: false })).toMatchObject([{ severity: 'hint' }]);
    expect(enrich.check?.({ host: true })).toEqual([]);
  });
});
