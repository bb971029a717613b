import { expect, test } from 'vitest';
import { Gathering } from '../../../src/receivers/syslog/gathering.ts';
import { fakeContext } from '../../support/fakes.ts';

test('datagrams that are rare are never kept waiting', () => {
  const { clock } = fakeContext('syslog');
  const gathering = new Gathering(() => clock);
  for (let n = 0; n < 1_000; n += 1) {
    clock.advance(1);
    expect(gathering.read(1)).toBe(false);
  }
});

test('those that come in one burst are not either', () => {
  const { clock } = fakeContext('syslog');
  const gathering = new Gathering(() => clock);
  for (let n = 0; n < 10; n += 1) {
    clock.advance(100);
    for (let read = 0; read < 3; read += 1) expect(gathering.read(500)).toBe(false);
  }
});

test('thousands a second gather, until there are few again', () => {
  const { clock } = fakeContext('syslog');
  const gathering = new Gathering(() => clock);
  let reads = 0;
  while (!gathering.read(1) && reads < 100) reads += 1;
  expect(reads).toBeLessThan(100);
  for (let millisecond = 0; millisecond < 100; millisecond += 1) expect(gathering.read(10)).toBe(true);
  let quiet = 0;
  while (gathering.read(0) && quiet < 100) quiet += 1;
  expect(quiet).toBeLessThan(20);
  clock.advance(1);
  expect(gathering.read(1)).toBe(false);
});
