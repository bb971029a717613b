import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keyReader } from '../../src/lib/field-key.ts';
import { event } from '../support/fakes.ts';

const value = fc.oneof(
  fc.string({ maxLength: 4 }),
  fc.constantFrom('1:a', '\u0000', '\u0000s', 'null', '1', ''),
  fc.integer({ min: 0, max: 3 }),
  fc.bigInt({ min: 0n, max: 3n }),
  fc.constant(null),
  fc.constant(undefined),
  fc.boolean(),
  fc.array(fc.string({ maxLength: 2 }), { maxLength: 2 }),
);

const same = (a: unknown, b: unknown) => typeof a === typeof b && keyOf(a) === keyOf(b);
const keyOf = (a: unknown) => (typeof a === 'bigint' ? String(a) : JSON.stringify(a));

test.for([1, 2, 3, 4])('of %i fields, different values never share a key', (count) => {
  const names = ['a', 'b', 'c', 'd'].slice(0, count);
  const read = keyReader(names.map((name) => `metadata.${name}`));
  const combination = fc.tuple(...names.map(() => value));
  fc.assert(
    fc.property(combination, combination, (first, second) => {
      const metadataOf = (values: unknown[]) => Object.fromEntries(names.map((name, index) => [name, values[index]]));
      const equal = first.every((item, index) => same(item, second[index]));
      const keys = [first, second].map((values) => read(event({ metadata: metadataOf(values) })));
      expect(keys[0] === keys[1]).toBe(equal);
    }),
    { numRuns: 500 },
  );
});

test('a single string is its own key', () => {
  expect(keyReader(['source'])(event({ source: 'nginx' }))).toBe('nginx');
});

test('remembered pairs stay right after more of them than are remembered', () => {
  const read = keyReader(['source', 'title']);
  const at = (index: number) => read(event({ source: `s${index}`, title: `t${index}` }));
  const first = at(0);
  for (let index = 1; index < 5_000; index += 1) at(index);
  expect(at(0)).toBe(first);
  expect(at(4_999)).not.toBe(first);
});
