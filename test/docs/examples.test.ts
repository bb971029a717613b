import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { check } from '../../src/agent/loading.ts';
import { SAMPLE_CONFIG } from '../../src/cli/sample-config.ts';
import type { Problem } from '../../src/component/configuration.ts';
import { documentedBlocks, exampleFiles, wholeFile, type YamlBlock } from '../support/yaml-blocks.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lnmt-docs-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** What `validate --no-secrets` says of a file, or with `env` what `run` would. */
const problemsOf = async (text: string, env?: NodeJS.ProcessEnv): Promise<readonly Problem[]> => {
  const file = join(folder, 'collector.yaml');
  writeFileSync(file, text);
  const { problems } = await check(file, env ? { env } : { env: {}, noSecrets: true });
  return problems;
};

const errorsOf = async (text: string, env?: NodeJS.ProcessEnv): Promise<string[]> => {
  const problems = await problemsOf(text, env);
  return problems.filter(({ severity }) => severity === 'error').map(({ line, message }) => `line ${line}: ${message}`);
};

const blocks = documentedBlocks();
const ours = blocks.filter(({ kind }) => kind === '');
const invalid: YamlBlock[] = blocks.filter(({ kind }) => kind === 'invalid');

test.for([...exampleFiles(), ...ours])('$place is valid', async ({ text }) => {
  expect(await errorsOf(wholeFile(text))).toEqual([]);
});

test('every block that is shown as invalid is', async () => {
  for (const { place, text } of invalid) expect(await errorsOf(wholeFile(text)), place).not.toEqual([]);
});

test('the quick start and the sample need no environment', async () => {
  const quickstart = exampleFiles().find(({ place }) => place.endsWith('/quickstart.yaml'));
  expect(await errorsOf(quickstart!.text, {})).toEqual([]);
  expect(await errorsOf(SAMPLE_CONFIG, {})).toEqual([]);
});

test('every option that the sample only mentions is one', async () => {
  const uncommented = SAMPLE_CONFIG.replace(/^( {2,})# (?=[a-z_]+: )/gm, '$1');
  expect(uncommented).not.toBe(SAMPLE_CONFIG);
  expect(await errorsOf(uncommented)).toEqual([]);
});
