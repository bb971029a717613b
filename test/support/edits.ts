/** The ways in which editors and orchestrators put a new text into a file. */
import { mkdir, open, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
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

/** Keeps the old file by another name and writes a new one, as vim does with `backupcopy=no`, and Emacs. */
export const backupFirst: Edit = async (file, text) => {
  await rename(file, `${file}~`);
  await writeFile(file, text);
};

/** Removes the file and writes it anew, as some deployments do. */
export const removeFirst: Edit = async (file, text) => {
  await rm(file);
  await writeFile(file, text);
};

/** In two writes with a pause between them, as a copy over a slow line. */
export const inTwoWrites: Edit = async (file, text) => {
  const half = Math.floor(text.length / 2);
  const handle = await open(file, 'w');
  await handle.write(text.slice(0, half));
  await pause(15);
  await handle.write(text.slice(half));
  await handle.close();
};

/** Four times within a moment, as a nervous hand or a formatter on save. */
export const storm: Edit = async (file, text) => {
  for (let n = 3; n > 0; n -= 1) {
    await inPlace(file, `${text}\n# ${n} to come\n`);
    await pause(10);
  }
  await renameOver(file, text);
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

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
