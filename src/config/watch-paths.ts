/**
 * What tells of a change of a file: the file itself, and for every symlink on the way to it, however
 * far up, the directory that link is in. A Kubernetes volume changes by its `..data` link.
 */
import { createHash } from 'node:crypto';
import { lstat, readFile, readdir, readlink, stat } from 'node:fs/promises';
import { dirname, join, parse, resolve, sep } from 'node:path';
import { codeOf } from '../component/errors.ts';

const MAX_LINKS = 40;

/** The paths at which a change may change what `file` is: itself, the links on the way, what they lead to. */
export async function pathsTo(file: string): Promise<Set<string>> {
  const paths = new Set([file]);
  let path = file;
  for (let links = 0; links < MAX_LINKS; links += 1) {
    const link = await firstLink(path);
    if (!link) break;
    paths.add(link.path);
    path = resolve(dirname(link.path), link.target) + path.slice(link.path.length);
    paths.add(path);
  }
  return paths;
}

async function firstLink(path: string): Promise<{ path: string; target: string } | undefined> {
  const { root } = parse(path);
  let walked = root;
  for (const name of path.slice(root.length).split(sep)) {
    walked = join(walked, name);
    try {
      if ((await lstat(walked)).isSymbolicLink()) return { path: walked, target: await readlink(walked) };
    } catch {
      return undefined;
    }
  }
  return undefined;
}

/** In place of an inode: nothing is there. */
export const GONE = 'gone';

/**
 * What to watch for a change of one of {@link pathsTo}, each with its inode. A file tells of its own
 * edits and of its end, so that its directory, where logs may be written, can be left alone; a link
 * cannot be watched, nor what is not there yet: their directories are.
 */
export async function toldBy(path: string): Promise<readonly [path: string, inode: string]> {
  const own = await lstat(path).catch(() => undefined);
  if (own && !own.isSymbolicLink()) return [path, `${own.dev}:${own.ino}`];
  const directory = dirname(path);
  const around = await stat(directory).catch(() => undefined);
  return [directory, around ? `${around.dev}:${around.ino}` : GONE];
}

/** The content of a file, or the names in a directory, as a short text; what cannot be read is the reason why. */
export async function fingerprint(path: string): Promise<string> {
  try {
    const content = await readFile(path);
    return content.length === 0 ? EMPTY : createHash('sha256').update(content).digest('base64');
  } catch (error) {
    if (codeOf(error) !== 'EISDIR') return codeOf(error);
  }
  try {
    return createHash('sha256')
      .update((await readdir(path)).sort().join('\n'))
      .digest('base64');
  } catch (error) {
    return codeOf(error);
  }
}

const EMPTY = 'empty';

/** A file that an editor or a deployment has just emptied or taken away, mostly to write it anew. */
export function isPassing(print: string): boolean {
  return print === EMPTY || print === 'ENOENT';
}
