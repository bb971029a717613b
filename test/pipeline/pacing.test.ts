import { expect, test } from 'vitest';
import { Pacing } from '../../src/pipeline/pacing.ts';
import { FakeClock } from '../support/fakes.ts';
import { DELIVERY, turn } from '../support/pipeline.ts';

/** A clock that goes on while it is read, as real ones do. */
class RunningClock extends FakeClock {
  /** Milliseconds from one look to the next. */
  perLook = 0;

  override monotonic(): number {
    this.time += this.perLook;
    return super.monotonic();
  }
}

function setUp(minIntervalMs: number) {
  const clock = new RunningClock();
  const pacing = new Pacing(DELIVERY.retry, minIntervalMs, clock, () => 1);
  let entered = 0;
  const enter = () => void pacing.enter(new AbortController().signal).then(() => (entered += 1));
  return { clock, pacing, enter, entered: () => entered };
}

test('lets one request through an interval', async () => {
  const { clock, enter, entered } = setUp(1_000);
  enter();
  enter();
  await turn();
  expect(entered()).toBe(1);
  clock.advance(999);
  await turn();
  expect(entered()).toBe(1);
  clock.advance(1);
  await turn();
  expect(entered()).toBe(2);
});

test('misses no wake-up when the wait ends between two looks at the clock', async () => {
  const { clock, enter, entered } = setUp(1_000);
  enter();
  await turn();
  // Refused with half a millisecond left, of which nothing is left when the timer is to be set.
  clock.advance(999);
  clock.perLook = 0.6;
  enter();
  clock.perLook = 0;
  await turn();
  clock.advance(1);
  await turn();
  expect(entered()).toBe(2);
});

test('while a destination is probed, the others wait for what comes of it, and no timer runs', async () => {
  const { clock, pacing, enter, entered } = setUp(0);
  clock.advance(pacing.failed(pacing.tryEnter()!));
  const probe = pacing.tryEnter();
  expect(probe).toBeDefined();
  enter();
  await turn();
  expect([entered(), clock.pending]).toEqual([0, 0]);
  pacing.succeeded(probe!);
  await turn();
  expect(entered()).toBe(1);
});

test('a destination that took a request and asks to be left alone is left alone', () => {
  const { clock, pacing } = setUp(0);
  pacing.succeeded(pacing.tryEnter()!, 1_500);
  clock.advance(1_499);
  expect(pacing.tryEnter()).toBeUndefined();
  clock.advance(1);
  expect(pacing.tryEnter()).toBeDefined();
});

test('the wait after a failure is half of what the back-off allows, up to all of it, by chance', () => {
  const { initialIntervalMs } = DELIVERY.retry;
  const waitAt = (chance: number): number => {
    const pacing = new Pacing(DELIVERY.retry, 0, new FakeClock(), () => chance);
    return pacing.failed(pacing.tryEnter()!);
  };
  expect([0, 0.5, 1].map(waitAt)).toEqual([0.5, 0.75, 1].map((part) => part * initialIntervalMs));
});
