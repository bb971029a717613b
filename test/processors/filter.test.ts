import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/component/errors.ts';
import type { Event } from '../../src/component/event.ts';
import filter from '../../src/processors/filter.ts';
import { event, fakeContext, FakeOutput } from '../support/fakes.ts';

type Options = Parameters<typeof filter.create>[0];

function run(options: Options, ...events: Event[]): { passed: Event[]; output: FakeOutput } {
  const output = new FakeOutput();
  const passed = [...events];
  filter.create(options, fakeContext()).process(passed, output);
  return { passed, output };
}

const nginx = event({
  source: 'nginx-web',
  level: 'warning',
  eventType: 'security_event',
  tags: ['production', 'eu'],
  metadata: { status: 502 },
});

test('keeps what passes, in order, and counts what does not', () => {
  const events = (['debug', 'warning', 'info', 'critical', 'error'] as const).map((level) => event({ level }));
  const { passed, output } = run({ min_level: 'warning' }, ...events);
  expect(passed.map(({ level }) => level)).toEqual(['warning', 'critical', 'error']);
  expect(output.drops).toEqual({ filtered: 2, suppressed: 0 });
});

test('says nothing when nothing is dropped', () => {
  expect(run({}, nginx)).toMatchObject({ passed: [nginx], output: { drops: { filtered: 0 } } });
});

test('a filter by level touches nothing but the level', () => {
  const untouchable = new Proxy(event({ level: 'info' }), {
    get: (target, field) => {
      if (field !== 'level') throw new Error(`${String(field)} was read`);
      return target.level;
    },
  });
  expect(run({ min_level: 'info' }, untouchable).passed).toHaveLength(1);
  expect(run({ min_level: 'error', when: 'message == "x"' }, untouchable).passed).toHaveLength(0);
});

describe('conditions and what they say when they do not hold', () => {
  test.for<[Options, string | undefined]>([
    [{ min_level: 'warning' }, undefined],
    [{ min_level: 'error' }, 'level warning is below error'],
    [{ event_types: ['custom', 'security_event'] }, undefined],
    [{ event_types: ['custom', 'system_health'] }, 'event_type security_event is not one of custom, system_health'],
    [{ event_types: ['custom'] }, 'event_type security_event is not custom'],
    [{ required_tags: ['eu', 'production'] }, undefined],
    [{ required_tags: ['eu', 'blue'] }, 'tag blue is missing'],
    [{ required_tags: ['green', 'blue'] }, 'tags green, blue are missing'],
    [{ sources: ['sshd', 'nginx*'] }, undefined],
    [{ sources: ['nginx-web'] }, undefined],
    [{ sources: ['*-web'] }, undefined],
    [{ sources: ['nginx', 'ssh?'] }, 'source nginx-web does not match nginx or ssh?'],
    [{ when: 'metadata.status >= 500' }, undefined],
    [{ when: 'metadata.status >= 600' }, 'when is not true: metadata.status >= 600'],
    [{ when: 'metadata.missing >= 600' }, 'when is not true: metadata.missing >= 600'],
    [{ drop_when: 'metadata.missing == 1' }, undefined],
    [{ drop_when: 'metadata.status == 502' }, 'drop_when is true: metadata.status == 502'],
    [{ min_level: 'info', sources: ['nginx*'], when: 'level == warning', required_tags: ['eu'] }, undefined],
    [
      { min_level: 'info', sources: ['nginx*'], when: 'level == error', required_tags: ['eu'] },
      'when is not true: level == error',
    ],
  ])('%j', ([options, objection]) => {
    expect(filter.create(options, fakeContext()).objection?.(nginx)).toBe(objection);
    expect(run(options, nginx).passed).toHaveLength(objection === undefined ? 1 : 0);
  });
});

test('a wrong expression is an error at its option', () => {
  const place = { path: ['drop_when'], offset: 0 };
  expect(() => filter.create({ drop_when: 'levle == info' }, fakeContext())).toThrow(ConfigError);
  expect(() => filter.create({ drop_when: 'levle == info' }, fakeContext())).toThrow(
    expect.objectContaining({ place: expect.objectContaining(place) as object }) as Error,
  );
});

test('a filter without conditions is hinted at', () => {
  expect(filter.check?.({})).toMatchObject([{ severity: 'hint' }]);
  expect(filter.check?.({ min_level: 'info' })).toEqual([]);
});
