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
