/** The ways in which editors and orchestrators put a new text into a file. */
import { mkdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export type Edit = (file: string, text: string) => Promise<void>;

let edits = 0;

/** Writes another file and renames it over, as vim, sed -i and VS Code's atomic save do. */
export const renameOver: Edit = async (file, text) => {
  const beside = `${file}.${(edits += 1)}~`;
  await writeFile(beside, text);
  await rename(beside, file);
};

/** Truncates the file and writes into it, as a shell's redirection and nano do. */
export const inPlace: Edit = (file, text) => writeFile(file, text);

/** A folder of its own for each version, and `..data` swapped to it, as Kubernetes does for a mounted ConfigMap. */
export const dataSwap: Edit = async (file, text) => {
  const folder = dirname(file);
  const version = `..2026_01_15_${(edits += 1)}`;
  await mkdir(join(folder, version));
  await writeFile(join(folder, version, basename(file)), text);
  const before = await readlink(join(folder, '..data')).catch(() => undefined);
  await symlink(version, join(folder, '..data_tmp'));
  await rename(join(folder, '..data_tmp'), join(folder, '..data'));
  if (before === undefined) await symlink(join('..data', basename(file)), file);
  else await rm(join(folder, before), { recursive: true });
};
