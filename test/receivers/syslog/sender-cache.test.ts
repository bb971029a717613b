import { expect, test } from 'vitest';
import { Intake } from '../../../src/receivers/syslog/intake.ts';
import { SenderCache } from '../../../src/receivers/syslog/sender-cache.ts';
import { fakeContext, FakeSink } from '../../support/fakes.ts';
import { options } from './support.ts';

test('senders that share a place are never taken for each other', () => {
  const intake = new Intake(options('udp://127.0.0.1:0'), fakeContext('syslog'), new FakeSink(), () => []);
  let made = 0;
  const cache = new SenderCache((table, index) => {
    made += 1;
    return [...table.subarray(index + 1, index + 6)].join('.');
  });
  const table = new Int32Array(6);
  for (let round = 0; round < 2; round += 1) {
    for (let n = 0; n < 2_000; n += 1) {
      table.set([n, n % 7, n % 3, n % 5, 0xffff, n]);
      expect(cache.of(table, 0, intake).remote).toBe([...table.subarray(1)].join('.'));
      expect(cache.of(table, 0, intake)).toBe(cache.of(table, 0, intake));
    }
  }
  expect(made).toBeGreaterThanOrEqual(2_000);
  expect(made).toBeLessThanOrEqual(4_000);
});
