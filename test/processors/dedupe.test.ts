import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/component/errors.ts';
import type { Event } from '../../src/component/event.ts';
import { titleOf } from '../../src/lib/title.ts';
import dedupe from '../../src/processors/dedupe.ts';
import { event, fakeContext, FakeOutput, type FakeContext } from '../support/fakes.ts';
import { bytesInUse } from '../support/garbage.ts';

type Options = Parameters<typeof dedupe.create>[0];
const DEFAULTS: Options = { window: 60_000, by: ['source', 'level', 'message'], summary: true, max_keys: 100 };

function deduper(options: Partial<Options> = {}, context: FakeContext = fakeContext()) {
  const processor = dedupe.create({ ...DEFAULTS, ...options }, context);
  const output = new FakeOutput();
  /** The messages that pass. */
  const pass = (...messages: string[]): string[] => {
    const batch: Event[] = messages.map((message) => event({ message, title: message }));
    processor.process(batch, output);
    return batch.map(({ message }) => message);
  };
  return { processor, output, context, clock: context.clock, pass };
}

/** As it is after a restart: written as JSON, with a monotonic clock that begins anew. */
function restarted(before: ReturnType<typeof deduper>, options: Partial<Options> = {}, downMs = 0) {
  const snapshot = JSON.parse(JSON.stringify(before.processor.snapshot?.())) as unknown;
  const context = fakeContext();
  const { clock } = context;
  const offset = before.clock.now() + downMs - 5;
  clock.time = 5;
  clock.now = () => offset + clock.time;
  const after = deduper(options, context);
  after.processor.restore?.(snapshot);
  after.pass();
  return after;
}

test('the first passes, repeats do not, until a window after the one that passed', () => {
  const { pass, clock, output } = deduper();
  expect(pass('a', 'b', 'a')).toEqual(['a', 'b']);
  clock.advance(59_999);
  expect(pass('a')).toEqual([]);
  clock.advance(1);
  expect(pass('a', 'a', 'b')).toEqual(['a', 'b']);
  expect(output.drops).toEqual({ filtered: 0, suppressed: 3 });
});

test('by says what is equal: fields and expressions', () => {
  const { processor, output } = deduper({ by: ['source', 'metadata.status >= 500'] });
  const batch = [200, 201, 500, 503].map((status) => event({ message: String(status), metadata: { status } }));
  processor.process(batch, output);
  expect(batch.map(({ message }) => message)).toEqual(['200', '500']);
  expect(() => deduper({ by: ['metadata.x >'] })).toThrow(ConfigError);
  expect(dedupe.check?.({ ...DEFAULTS, by: ['sorce ='] })).toMatchObject([{ severity: 'error', path: ['by', 0] }]);
});

describe('the summary', () => {
  test('comes when the window ends, with no further traffic', () => {
    const { pass, clock, output } = deduper();
    pass('disk full');
    clock.advance(10_000);
    pass('disk full', 'disk full');
    clock.advance(5_000);
    pass('disk full');
    clock.advance(44_999);
    expect(output.emitted).toEqual([]);
    clock.advance(1);
    expect(output.emitted).toMatchObject([
      {
        timestamp: clock.now(),
        level: 'info',
        source: 'test',
        title: 'Repeated 3 times in 1m: disk full',
        message: 'From 12:00:10 to 12:00:15 UTC:\ndisk full',
        metadata: { suppressed: 3, first: '2026-01-15T12:00:10.000Z', last: '2026-01-15T12:00:15.000Z' },
        tags: ['suppressed'],
      },
    ]);
    expect(clock.pending).toBe(0);
  });

  test('has the gravest level, and does not come for what was not repeated or not asked for', () => {
    const { processor, output, clock } = deduper({ by: ['source'] });
    processor.process([event(), event({ level: 'critical' }), event({ level: 'error' })], output);
    clock.advance(60_000);
    expect(output.emitted).toMatchObject([{ level: 'critical', title: 'Repeated 2 times in 1m: title' }]);
    const quiet = deduper({ summary: false });
    quiet.pass('a', 'a');
    quiet.clock.advance(600_000);
    expect(quiet.output.emitted).toEqual([]);
  });

  test('of a key that had to make room comes at once', () => {
    const { pass, output } = deduper({ max_keys: 2 });
    expect(pass('a', 'a', 'b', 'c', 'a')).toEqual(['a', 'b', 'c', 'a']);
    expect(output.emitted).toMatchObject([{ title: 'Repeated once more in 1m: a' }]);
  });

  test('waits for no stopped processor', async () => {
    const { pass, processor, clock } = deduper();
    pass('a', 'a');
    await processor.stop?.();
    expect(clock.pending).toBe(0);
  });
});

describe('a restart', () => {
  test('forgets neither what passed nor what was left out', () => {
    const before = deduper();
    const long = 'x'.repeat(1_000);
    before.pass('a', 'a', long);
    before.clock.advance(10_000);
    const after = restarted(before, {}, 20_000);
    expect(after.pass('a', long, 'b')).toEqual(['b']);
    after.clock.advance(29_999);
    expect(after.output.emitted).toEqual([]);
    after.clock.advance(1);
    expect(after.output.emitted).toMatchObject([{ metadata: { suppressed: 2 } }, { metadata: { suppressed: 1 } }]);
  });

  test('after the window has ended tells at once', () => {
    const before = deduper();
    before.pass('a', 'a');
    const after = restarted(before, {}, 3_600_000);
    expect(after.output.emitted).toMatchObject([{ title: 'Repeated once more in 1m: a' }]);
    expect(after.pass('a')).toEqual(['a']);
  });

  test('with another by begins anew, and still tells', () => {
    const before = deduper();
    before.pass('a', 'a');
    const after = restarted(before, { by: ['message'] });
    expect(after.output.emitted).toMatchObject([{ title: 'Repeated once more in 1m: a' }]);
    expect(after.pass('a')).toEqual(['a']);
  });

  test('survives any snapshot', () => {
    for (const snapshot of [null, 1, {}, { seen: 5 }, { seen: [1, [2], ['a', 'b']] }, { owed: [null, { count: 1 }] }]) {
      const { processor, pass } = deduper();
      processor.restore?.(snapshot);
      expect(pass('a')).toEqual(['a']);
    }
  });
});

test('keys and what was left out keep no message alive that they are a part of', () => {
  const { processor, output } = deduper({ by: ['title'] });
  const before = bytesInUse();
  for (let index = 0; index < 100; index += 1) {
    const message = `what went wrong is ${index}\n${'x'.repeat(200_000)}`;
    const one = event({ title: titleOf(message), message });
    processor.process([one, { ...one }], output);
  }
  expect(bytesInUse() - before).toBeLessThan(2_000_000);
  processor.process([], output);
});

test('says why an event would not pass', () => {
  const { pass, processor, clock } = deduper();
  pass('a');
  clock.advance(12_345);
  expect(processor.objection?.(event({ message: 'a', title: 'a' }))).toBe(
    'the same passed 12s ago, within the window of 1m',
  );
  expect(processor.objection?.(event({ message: 'b' }))).toBeUndefined();
});

test('every event passes or is told, and no two equal ones pass within a window (property)', () => {
  const steps = fc.array(
    fc.record({ wait: fc.nat(60), key: fc.constantFrom('a', 'b', 'c', 'd'), restart: fc.boolean() }),
    { maxLength: 120 },
  );
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 200 }), (list, maxKeys, window) => {
      const context = fakeContext();
      const output = new FakeOutput();
      const options = { ...DEFAULTS, window, max_keys: maxKeys };
      let processor = dedupe.create(options, context);
      const passedAt = new Map<string, number>();
      let passed = 0;
      for (const { wait, key, restart } of list) {
        context.clock.advance(wait);
        if (restart) {
          const snapshot = JSON.parse(JSON.stringify(processor.snapshot?.())) as unknown;
          void processor.stop?.();
          processor = dedupe.create(options, context);
          processor.restore?.(snapshot);
          processor.process([], output);
        }
        const batch = [event({ message: key })];
        processor.process(batch, output);
        if (batch.length === 0) continue;
        passed += 1;
        if (maxKeys === 4) expect(context.clock.time - (passedAt.get(key) ?? -Infinity)).toBeGreaterThanOrEqual(window);
        passedAt.set(key, context.clock.time);
      }
      context.clock.advance(10_000);
      const told = output.emitted.reduce((sum, { metadata }) => sum + Number(metadata['suppressed']), 0);
      expect(passed + told).toBe(list.length);
      expect(told).toBe(output.drops.suppressed);
      expect(context.clock.pending).toBe(0);
    }),
  );
});
