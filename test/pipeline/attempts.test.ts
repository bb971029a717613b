import { expect, test } from 'vitest';
import type { Exporter, Verdict } from '../../src/component/component.ts';
import { Attempts } from '../../src/pipeline/attempts.ts';
import { FakeClock } from '../support/fakes.ts';

/** Sends for ever, until its signal ends it or it is told to answer. */
function hanging() {
  const signals: AbortSignal[] = [];
  const answers: ((verdict: Verdict) => void)[] = [];
  const exporter: Exporter = {
    encode: () => [],
    send: (_, signal) =>
      new Promise((resolve, reject) => {
        const onAbort = (): void => reject(signal.reason as Error);
        signal.addEventListener('abort', onAbort);
        signals.push(signal);
        answers.push((verdict) => {
          signal.removeEventListener('abort', onAbort);
          resolve(verdict);
        });
      }),
  };
  return { exporter, signals, answers };
}

function setUp() {
  const clock = new FakeClock();
  return { clock, attempts: new Attempts(clock), ...hanging() };
}

test('each request has its own deadline, of one timer', async () => {
  const { clock, attempts, exporter, signals } = setUp();
  const first = attempts.run(exporter, 1, 1_000);
  clock.advance(600);
  const second = attempts.run(exporter, 2, 1_000);
  expect(clock.pending).toBe(1);
  clock.advance(400);
  expect(await first).toEqual({ kind: 'later', reason: 'no answer within 1 s' });
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  clock.advance(600);
  expect(await second).toMatchObject({ kind: 'later' });
  expect(clock.pending).toBe(0);
});

test('an edit that shortens the time-out holds for the next request', async () => {
  const { clock, attempts, exporter } = setUp();
  const first = attempts.run(exporter, 1, 60_000);
  const second = attempts.run(exporter, 2, 1_000);
  clock.advance(1_000);
  expect(await second).toMatchObject({ kind: 'later' });
  attempts.stop(new Error('over'));
  await expect(first).rejects.toThrow('over');
});

test('a signal serves the next request, but not once it was aborted, nor after an edit', async () => {
  const { clock, attempts, exporter, signals, answers } = setUp();
  for (const n of [0, 1]) {
    const sending = attempts.run(exporter, n, 1_000);
    answers[n]!({ kind: 'sent' });
    await sending;
  }
  expect(signals[1]).toBe(signals[0]);
  const timedOut = attempts.run(exporter, 2, 1_000);
  clock.advance(1_000);
  await timedOut;
  const sending = attempts.run(exporter, 3, 1_000);
  expect(signals[3]!.aborted).toBe(false);
  answers[3]!({ kind: 'sent' });
  await sending;
  attempts.renew();
  const last = attempts.run(exporter, 4, 1_000);
  expect(signals[4]).not.toBe(signals[3]);
  attempts.stop(new Error('over'));
  await expect(last).rejects.toThrow('over');
});

test('a stop ends what is under way, and leaves no timer', async () => {
  const { clock, attempts, exporter } = setUp();
  const sending = attempts.run(exporter, 1, 1_000);
  expect(attempts.has(exporter)).toBe(true);
  attempts.stop(new Error('stopping'));
  await expect(sending).rejects.toThrow('stopping');
  expect([attempts.has(exporter), clock.pending]).toEqual([false, 0]);
});
