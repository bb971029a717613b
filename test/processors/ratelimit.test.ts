import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/component/errors.ts';
import type { Event } from '../../src/component/event.ts';
import { titleOf } from '../../src/lib/title.ts';
import ratelimit from '../../src/processors/ratelimit.ts';
import { event, fakeContext, FakeOutput, type FakeContext } from '../support/fakes.ts';
import { bytesInUse } from '../support/garbage.ts';

interface Options {
  limit?: number;
  window?: number;
  by?: string[];
  maxKeys?: number;
  summary?: boolean;
}

function limiter(options: Options = {}, context: FakeContext = fakeContext()) {
  const { limit = 2, window = 1_000, by = ['source'], maxKeys = 100, summary = false } = options;
  const processor = ratelimit.create({ max_per_window: limit, window, by, max_keys: maxKeys, summary }, context);
  const output = new FakeOutput();
  /** Processes events as one batch and returns those that pass. */
  const process = (...events: Event[]): Event[] => {
    processor.process(events, output);
    return events;
  };
  /** The same for one source: how many of `count` pass. */
  const pass = (count = 1, source = 'a') => process(...Array.from({ length: count }, () => event({ source }))).length;
  return { context, clock: context.clock, processor, output, process, pass };
}

/** As it is after a restart: written as JSON, with a monotonic clock that begins anew. */
function restarted(before: ReturnType<typeof limiter>, options: Options, downMs = 0): ReturnType<typeof limiter> {
  const snapshot = JSON.parse(JSON.stringify(before.processor.snapshot?.())) as unknown;
  const context = fakeContext();
  const wallNow = before.clock.now() + downMs;
  const { clock } = context;
  clock.time = 5;
  clock.now = () => wallNow + clock.time - 5;
  const after = limiter(options, context);
  after.processor.restore?.(snapshot);
  return after;
}

describe('the window slides', () => {
  test('as many pass as are allowed, and more once the oldest is a window old', () => {
    const { pass, clock, output } = limiter({ limit: 2 });
    expect(pass()).toBe(1);
    clock.advance(600);
    expect(pass(3)).toBe(1);
    clock.advance(399);
    expect(pass()).toBe(0);
    clock.advance(1);
    expect(pass(5)).toBe(1);
    clock.advance(599);
    expect(pass()).toBe(0);
    clock.advance(1);
    expect(pass()).toBe(1);
    expect(output.drops).toEqual({ filtered: 0, suppressed: 8 });
    expect(output.emitted).toEqual([]);
  });

  test('keys do not get in each other’s way, and order is kept', () => {
    const { process } = limiter({ limit: 1 });
    const passed = process(...['a', 'b', 'a', 'c', 'b'].map((source) => event({ source })));
    expect(passed.map(({ source }) => source)).toEqual(['a', 'b', 'c']);
  });

  test('a large limit is exact where the events come at once', () => {
    const { pass, clock } = limiter({ limit: 100_000 });
    expect(pass(100_001)).toBe(100_000);
    clock.advance(1_000);
    expect(pass(100_001)).toBe(100_000);
  });
});

describe('keys', () => {
  test.for<[string[], Partial<Event>[], number]>([
    [
      ['event_type', 'level'],
      [{ level: 'info' }, { level: 'error' }, { eventType: 'a', level: 'error' }, { source: 'x' }],
      3,
    ],
    [['metadata.host'], [{ metadata: { host: 'a' } }, { metadata: { host: 'b' } }, {}, {}], 3],
    [['host'], [{ metadata: { host: 'a' } }, { metadata: { host: 'a' } }], 1],
    [
      ['metadata.status >= 500'],
      [{ metadata: { status: 500 } }, { metadata: { status: 503 } }, { metadata: { status: 200 } }, {}],
      2,
    ],
    [['source', 'size(tags)'], [{}, { tags: ['x'] }, { tags: ['y'] }], 2],
    [[], [{}, { source: 'other' }, { level: 'critical' }], 1],
  ])('by %j', ([by, events, passes]) => {
    expect(limiter({ limit: 1, by }).process(...events.map(event))).toHaveLength(passes);
  });

  test('a wrong one is found before it is used, and throws when it is', () => {
    const options = { max_per_window: 1, window: 1, max_keys: 1, summary: false };
    expect(ratelimit.check?.({ ...options, by: ['source', 'size(tag)', 'source.x', 'metadata.a'] })).toMatchObject([
      { severity: 'error', message: expect.stringContaining('did you mean tags?') as string, path: ['by', 1] },
      { severity: 'error', path: ['by', 2] },
    ]);
    expect(() => limiter({ by: ['size(tag)'] })).toThrow(ConfigError);
  });

  test('beyond max_keys they share a window, until others have been idle for one', () => {
    const { pass, clock } = limiter({ limit: 1, maxKeys: 2 });
    expect([pass(1, 'a'), pass(1, 'b'), pass(1, 'c'), pass(1, 'd')]).toEqual([1, 1, 1, 0]);
    clock.advance(1_000);
    expect([pass(1, 'c'), pass(1, 'd'), pass(1, 'e')]).toEqual([1, 1, 1]);
  });

  test('a key that shared a window takes along what passed there', () => {
    const { pass, clock } = limiter({ limit: 2, maxKeys: 1 });
    pass(1, 'a');
    clock.advance(500);
    expect(pass(2, 'b')).toBe(2);
    clock.advance(500);
    expect(pass(1, 'b')).toBe(0);
    clock.advance(500);
    expect(pass(1, 'b')).toBe(1);
  });
});

describe('objection', () => {
  test('says why an event would not pass, and changes nothing', () => {
    const { processor, pass } = limiter({ limit: 2, window: 3_600_000 });
    expect(processor.objection?.(event({ source: 'a' }))).toBeUndefined();
    pass(1);
    expect(processor.objection?.(event({ source: 'a' }))).toBeUndefined();
    expect(pass(1)).toBe(1);
    expect(processor.objection?.(event({ source: 'a' }))).toBe('the limit of 2 in 1h is reached for a');
    expect(processor.objection?.(event({ source: 'b' }))).toBeUndefined();
  });
});

describe('what survives', () => {
  test('a reload and a restart, also one during which time went by', () => {
    const before = limiter({ limit: 2 });
    before.pass(2);
    const reloaded = limiter({ limit: 2 }, before.context);
    reloaded.processor.restore?.(before.processor.snapshot?.());
    expect(reloaded.pass()).toBe(0);
    const after = restarted(before, { limit: 2 }, 700);
    expect(after.pass()).toBe(0);
    after.clock.advance(299);
    expect(after.pass()).toBe(0);
    after.clock.advance(1);
    expect(after.pass(3)).toBe(2);
  });

  test.for<[string, Options, number]>([
    ['a higher limit', { limit: 5 }, 3],
    ['a lower limit', { limit: 1 }, 0],
    ['a shorter window', { limit: 2, window: 100 }, 2],
    ['a longer window', { limit: 2, window: 5_000 }, 0],
    ['other keys start anew', { limit: 2, by: ['level'] }, 2],
    ['fewer keys than were there', { limit: 2, maxKeys: 1 }, 0],
  ])('an edit: %s', ([, options, passes]) => {
    const before = limiter({ limit: 2 });
    before.pass(2, 'b');
    before.pass(2);
    before.clock.advance(200);
    const after = limiter(options, before.context);
    after.processor.restore?.(before.processor.snapshot?.());
    expect(after.pass(9)).toBe(passes);
  });

  test('long keys stay apart, are written down short, and are known after a restart', () => {
    const options = { limit: 1, by: ['message'] };
    const before = limiter(options);
    const [one, other] = ['a', 'b'].map((end) => event({ message: 'm'.repeat(10_000) + end }));
    const passing = ({ process }: typeof before) => process({ ...one! }, { ...other! }, { ...one! }).length;
    expect(passing(before)).toBe(2);
    expect(JSON.stringify(before.processor.snapshot?.()).length).toBeLessThan(1_000);
    expect(passing(restarted(before, options))).toBe(0);
  });

  test('long keys that were written down whole are known', () => {
    const message = 'm'.repeat(10_000);
    const { processor, process, clock } = limiter({ limit: 1, by: ['message'] });
    processor.restore?.({ by: ['message'], windows: [{ key: message, passes: [clock.now(), 1] }] });
    expect(process(event({ message }))).toEqual([]);
  });

  test('keys and what is held back keep no message alive that they are a part of', () => {
    const { process } = limiter({ limit: 1, by: ['title'], summary: true });
    const before = bytesInUse();
    for (let index = 0; index < 100; index += 1) {
      const title = titleOf(`what went wrong is ${index}\n${'x'.repeat(200_000)}`);
      process(event({ title }), event({ title }));
    }
    expect(bytesInUse() - before).toBeLessThan(2_000_000);
    process();
  });

  test('a snapshot is the same while nothing passes, though the clocks are never read at the same moment', () => {
    const { processor, pass, clock } = limiter({ limit: 1, summary: true });
    pass(3);
    let jitter = 0;
    clock.monotonic = () => clock.time - (jitter = (jitter + 0.37) % 1);
    processor.snapshot?.();
    const first = JSON.stringify(processor.snapshot?.());
    for (let time = 0; time < 20; time += 1) expect(JSON.stringify(processor.snapshot?.())).toBe(first);
  });

  test('a wall clock that was set back holds no key for longer than a window', () => {
    const before = limiter({ limit: 1 });
    before.pass();
    const after = restarted(before, { limit: 1 }, -3_600_000);
    expect(after.pass()).toBe(0);
    after.clock.advance(1_000);
    expect(after.pass()).toBe(1);
  });

  test.for([
    undefined,
    null,
    1,
    'x',
    [],
    {},
    { by: ['source'] },
    { by: ['source'], windows: [null, {}, { key: 1 }, { key: 'a', passes: ['x', {}] }] },
  ])('a snapshot that is none: %j', (snapshot) => {
    const { processor, pass } = limiter();
    processor.restore?.(snapshot);
    expect(pass(3)).toBe(2);
  });

  test('only keys with a history are kept', () => {
    const { processor, pass, clock } = limiter();
    pass(1, 'a');
    clock.advance(900);
    pass(1, 'b');
    clock.advance(100);
    expect(processor.snapshot?.()).toMatchObject({ windows: [{ key: 'b' }] });
  });
});
