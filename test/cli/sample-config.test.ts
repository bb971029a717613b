import { expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { SAMPLE_CONFIG } from '../../src/cli/sample-config.ts';

test('is YAML without escapes left over from the source', () => {
  const document = parseDocument(SAMPLE_CONFIG);
  expect(document.errors).toEqual([]);
  expect(SAMPLE_CONFIG).toContain('webhook_url: ${env:SLACK_WEBHOOK_URL:-https');
  expect(SAMPLE_CONFIG).not.toContain('\\$');
});

test('stays right when the # before an option is taken away', () => {
  const options = SAMPLE_CONFIG.replace(/^( {2,})# (?=[a-z_]+: )/gm, '$1');
  expect(options).not.toBe(SAMPLE_CONFIG);
  expect(parseDocument(options).errors).toEqual([]);
});
