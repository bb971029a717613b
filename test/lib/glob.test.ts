import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { compileGlob, expandGlob } from '../../src/lib/glob.ts';

describe('a glob', () => {
  test.each([
    ['*.log', 'app.log', true],
    ['*.log', 'a/app.log', false],
    ['app.log*', 'app.log', true],
    ['app.log*', 'app.log.1', true],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['[a-c]x[!0-9]', 'bxz', true],
    ['[a-c]x[!0-9]', 'bx5', false],
    ['[]]', ']', true],
    ['a[', 'a[', true],
    ['{nginx,apache}*', 'apache2', true],
    ['{nginx,apache}*', 'caddy', false],
    ['a{b,c{d,e}}', 'ace', true],
    ['a{b}', 'a{b}', true],
    ['/var/**/*.log', '/var/log/x/y.log', true],
    ['/var/**/*.log', '/var/y.log', true],
    ['/var/**', '/var/a/b', true],
    ['**/x', 'x', true],
    ['a*b*c', 'aXXbYYbZZc', true],
    ['*', '', true],
    ['any', 'x', false],
    ['star*', 'star', true],
    ['', '', true],
  ])('%s on %s: %s', (pattern, text, expected) => {
    expect(compileGlob(pattern)(text)).toBe(expected);
  });

  test('is linear enough for stars in a row', () => {
    expect(compileGlob('*a'.repeat(50))(`${'a'.repeat(5_000)}b`)).toBe(false);
  });

  test('refuses an explosion of braces', () => {
    expect(() => compileGlob('{a,b}'.repeat(20))).toThrow(RangeError);
  });

  test('without wildcards matches just itself', () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !/[*?[{]/.test(text)),
        fc.string(),
        (pattern, text) => {
          expect(compileGlob(pattern)(pattern)).toBe(true);
          expect(compileGlob(pattern)(text)).toBe(pattern === text);
        },
      ),
    );
  });
});

test('files are found through folders, links and braces, once each', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'glob-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await mkdir(path.join(folder, 'a/b'), { recursive: true });
  for (const file of ['x.log', 'y.txt', '.hidden.log', 'a/x.log', 'a/b/x.log'])
    await writeFile(path.join(folder, file), '');
  await symlink('a', path.join(folder, 'link'));
  const found = async (pattern: string) =>
    (await expandGlob(path.join(folder, pattern))).map((file) => path.relative(folder, file));
  expect(await found('*.log')).toEqual(['x.log']);
  expect(await found('**/*.log')).toEqual(['a/b/x.log', 'a/x.log', 'x.log']);
  expect(await found('{x,y}.{log,txt}')).toEqual(['x.log', 'y.txt']);
  expect(await found('*/x.log')).toEqual(['a/x.log', 'link/x.log']);
  expect(await found('.h*')).toEqual(['.hidden.log']);
  expect(await found('{x.log,*.log}')).toEqual(['x.log']);
  expect(await found('missing/*.log')).toEqual([]);
});
