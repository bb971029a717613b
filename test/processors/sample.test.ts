import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/component/errors.ts';
import { LEVELS, type Event } from '../../src/component/event.ts';
import { hashText } from '../../src/lib/hash-text.ts';
import sample from '../../src/processors/sample.ts';
import { event, fakeContext, FakeOutput } from '../support/fakes.ts';

type Options = Parameters<typeof sample.create>[0];

function sampler(options: Partial<Options>) {
  const processor = sample.create({ by: [], always_pass: 'error', ...options }, fakeContext());
  const output = new FakeOutput();
  const pass = (...batch: Event[]): Event[] => {
    processor.process(batch, output);
    return batch;
  };
  return { processor, output, pass };
}

const numbered = (count: number, fields: Partial<Event> = {}) =>
  Array.from({ length: count }, (_, index) => event({ message: String(index), ...fields }));
const messages = (events: Event[]) => events.map(({ message }) => message);

test('every nth passes, the first among them, across batches', () => {
  const { pass, output } = sampler({ every: 3 });
  expect(messages(pass(...numbered(4)))).toEqual(['0', '3']);
  expect(messages(pass(...numbered(4)))).toEqual(['2']);
  expect(output.drops).toEqual({ filtered: 5, suppressed: 0 });
});

test('a key is sampled by itself', () => {
  const { pass } = sampler({ every: 10, by: ['source'] });
  expect(messages(pass(...numbered(5, { source: 'a' }), ...numbered(5, { source: 'b' })))).toEqual(['0', '0']);
});

test('errors and graver pass and do not count, unless asked', () => {
  const batch = LEVELS.map((level) => event({ level, message: level }));
  expect(messages(sampler({ every: 1_000 }).pass(...batch))).toEqual(['debug', 'error', 'critical']);
  expect(messages(sampler({ every: 1_000, always_pass: 'warning' }).pass(...batch))).toEqual([
    'debug',
    'warning',
    'error',
    'critical',
  ]);
  expect(messages(sampler({ every: 1_000, always_pass: 'none' }).pass(...batch))).toEqual(['debug']);
});

test('hash lets the same values through on every collector, about as many as asked', () => {
  const traces = Array.from({ length: 10_000 }, (_, index) => event({ metadata: { trace_id: `trace-${index}` } }));
  const first = sampler({ ratio: 0.1, hash: ['metadata.trace_id'] }).pass(...traces);
  const second = sampler({ ratio: 0.1, hash: ['metadata.trace_id'] }).pass(...traces.toReversed());
  expect(new Set(first)).toEqual(new Set(second));
  expect(first.length).toBeGreaterThan(900);
  expect(first.length).toBeLessThan(1_100);
  // What one collector lets through at 10 %, another does at 20 %.
  const more = new Set(sampler({ ratio: 0.2, hash: ['metadata.trace_id'] }).pass(...traces));
  expect(first.every((one) => more.has(one))).toBe(true);
});

test('the hash stays what it is', () => {
  expect([hashText(''), hashText('a'), hashText('trace-1')]).toEqual([2872998923, 444641715, 597944320]);
});

test('says why an event would not pass, and changes nothing by it', () => {
  const { processor, pass } = sampler({ every: 50 });
  expect(processor.objection?.(event())).toBeUndefined();
  expect(pass(event())).toHaveLength(1);
  expect(processor.objection?.(event())).toBe('2% pass, and its turn has not come');
  expect(processor.objection?.(event({ level: 'error' }))).toBeUndefined();
});

describe('options', () => {
  test('say how much, once', () => {
    const check = (options: Partial<Options>) => sample.check?.({ by: [], always_pass: 'error', ...options });
    expect(check({})).toMatchObject([{ severity: 'error' }]);
    expect(check({ ratio: 0.5, every: 2 })).toMatchObject([{ severity: 'error', path: ['every'] }]);
    expect(check({ ratio: 1 })).toMatchObject([{ severity: 'hint', path: ['ratio'] }]);
    expect(check({ ratio: 0.5, by: ['source'], hash: ['source'] })).toMatchObject([
      { severity: 'error', path: ['by'] },
    ]);
    expect(check({ ratio: 0.5, hash: ['metadata.x ='] })).toMatchObject([{ severity: 'error', path: ['hash', 0] }]);
    expect(() => sampler({})).toThrow(ConfigError);
  });
});

test('of any number of events the ratio passes, to within one (property)', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.001, max: 1, noNaN: true }), fc.nat(500), (ratio, count) => {
      const passed = sampler({ ratio }).pass(...numbered(count)).length;
      expect(Math.abs(passed - count * ratio)).toBeLessThanOrEqual(1.01);
    }),
  );
});
