import { expect, test } from 'vitest';
import { optionRows } from '../../src/lib/option-rows.ts';
import { valueText } from '../../src/lib/value-text.ts';
import { sampleCatalog } from '../support/sample-catalog.ts';

const rowsOf = (kind: 'receivers' | 'exporters', type: string) => {
  return optionRows(sampleCatalog[kind].get(type)!.schema).map(({ path, type: words, default: standard }) => [
    path,
    words,
    standard,
  ]);
};

test('required options come first, nested ones after the one that holds them', () => {
  expect(rowsOf('receivers', 'doorbell')).toEqual([
    ['listen', 'listen address, or a list', undefined],
    ['max_size', 'size, at least 480B', '64KiB'],
  ]);
  expect(rowsOf('exporters', 'pigeon')).toEqual([
    ['token', 'text', undefined],
    ['retry', 'options', undefined],
    ['retry.max_interval', 'duration, more than 0', '90s'],
    ['rules', 'list of options', undefined],
    ['rules[].value', 'integer, 1 to 5', undefined],
    ['extra', 'map of text', undefined],
  ]);
});

test('secrets are told as secrets', () => {
  const secrets = optionRows(sampleCatalog.exporters.get('pigeon')!.schema).filter(({ secret }) => secret);
  expect(secrets.map(({ path }) => path)).toEqual(['token']);
});

test('values are written as YAML, and what YAML would read otherwise in quotes', () => {
  const field = { type: ['string', 'number', 'boolean', 'null', 'array', 'object'] } as const;
  expect(valueText(field, { a: ['x', 'true', '5', 5, null, 'key: value', ''] })).toBe(
    '{ a: [x, "true", "5", 5, null, "key: value", ""] }',
  );
});

test('a secret is masked wherever it stands in a value', () => {
  const field = { type: 'object', additionalProperties: { type: 'string', writeOnly: true } } as const;
  expect(valueText(field, { Authorization: 'Bearer s3cret' })).toBe('{ Authorization: *** }');
});
