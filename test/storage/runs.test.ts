import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Runs } from '../../src/storage/runs.ts';

test('runs that meet become one, and the floor swallows what reaches it', () => {
  const runs = new Runs(10);
  expect(runs.add(12, 14)).toEqual([[12, 14]]);
  expect(runs.add(16, 18)).toEqual([[16, 18]]);
  expect(runs.add(11, 17)).toEqual([
    [11, 12],
    [14, 16],
  ]);
  expect(runs.above).toEqual([[11, 18]]);
  expect(runs.add(0, 11)).toEqual([[10, 11]]);
  expect([runs.floor, runs.above]).toEqual([18, []]);
});

test('is a set of numbers (property)', () => {
  const run = fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 12 }));
  fc.assert(
    fc.property(fc.nat(10), fc.array(run, { maxLength: 40 }), (floor, added) => {
      const runs = new Runs(floor);
      const model = new Set(Array.from({ length: floor }, (_, n) => n));
      for (const [from, length] of added) {
        const fresh: number[] = [];
        for (const [a, b] of runs.add(from, from + length)) for (let n = a; n < b; n += 1) fresh.push(n);
        const expected = Array.from({ length }, (_, n) => from + n).filter((n) => !model.has(n));
        expect(fresh).toEqual(expected);
        for (const n of expected) model.add(n);
      }
      for (let n = 0; n < 80; n += 1) expect(runs.has(n)).toBe(model.has(n));
      expect(runs.count(20, 50)).toBe([...model].filter((n) => n >= 20 && n < 50).length);
      let lowest = 0;
      while (model.has(lowest)) lowest += 1;
      expect(runs.floor).toBe(lowest);
      expect(runs.ceiling).toBe(Math.max(0, ...[...model].map((n) => n + 1)));
      for (const [index, [a, b]] of runs.above.entries()) {
        expect(a).toBeGreaterThan(runs.above[index - 1]?.[1] ?? runs.floor);
        expect(b).toBeGreaterThan(a);
      }
    }),
  );
});
