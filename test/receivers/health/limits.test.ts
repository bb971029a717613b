import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Limit } from '../../../src/receivers/health/limits.ts';

const OPTIONS = { limit: 90, recoverBelow: 85, graveFrom: 95, forMs: 30 };

test('is said once crossed for long enough, once worse, and once over', () => {
  const limit = new Limit(OPTIONS);
  const at = (now: number, value: number) => limit.observe(value, now);
  expect([
    at(0, 91),
    at(10, 92),
    at(30, 93),
    at(40, 94),
    at(50, 96),
    at(60, 97),
    at(70, 90),
    at(80, 86),
    at(90, 84),
    at(100, 84),
  ]).toEqual([
    undefined,
    undefined,
    'breached',
    undefined,
    'worsened',
    undefined,
    undefined,
    undefined,
    'recovered',
    undefined,
  ]);
});

test('a short peak is not said', () => {
  const limit = new Limit(OPTIONS);
  expect([limit.observe(99, 0), limit.observe(50, 10), limit.observe(99, 20), limit.observe(99, 40)]).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test('never flaps: breaches and recoveries take turns (property)', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 80, max: 100 }), { maxLength: 200 }), (values) => {
      const limit = new Limit({ ...OPTIONS, forMs: 0 });
      const said = values
        .map((value, now) => limit.observe(value, now))
        .filter((change) => change === 'breached' || change === 'recovered');
      expect(said.every((change, index) => change === (index % 2 === 0 ? 'breached' : 'recovered'))).toBe(true);
    }),
  );
});
