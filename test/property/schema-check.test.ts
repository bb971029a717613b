import { Ajv } from 'ajv';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { catalog } from '../../src/catalog.ts';
import type { Field, ObjectField } from '../../src/component/schema.ts';
import { schemaErrors, type SchemaError } from '../../src/config/schema-check.ts';
import { serviceSchema } from '../../src/config/service-schema.ts';

const SCHEMAS: [string, ObjectField][] = [
  ['service', serviceSchema],
  ...[catalog.receivers, catalog.processors, catalog.exporters].flatMap((types) =>
    [...types.values()].map(({ type, schema }): [string, ObjectField] => [type, schema]),
  ),
];

const ajv = new Ajv({
  strict: true,
  strictRequired: false,
  allowUnionTypes: true,
  allErrors: true,
  useDefaults: true,
  validateFormats: false,
});
ajv.addKeyword('orOne');

test.each(SCHEMAS)('the options of %s are judged and completed as by Ajv', (_, schema) => {
  const validate = ajv.compile(schema);
  fc.assert(
    fc.property(valueOf(schema), (value) => {
      const [ours, theirs] = [structuredClone(value), structuredClone(value)];
      const found = schemaErrors(schema, ours);
      validate(theirs);
      expect(said(found)).toEqual(said((validate.errors ?? []) as readonly SchemaError[]));
      expect(ours).toEqual(theirs);
    }),
    { numRuns: 60 },
  );
});

const SHAPE: ObjectField = {
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: {
    name: { type: 'string', minLength: 2, maxLength: 3, pattern: '^\\p{L}+$', description: '' },
    mode: { type: 'string', enum: ['a', 'b'], default: 'a', description: '' },
    share: { type: 'number', exclusiveMinimum: 0, maximum: 1, description: '' },
    count: { type: 'integer', minimum: 1, description: '' },
    parts: { type: 'array', items: { type: 'boolean' }, minItems: 2, default: [true, true], description: '' },
    any: { type: ['string', 'number', 'boolean', 'null', 'array', 'object'], description: '' },
    'a/b~c': { type: 'object', additionalProperties: { type: 'string' }, default: {}, description: '' },
  },
};

test('every keyword of the dialect is checked, characters are counted, and pointers are escaped', () => {
  const errors = schemaErrors(SHAPE, {
    name: '😀1aé',
    mode: 'c',
    share: 0,
    count: 0,
    parts: [1],
    'a/b~c': { 'x/y': 1 },
    more: 1,
  });
  expect(errors.map(({ instancePath, keyword }) => `${instancePath} ${keyword}`)).toEqual([
    ' additionalProperties',
    '/name maxLength',
    '/name pattern',
    '/mode enum',
    '/share exclusiveMinimum',
    '/count minimum',
    '/parts minItems',
    '/parts/0 type',
    '/a~1b~0c/x~1y type',
  ]);
  expect(schemaErrors(SHAPE, { name: '😀a' }).map(({ keyword }) => keyword)).toEqual(['pattern']);
  expect(schemaErrors(SHAPE, {}).map(({ keyword }) => keyword)).toEqual(['required']);
});

test('a default is given anew to each', () => {
  const [one, other]: Record<string, unknown>[] = [{ name: 'ab' }, { name: 'ab' }];
  schemaErrors(SHAPE, one);
  schemaErrors(SHAPE, other);
  expect(one).toEqual({ name: 'ab', mode: 'a', parts: [true, true], 'a/b~c': {} });
  expect(one!['parts']).not.toBe(other!['parts']);
});

/** In any order. What Ajv says on top of a wrong type says nothing more. */
function said(errors: readonly SchemaError[]): string[] {
  const mistyped = new Set(errors.filter(({ keyword }) => keyword === 'type').map(({ instancePath }) => instancePath));
  return errors
    .filter(({ keyword, instancePath }) => keyword === 'type' || !mistyped.has(instancePath))
    .map(({ instancePath, keyword, params }) =>
      JSON.stringify([instancePath, keyword, { ...params, comparison: undefined }]),
    )
    .sort();
}

/** Mostly of the right type, and often at its limits. */
function valueOf(field: Field): fc.Arbitrary<unknown> {
  const junk = fc.constantFrom<unknown>('', 'x', 7, -1, 1.5, true, [], {}, null);
  return fc.oneof({ arbitrary: rightly(field), weight: 9 }, { arbitrary: junk, weight: 1 });
}

function rightly(field: Field): fc.Arbitrary<unknown> {
  switch (field.type) {
    case 'string':
      return fc.oneof(fc.constantFrom('', ...(field.enum ?? ['a'])), fc.string({ maxLength: 40 }));
    case 'number':
    case 'integer':
      return fc.oneof(
        fc.constantFrom(...[field.minimum, field.maximum, field.exclusiveMinimum, 0, 1].filter((n) => n !== undefined)),
        fc.double(),
      );
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(valueOf(field.items), { maxLength: 3 });
    case 'object':
      if (!('properties' in field))
        return fc.dictionary(fc.string(), valueOf(field.additionalProperties), { maxKeys: 3 });
      return fc
        .tuple(
          fc.record(Object.fromEntries(Object.entries(field.properties).map(([key, inner]) => [key, valueOf(inner)])), {
            requiredKeys: [],
          }),
          fc.constantFrom({}, {}, {}, { unheard: 1 }),
        )
        .map(([value, more]) => ({ ...value, ...more }));
    default:
      return fc.jsonValue();
  }
}
