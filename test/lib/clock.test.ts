import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('calls back once the delay is over, and not when cancelled', () => {
  const calls: string[] = [];
  systemClock.schedule(10, () => calls.push('kept'));
  systemClock.schedule(10, () => calls.push('cancelled'))();
  vi.advanceTimersByTime(9);
  expect(calls).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(calls).toEqual(['kept']);
});

test('a part of a millisecond is not cut off', () => {
  let called = false;
  systemClock.schedule(1.2, () => (called = true));
  vi.advanceTimersByTime(1);
  expect(called).toBe(false);
  vi.advanceTimersByTime(1);
  expect(called).toBe(true);
});

test('waits longer than a Node timer can', () => {
  const month = 31 * 24 * 3_600_000;
  let called = false;
  systemClock.schedule(month, () => (called = true));
  vi.advanceTimersByTime(month - 1);
  expect(called).toBe(false);
  vi.advanceTimersByTime(1);
  expect(called).toBe(true);
});

test('a long wait can be cancelled after its first leg', () => {
  const cancel = systemClock.schedule(2 ** 32, () => expect.fail('was cancelled'));
  vi.advanceTimersByTime(2 ** 31);
  cancel();
  vi.advanceTimersByTime(2 ** 32);
  expect(vi.getTimerCount()).toBe(0);
});
