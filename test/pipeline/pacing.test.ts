import { expect, test } from 'vitest';
import { Pacing } from '../../src/pipeline/pacing.ts';
import { FakeClock } from '../support/fakes.ts';
import { turn } from '../support/pipeline.ts';

const RETRY = { initialIntervalMs: 1_000, maxIntervalMs: 60_000, maxElapsedTimeMs: 0 };

function setUp({ minIntervalMs = 0, random = (): number => 1 } = {}) {
  const clock = new FakeClock();
  return { clock, pacing: new Pacing(RETRY, minIntervalMs, clock, random) };
}

test('requests that fail together are one step of the back-off', () => {
  const { clock, pacing } = setUp();
  const permits = [1, 2, 3, 4].map(() => pacing.tryEnter()!);
  expect(permits.map((permit) => pacing.failed(permit))).toEqual([1_000, 1_000, 1_000, 1_000]);
  expect(pacing.failures).toBe(1);
  clock.advance(999);
  expect(pacing.tryEnter()).toBeUndefined();
  clock.advance(1);
  const probe = pacing.tryEnter()!;
  expect(pacing.tryEnter()).toBeUndefined();
  expect(pacing.failed(probe)).toBe(2_000);
});

test('a straggler neither ends a back-off nor lets a second probe out, but what it says of waiting counts', () => {
  const { clock, pacing } = setUp();
  const early = [1, 2, 3].map(() => pacing.tryEnter()!);
  pacing.failed(early[0]!);
  clock.advance(1_000);
  const probe = pacing.tryEnter()!;
  pacing.succeeded(early[1]!);
  expect([pacing.failures, pacing.tryEnter()]).toEqual([1, undefined]);
  expect(pacing.failed(early[2]!, 5_000)).toBe(5_000);
  pacing.succeeded(probe);
  expect([pacing.failures, pacing.tryEnter()]).toEqual([0, undefined]);
  clock.advance(5_000);
  expect(pacing.tryEnter()).toBeDefined();
});

test('two exporters that fail at the same time do not come back at the same time', () => {
  const waits = [0, 0.3, 0.6, 1].map((jitter) => {
    const { pacing } = setUp({ random: () => jitter });
    return pacing.failed(pacing.tryEnter()!);
  });
  expect(waits).toEqual([500, 650, 800, 1_000]);
});

test('asks for one request after the other where a pace is known, and wakes who waits', async () => {
  const { clock, pacing } = setUp({ minIntervalMs: 250 });
  const order: number[] = [];
  const signal = new AbortController().signal;
  for (const n of [0, 1, 2]) void pacing.enter(signal).then(() => order.push(n));
  const come: number[] = [];
  for (let step = 0; step < 3; step += 1) {
    await turn();
    come.push(order.length);
    clock.advance(250);
  }
  expect(come).toEqual([1, 2, 3]);
});

test('an edit forgets the past, and whoever comes back from it', () => {
  const { pacing } = setUp();
  const old = pacing.tryEnter()!;
  pacing.failed(pacing.tryEnter()!);
  pacing.reset(RETRY);
  expect(pacing.failed(old)).toBe(0);
  expect([pacing.failures, pacing.tryEnter() === undefined]).toEqual([0, false]);
});
