import { expect, test } from 'vitest';
import { WallOffset } from '../../src/lib/wall-offset.ts';

function clocks() {
  const times = { wall: 1_000_000, monotonic: 100 };
  const clock = { now: () => times.wall, monotonic: () => times.monotonic, schedule: () => () => {} };
  const offset = new WallOffset(clock);
  return {
    offset,
    pass: (wallMs: number, monotonicMs: number) => {
      times.wall += wallMs;
      times.monotonic += monotonicMs;
      return offset.ms;
    },
    get ahead() {
      return offset.ms - (times.wall - times.monotonic);
    },
  };
}

test('the offset of the two clocks stays as it is, though one counts in whole milliseconds', () => {
  const { pass } = clocks();
  expect(pass(0, 0.25)).toBe(999_900);
  for (let round = 0; round < 100; round += 1) expect(pass(7, 7.03)).toBe(999_900);
});

test('it is never less than it is, and less than five milliseconds more, whichever clock gains', () => {
  for (const [wallMs, monotonicMs] of [
    [1_000, 1_000.3],
    [1_000, 999.7],
  ] as const) {
    const drifting = clocks();
    for (let round = 0; round < 200; round += 1) {
      drifting.pass(wallMs, monotonicMs);
      expect(drifting.ahead).toBeGreaterThanOrEqual(0);
      expect(drifting.ahead).toBeLessThan(6);
    }
  }
});

test('a clock that somebody sets changes it, forward and back', () => {
  const { pass } = clocks();
  expect(pass(1, 1)).toBe(999_900);
  expect(pass(3_600_000, 0)).toBe(4_599_900);
  expect(pass(-7_200_000, 0)).toBe(-2_600_100);
});
