import fc from 'fast-check';
import { expect, test } from 'vitest';
import ratelimit from '../../src/processors/ratelimit.ts';
import { limitsOf, Window } from '../../src/processors/ratelimit/window.ts';
import { event, fakeContext, FakeOutput } from '../support/fakes.ts';

type Options = Parameters<typeof ratelimit.create>[0];

/** Milliseconds to wait, then a source to send, then whether to restart first. */
const steps = fc.array(
  fc.record({
    wait: fc.oneof(fc.nat(30), fc.nat(300)),
    source: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    restart: fc.boolean(),
  }),
  { maxLength: 200 },
);
const limits = fc.record({
  limit: fc.integer({ min: 1, max: 6 }),
  window: fc.integer({ min: 1, max: 400 }),
  maxKeys: fc.integer({ min: 1, max: 6 }),
});

function run(options: Options, list: readonly { wait: number; source: string; restart: boolean }[], restarts: boolean) {
  const context = fakeContext();
  const output = new FakeOutput();
  let processor = ratelimit.create(options, context);
  const passes: { source: string; time: number }[] = [];
  for (const { wait, source, restart } of list) {
    context.clock.advance(wait);
    if (restarts && restart) {
      const snapshot = JSON.parse(JSON.stringify(processor.snapshot?.())) as unknown;
      void processor.stop?.();
      processor = ratelimit.create(options, context);
      processor.restore?.(snapshot);
      processor.process([], output);
    }
    const batch = [event({ source })];
    processor.process(batch, output);
    if (batch.length === 1) passes.push({ source, time: context.clock.time });
  }
  return { passes, output, clock: context.clock };
}

test('no span of a window sees more of one key pass than the limit; up to max_keys, none is held back without need', () => {
  fc.assert(
    fc.property(limits, steps, ({ limit, window, maxKeys }, list) => {
      const { passes, output } = run(
        { max_per_window: limit, window, by: ['source'], max_keys: maxKeys, summary: false },
        list,
        false,
      );
      expect(passes.length + output.drops.suppressed).toBe(list.length);
      for (const [index, { source, time }] of passes.entries()) {
        const within = passes.filter(
          (other, at) => at <= index && other.source === source && time - other.time < window,
        );
        expect(within.length).toBeLessThanOrEqual(limit);
      }
      if (maxKeys < 5) return;
      // Everything that a plain list of times lets through.
      const times = new Map<string, number[]>();
      let now = fakeContext().clock.time;
      const expected: { source: string; time: number }[] = [];
      for (const { wait, source } of list) {
        now += wait;
        const recent = (times.get(source) ?? []).filter((time) => now - time < window);
        if (recent.length < limit) {
          recent.push(now);
          expected.push({ source, time: now });
        }
        times.set(source, recent);
      }
      expect(passes).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});

test('snapshot and restore at any moment change nothing of what passes, and lose nothing of what is told', () => {
  fc.assert(
    fc.property(limits, steps, ({ limit, window, maxKeys }, list) => {
      const options = { max_per_window: limit, window, by: ['source'], max_keys: Math.max(5, maxKeys), summary: true };
      const straight = run(options, list, false);
      const broken = run(options, list, true);
      expect(broken.passes).toEqual(straight.passes);
      for (const { output, clock } of [straight, broken]) {
        clock.advance(1_000);
        const told = output.emitted.reduce((sum, { metadata }) => sum + (metadata['suppressed'] as number), 0);
        expect(told).toBe(output.drops.suppressed);
        expect(clock.pending).toBe(0);
      }
    }),
    { numRuns: 300 },
  );
});

test('a limit kept to a thousandth of the window is never exceeded, and nearly reached', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1_001, max: 3_000 }),
      fc.array(fc.nat(40), { minLength: 200, maxLength: 400 }),
      (limit, waits) => {
        const context = fakeContext();
        const window = 2_000;
        const processor = ratelimit.create(
          { max_per_window: limit, window, by: [], max_keys: 1, summary: false },
          context,
        );
        const passes: { time: number; count: number }[] = [];
        for (const wait of waits) {
          context.clock.advance(wait);
          const batch = Array.from({ length: 50 }, () => event());
          processor.process(batch, new FakeOutput());
          passes.push({ time: context.clock.time, count: batch.length });
          const within = passes
            .filter(({ time }) => context.clock.time - time < window)
            .reduce((sum, { count }) => sum + count, 0);
          expect(within).toBeLessThanOrEqual(limit);
          // What a thousandth of the window more would have held is all that may be missing.
          const wider = passes
            .filter(({ time }) => context.clock.time - time < window + 3)
            .reduce((sum, { count }) => sum + count, 0);
          if (batch.length < 50) expect(wider).toBeGreaterThanOrEqual(limit);
        }
      },
    ),
    { numRuns: 30 },
  );
});

const moments = fc.array(
  fc.record({
    wait: fc.oneof(fc.nat(3), fc.nat(80)),
    step: fc.constantFrom('admit', 'admit', 'admit', 'copy', 'export'),
  }),
  { minLength: 50, maxLength: 300 },
);

test('a window admits what a list of times does, and so does its copy and what is made of its export', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 1_500 }), moments, (limit, ms, list) => {
      const limits = limitsOf(limit, ms);
      let window = new Window();
      let times: number[] = [];
      let now = 1_000.5;
      for (const { wait, step } of list) {
        now += wait;
        if (step === 'copy') window = window.copy();
        if (step === 'export') {
          const passes = window.export(500);
          window = new Window();
          window.import(passes, 500, now, limits);
          // In whole milliseconds, never earlier.
          times = times.map((time) => Math.min(Math.ceil(time), now));
        }
        times = times.filter((time) => now - time < ms);
        expect(window.isIdle(now, ms)).toBe(times.length === 0);
        expect(window.isFull(now, limits)).toBe(times.length >= limit);
        if (times.length >= limit) expect(window.reopensAt(limits)).toBe(times[times.length - limit]! + ms);
        expect(window.admit(now, limits)).toBe(times.length < limit);
        if (times.length < limit) times.push(now);
      }
    }),
    { numRuns: 300 },
  );
});
