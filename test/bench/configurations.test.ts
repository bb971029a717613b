import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { catalog } from '../../src/catalog.ts';
import { loadConfiguration } from '../../src/config/load.ts';

interface BenchFile {
  readonly scenario: string;
  readonly agent: string;
  readonly yaml: string;
}

const script = fileURLToPath(new URL('../../bench/run.mjs', import.meta.url));
const { stdout } = spawnSync(process.execPath, [script, '--configs'], { encoding: 'utf8' });
const files = JSON.parse(stdout) as BenchFile[];

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lnmt-bench-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

test.for(files)('the benchmark $scenario measures a valid file ($agent)', async ({ yaml }) => {
  const file = join(folder, 'collector.yaml');
  writeFileSync(file, yaml);
  const { problems } = await loadConfiguration(file, catalog, { env: {} });
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
});

test('a scenario that there is not is named beside those that there are', () => {
  const { status, stderr } = spawnSync(process.execPath, [script, 'tpc'], { encoding: 'utf8' });
  expect(status).not.toBe(0);
  expect(stderr).toContain('there is no scenario tpc; there are tcp, ');
});
