import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { load } from '../../src/agent/loading.ts';
import { temporaryDirectory } from '../support/temporary.ts';

async function hintsOf(secret: string, mode: number): Promise<string[]> {
  const file = join(await temporaryDirectory(), 'collector.yaml');
  await writeFile(file, `exporters:\n  slack:\n    webhook_url: ${secret}\n`);
  await chmod(file, mode);
  const { problems } = await load(file, { env: { URL: 'https://hooks.slack.com/services/T1/B1/s3cret' } });
  return problems
    .map(({ severity, line, column, message }) => `${severity} ${line}:${column} ${message}`)
    .filter((said) => said.includes('chmod'));
}

const LITERAL = 'https://hooks.slack.com/services/T1/B1/s3cret';

test.for([0o644, 0o640, 0o604])('a file with a secret in it that others can read is hinted at (%o)', async (mode) => {
  expect(await hintsOf(LITERAL, mode)).toEqual([
    'hint 3:18 others on this machine can read this file and the secrets in it; chmod 600 collector.yaml',
  ]);
});

test('not one that only its owner reads, nor one whose secrets come from elsewhere or only look like one', async () => {
  expect(await hintsOf(LITERAL, 0o600)).toEqual([]);
  expect(await hintsOf('${env:URL}', 0o644)).toEqual([]);
  expect(await hintsOf('https://hooks.slack.com/services/YOUR/WEBHOOK/URL', 0o644)).toEqual([]);
});
