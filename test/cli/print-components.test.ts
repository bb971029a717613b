import { expect, test } from 'vitest';
import { componentsJson, componentsText, componentText } from '../../src/cli/print-components.ts';
import { sampleCatalog } from '../support/sample-catalog.ts';

const plain = { colour: false };

test('lists every type with its sentence, by kind, and its stability where it is not stable', () => {
  expect(componentsText(sampleCatalog, plain)).toBe(
    [
      'receivers',
      '  doorbell  Rings when somebody is at the door.',
      '',
      'processors',
      '  filter           Lets some through.',
      '  ratelimit  beta  Lets so many through.',
      '',
      'exporters',
      '  pigeon  alpha  Sends a pigeon.',
      '',
      'The options of one: lnmt-collector components TYPE',
    ].join('\n'),
  );
});

test('prints what may be written, the default and the description of every option, and an example', () => {
  const text = componentText(sampleCatalog, 'pigeon', plain);
  expect(text).toContain('pigeon  exporter, alpha\nSends a pigeon.');
  expect(text).toContain('  token  text, required, secret\n      The pigeon’s ring.');
  expect(text).toContain('  retry.max_interval  duration, more than 0, default 90s\n');
  expect(text).toContain('example\n  exporters:\n    pigeon:\n      token: ${env:PIGEON_TOKEN}');
});

test('wraps descriptions to the terminal', () => {
  const text = componentText(sampleCatalog, 'doorbell', { colour: false, width: 16 });
  expect(text).toContain('      Where the\n      door is.');
});

test('knows no other types', () => {
  expect(componentText(sampleCatalog, 'carrier', plain)).toBeUndefined();
});

test('colours only when asked to', () => {
  expect(componentsText(sampleCatalog, { colour: true })).toContain('\u001b[');
  expect(componentsText(sampleCatalog, plain)).not.toContain('\u001b[');
});

test('gives programs the rows and the schema', () => {
  expect(componentsJson(sampleCatalog, 'doorbell')).toMatchObject([
    {
      kind: 'receiver',
      type: 'doorbell',
      options: [
        { path: 'listen', required: true },
        { path: 'max_size', default: '64KiB' },
      ],
    },
  ]);
  expect(componentsJson(sampleCatalog)).toHaveLength(4);
});
