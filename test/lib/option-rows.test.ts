import { expect, test } from 'vitest';
import { optionRows } from '../../src/lib/option-rows.ts';
import { durationText, sizeText, valueText } from '../../src/lib/value-text.ts';
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
    ['max_size', 'size, at least 480', '64KiB'],
  ]);
  expect(rowsOf('exporters', 'pigeon')).toEqual([
    ['token', 'text', undefined],
    ['retry', 'options', undefined],
    ['retry.max_interval', 'duration, more than 0s', '90s'],
    ['rules', 'list of options', undefined],
    ['rules[].value', 'integer, 1 to 5', undefined],
    ['extra', 'map of text', undefined],
  ]);
});

test('secrets are told as secrets', () => {
  const secrets = optionRows(sampleCatalog.exporters.get('pigeon')!.schema).filter(({ secret }) => secret);
  expect(secrets.map(({ path }) => path)).toEqual(['token']);
});

test.for([
  [0, '0s'],
  [250, '250ms'],
  [1_000, '1s'],
  [90_000, '90s'],
  [300_000, '5m'],
  [3_600_000, '1h'],
  [172_800_000, '2d'],
] as const)('%i milliseconds are %s', ([milliseconds, text]) => {
  expect(durationText(milliseconds)).toBe(text);
});

test.for([
  [0, '0'],
  [480, '480'],
  [65_536, '64KiB'],
  [10_000_000, '10MB'],
  [268_435_456, '256MiB'],
] as const)('%i bytes are %s', ([bytes, text]) => {
  expect(sizeText(bytes)).toBe(text);
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
