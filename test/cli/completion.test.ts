import { spawnSync } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileInFolder, say } from '../support/in-process.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const FILE = `
receivers: { http: {}, file/app: { include: [/var/log/app.log] } }
exporters: { slack/ops: { webhook_url: 'https://hooks.example.com/T/B/x' } }
pipelines:
  main: { receivers: [http, file/app], processors: [filter: { min_level: error }], exporters: [slack/ops] }
tests:
  - { name: nothing is lost, expect: { slack/ops: 0 } }
`;

async function complete(...words: readonly string[]): Promise<string[]> {
  return (await say(['complete', '--', ...words])).out.split('\n').filter(Boolean);
}

test('commands, options and their choices are completed', async () => {
  expect(await complete('')).toEqual(
    expect.arrayContaining(['run', 'validate', 'plan', 'check', 'explain', 'replay', 'tap', 'top']),
  );
  expect(await complete('')).not.toContain('complete');
  expect(await complete('ex')).toEqual(['explain']);
  expect(await complete('explain', '--re')).toEqual(['--receiver']);
  expect(await complete('validate', '--format', '')).toEqual(['json', 'text']);
  expect(await complete('components', 'sl')).toEqual(['slack']);
  expect(await complete('plan', '')).toEqual([':files']);
  expect(await complete('run', '-c', 'coll')).toEqual([':files']);
});

test('ids are those of the file that is named', async () => {
  const { file } = await fileInFolder(FILE);
  expect(await complete('explain', '-c', file, '--receiver', '')).toEqual(['file/app', 'http']);
  expect(await complete('tap', '-c', file, '')).toEqual(['file/app', 'http', 'main', 'main/filter#1', 'slack/ops']);
  expect(await complete('test', '-c', file, '-n', 's')).toEqual(['slack/ops']);
  expect(await complete('check', '-c', file, 'no')).toEqual(['nothing is lost']);
  expect(await complete('tap', '-c', '/nonexistent.yaml', '')).toEqual([]);
});

test('bash asks for what stands before the cursor, and takes an answer of several words as one', async () => {
  const folder = await temporaryDirectory();
  const program = join(folder, 'lnmt-collector');
  await writeFile(program, '#!/bin/sh\nshift 2\nprintf "%s\\n" "first word" "asked:$*"\n');
  await chmod(program, 0o755);
  await writeFile(join(folder, 'script'), (await say(['completion', 'bash'])).out);
  const typed = `. ${folder}/script; COMP_WORDS=(${program} check a); COMP_CWORD=2; _lnmt_collector; printf '<%s>' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', typed], { encoding: 'utf8' });
  expect([stdout, stderr]).toEqual(['<first word><asked:check a>', '']);
});
