import fc from 'fast-check';
import { expect, test } from 'vitest';
import { copyEvent, type Event } from '../../src/component/event.ts';
import { fieldReader } from '../../src/lib/field-path.ts';
import { removeField, setField } from '../../src/lib/field-write.ts';
import { event } from '../support/fakes.ts';

const key = fc.constantFrom('a', 'b', '0', '1', '__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty');
const path = fc.array(key, { minLength: 1, maxLength: 4 }).map((keys) => `metadata.${keys.join('.')}`);
/** As it comes from JSON.parse: `__proto__` is a key of its own there. */
const nested = fc
  .letrec((tie) => ({
    value: fc.oneof({ maxDepth: 3 }, fc.constantFrom('1', '"x"', 'null'), tie('object'), tie('list')),
    object: fc
      .array(fc.tuple(key, tie('value')), { maxLength: 3 })
      .map((entries) => `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${value as string}`).join(',')}}`),
    list: fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
  }))
  .object.map((text) => JSON.parse(text) as Record<string, unknown>);

const withMetadata = (metadata: Record<string, unknown>): Event => {
  const made = event();
  for (const [name, value] of Object.entries(metadata)) made.metadata[name] = value;
  return made;
};

test('what is written is read back, prototypes stay as they are, and no copy notices', () => {
  const pristine = JSON.stringify(Reflect.ownKeys(Object.prototype).map(String));
  fc.assert(
    fc.property(nested, path, fc.oneof(fc.string(), fc.integer()), (metadata, at, value) => {
      const original = withMetadata(metadata);
      const before = JSON.stringify(original.metadata);
      const copy = copyEvent(original);
      expect(setField(copy, at, value)).toBe(true);
      expect(fieldReader(at)(copy)).toBe(value);
      expect(JSON.stringify(original.metadata)).toBe(before);
      const again = copyEvent(copy);
      const written = JSON.stringify(copy.metadata);
      removeField(again, at);
      expect(JSON.stringify(copy.metadata)).toBe(written);
      expect(JSON.stringify(Reflect.ownKeys(Object.prototype).map(String))).toBe(pristine);
      expect(({} as Record<string, unknown>)['a']).toBeUndefined();
    }),
    { numRuns: 500 },
  );
});
