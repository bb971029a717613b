import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/layers.mjs', import.meta.url));

/** What the check says of a source folder with these files. */
const check = (files: Record<string, string>): string[] => {
  const folder = mkdtempSync(join(tmpdir(), 'lnmt-layers-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [path, code] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), code);
  }
  const { stdout, status } = spawnSync(process.execPath, [script, folder], { encoding: 'utf8' });
  const breaches = stdout.split('\n').filter((line) => line !== '');
  expect(status).toBe(breaches.length > 0 ? 1 : 0);
  return breaches;
};

test('lets a component have its contract, the leaves and its own files', () => {
  const code = [
    "import type { Event } from '../component/event.ts';",
    "import { a } from '../lib/a.ts';",
    "import { b } from './slack/b.ts';",
    "import { c } from './slack-c.ts';",
    "import { request } from 'undici';",
  ].join('\n');
  expect(check({ 'exporters/slack.ts': code })).toEqual([]);
});

test('names file, line and rule of a component that knows the pipeline, or another component', () => {
  const code = ["import {\n  a,\n} from '../pipeline/queue.ts';", "const b = await import('./email.ts');"].join('\n');
  expect(check({ 'exporters/slack.ts': code })).toEqual([
    'src/exporters/slack.ts:1 imports src/pipeline/queue.ts: exporters may import only component, lib, expression, exporters',
    'src/exporters/slack.ts:4 imports src/exporters/email.ts: components never import each other; what two of them need lives in src/lib',
  ]);
});

test('counts types and re-exports as imports', () => {
  const files = { 'component/a.ts': "export type { X } from '../lib/x.ts';" };
  expect(check(files)).toEqual([
    expect.stringMatching(/^src\/component\/a\.ts:1 imports src\/lib\/x\.ts: component may/),
  ]);
});

test('asks for a rule where a room has none', () => {
  expect(check({ 'attic/a.ts': "import '../lib/x.ts';" })).toEqual([
    expect.stringContaining('no rule for the room "attic"'),
  ]);
});
