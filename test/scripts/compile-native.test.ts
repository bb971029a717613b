import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../support/temporary.ts';

const script = fileURLToPath(new URL('../../scripts/compile-native.mjs', import.meta.url));
const source = fileURLToPath(new URL('../../src/receivers/syslog/native', import.meta.url));
const hasCompiler = process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0;
if (!hasCompiler) process.stderr.write('compile-native.test.ts: skipped, there is no C compiler\n');

function compile(folder: string, environment: NodeJS.ProcessEnv = {}): { status: number | null; said: string } {
  const env = { ...process.env, ...environment };
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, folder], { encoding: 'utf8', env });
  return { status, said: stdout + stderr };
}

test.runIf(hasCompiler)('the addon compiles without a warning', async () => {
  const folder = await temporaryDirectory();
  cpSync(source, folder, { recursive: true });
  expect(compile(folder)).toEqual({ status: 0, said: '' });
  expect(existsSync(join(folder, 'udp-batch.node'))).toBe(true);
  expect(existsSync(join(folder, 'not-built.txt'))).toBe(false);
});

test('where there is no compiler, an install goes on in silence, and the reason is noted', async () => {
  const folder = await temporaryDirectory();
  cpSync(source, folder, { recursive: true });
  expect(compile(folder, { CC: 'no-such-compiler' })).toEqual({ status: 0, said: '' });
  expect(existsSync(join(folder, 'udp-batch.node'))).toBe(false);
  expect(readFileSync(join(folder, 'not-built.txt'), 'utf8')).toMatch(
    process.platform === 'linux' ? 'there was no C compiler' : 'it is for Linux',
  );
});

test('a fresh clone, which has no dist yet, installs in silence', async () => {
  expect(compile(join(await temporaryDirectory(), 'dist/native'))).toEqual({ status: 0, said: '' });
});
