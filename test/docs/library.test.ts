/** Every program in docs/library.md, as it stands: checked by the compiler, run by Node, with what it prints and sends. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { transform } from 'esbuild';
import { beforeAll, expect, test } from 'vitest';
import { serve } from '../support/http-server.ts';
import { sharedDirectory } from '../support/temporary.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const text = readFileSync(join(root, 'docs/library.md'), 'utf8');
const config = /^```yaml\n(.*?)^```$/ms.exec(text)![1]!;
const project = sharedDirectory();

interface Program {
  readonly heading: string;
  readonly source: string;
  /** What the page says that it prints. */
  readonly prints: string;
}

const programs: readonly Program[] = [...text.matchAll(/^```ts\n(.*?)^```$(?:\n\n^```text\n(.*?)^```$)?/gms)].map(
  ([, source = '', prints = ''], index) => {
    const at = text.indexOf(source);
    const heading = [...text.slice(0, at).matchAll(/^## (.*)$/gm)].at(-1)?.[1] ?? '';
    return { heading: `${index}: ${heading}`, source, prints };
  },
);

beforeAll(async () => {
  await mkdir(join(project, 'node_modules'));
  await symlink(root, join(project, 'node_modules/lnmt-collector'));
  await writeFile(join(project, 'config.yaml'), config);
  await writeFile(join(project, 'package.json'), '{ "type": "module" }');
});

/** How many events each program sends; 1 unless said. */
const SENDS: Readonly<Record<string, number>> = {
  'Short cuts': 3,
  Hooks: 2,
  'Watching an application': 2,
  'Connectors of your own': 2,
  'How connectors fare': 0,
  'Many at once': 1_000,
};

test('there is one for each example of the LNMT documentation', () => {
  expect(programs.length).toBeGreaterThanOrEqual(14);
});

test.for(programs)('$heading', async ({ heading, source, prints }) => {
  const server = await serve();
  const name = `program-${heading.split(':')[0]}.mjs`;
  const { code } = await transform(source, { loader: 'ts', format: 'esm', target: 'node20' });
  await writeFile(join(project, name), code);
  const { stdout } = await run(process.execPath, [name], {
    cwd: project,
    env: { ...process.env, WEBHOOK_URL: `${server.origin}/` },
    timeout: 15_000,
  });
  expect(stdout).toBe(prints);
  const isModule = source.includes('export default');
  expect(server.seen).toHaveLength(isModule ? 0 : (SENDS[heading.replace(/^\d+: /, '')] ?? 1));
});

test('the compiler takes them all', async () => {
  for (const { heading, source } of programs)
    await writeFile(join(project, `typed-${heading.split(':')[0]}.mts`), source);
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2023',
    strict: true,
    noEmit: true,
    noUncheckedIndexedAccess: true,
    noImplicitOverride: true,
    skipLibCheck: true,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
  };
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.mts'] }));
  const { stdout } = await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project]).catch(
    (error: { stdout: string }) => error,
  );
  expect(stdout).toBe('');
});
