import { expect, test } from 'vitest';
import { coalesce } from '../../src/pipeline/coalesce.ts';
import { event } from '../support/fakes.ts';

const NOW = Date.UTC(2026, 0, 15, 12, 30);

test('tells many in one, the critical ones before the others and by themselves', () => {
  const events = Array.from({ length: 30 }, (_, n) =>
    event({
      title: n % 10 === 0 ? 'Disk failed' : `Load ${n % 2}`,
      level: n % 10 === 0 ? 'critical' : n % 2 === 0 ? 'warning' : 'info',
      source: n < 20 ? 'web-1' : 'web-2',
      timestamp: NOW - 60_000 + n * 1_000,
    }),
  );
  const groups = coalesce(events, 1, NOW);
  expect(groups.slice(0, 3).map(({ events: [only], told }) => [only!.title, told])).toEqual(
    [1, 2, 3].map(() => ['Disk failed', undefined]),
  );
  expect(groups).toHaveLength(4);
  const { events: rest, told } = groups[3]!;
  expect(rest).toHaveLength(27);
  expect(told).toMatchObject({
    title: '27 events that had to wait, in one message',
    level: 'warning',
    eventType: 'custom',
    source: 'lnmt-collector',
    tags: ['coalesced'],
    metadata: { coalesced: 27, by_level: { warning: 12, info: 15 }, by_source: { 'web-1': 18, 'web-2': 9 } },
  });
  expect(told!.message.split('\n')).toEqual([
    'From 12:29:01 to 12:29:29 UTC. This destination had no time for them one by one.',
    'Levels: 12 warning, 15 info',
    'Sources: 18 web-1, 9 web-2',
    'Most often:',
    '  15 × Load 1',
    '  12 × Load 0',
  ]);
});

test('a storm of critical events is one message too, from its only source', () => {
  const storm = Array.from({ length: 500 }, () =>
    event({ level: 'critical', source: 'db', eventType: 'critical_error' }),
  );
  const groups = coalesce(storm, 1, NOW);
  expect(groups.map(({ told }) => [told?.title, told?.level, told?.source, told?.eventType])).toEqual([
    ['500 events from db that had to wait, in one message', 'critical', 'db', 'critical_error'],
  ]);
});

test('few stay as they are, in the size that their destination takes', () => {
  const events = [1, 2, 3, 4, 5].map((n) => event({ title: String(n) }));
  expect(coalesce(events, 2, NOW).map((group) => [group.events.length, group.told])).toEqual([
    [2, undefined],
    [2, undefined],
    [1, undefined],
  ]);
});
