import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeDirectory } from '../../src/lib/make-directory.ts';

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'lnmt-make-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

test('makes what is missing of a path, with its mode, and is content with what is there', async () => {
  const path = join(await folder(), 'a', 'b', 'c');
  await Promise.all([makeDirectory(path, 0o700), makeDirectory(path, 0o700), makeDirectory(join(path, 'd'), 0o700)]);
  await makeDirectory(path, 0o700);
  for (const made of [path, join(path, '..'), join(path, 'd')]) expect((await stat(made)).mode & 0o777).toBe(0o700);
});

test("calls that run at once do not get in each other's way", async () => {
  const root = await folder();
  for (let round = 0; round < 40; round++) {
    const paths = Array.from({ length: 12 }, (_, n) => join(root, String(round), 'a', 'b', 'c', 'd', String(n % 3)));
    await Promise.all(paths.map((path) => makeDirectory(path)));
  }
});

test('what cannot be made is said, and soon: a file in the way, a link to nothing, a system that has no such directories', async () => {
  const path = await folder();
  await writeFile(join(path, 'file'), '');
  await symlink(join(path, 'nowhere'), join(path, 'link'));
  await expect(makeDirectory(join(path, 'file', 'x'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  await expect(makeDirectory(join(path, 'link', 'x'))).rejects.toMatchObject({ code: 'ENOENT' });
});

// With `recursive: true`, Node 20 never comes back from this.
test.skipIf(process.platform !== 'linux')('a directory in /proc is refused', async () => {
  await expect(makeDirectory('/proc/no-such-directory/x')).rejects.toMatchObject({ code: 'ENOENT' });
});
