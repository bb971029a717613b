/** Sockets in the file system: makes way for a new one, and sets who may write to it. */
import { chmod, lstat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Logger } from '../../component/component.ts';
import { codeOf } from '../../component/errors.ts';

/** The path is not ours to take; `message` says why, and what to do. */
export class PathTaken extends Error {}

/** Whether a process listens on a socket file; `unknown` where its mode keeps us from connecting to it. */
export type Owner = 'listens' | 'gone' | 'unknown';

/**
 * Removes a socket file that nobody listens on any more, as a crash leaves one. Throws PathTaken where
 * somebody does or may do, or where the file is not a socket: that is never removed.
 */
export async function claimPath(path: string, ownerOf: (path: string) => Promise<Owner>): Promise<void> {
  const found = await lstat(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (!found) return;
  if (!found.isSocket()) {
    const what = found.isDirectory() ? 'a directory' : found.isSymbolicLink() ? 'a symbolic link' : 'a file';
    throw new PathTaken(`there is ${what} of that name, which is left alone. Move it away, or choose another path.`);
  }
  const owner = await ownerOf(path);
  if (owner === 'unknown') {
    throw new PathTaken(
      `the mode of the socket there keeps us from connecting to it, so it is not known whether a process listens on it. If none does (\`ss -xlp | grep ${path}\` as root), remove it; else choose another path.`,
    );
  }
  if (owner === 'listens') {
    throw new PathTaken(
      `another process listens there. See which with \`ss -xlp | grep ${path}\` as root, and stop that or choose another path.`,
    );
  }
  await unlink(path);
}

/** Who listens for streams at `path`. */
export function streamOwner(path: string): Promise<Owner> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.on('connect', () => {
      socket.destroy();
      resolve('listens');
    });
    socket.on('error', (error) => resolve(OWNERS[codeOf(error)] ?? 'listens'));
  });
}

/** Everything else says that somebody is there: EPROTOTYPE, that it is for datagrams. */
const OWNERS: Readonly<Record<string, Owner>> = {
  ECONNREFUSED: 'gone',
  EACCES: 'unknown',
  EPERM: 'unknown',
};

/** Sets who may write: `mode` is `0660` as it is written in octal. */
export async function setMode(path: string, mode: string): Promise<void> {
  await chmod(path, Number.parseInt(mode, 8));
}

/** The same for a socket that is in use: one that somebody has removed or taken over is not worth failing for, but worth a line. */
export async function resetMode(path: string, mode: string, log: Logger): Promise<void> {
  await setMode(path, mode).catch((error: unknown) => {
    log.warn(`cannot set the mode of ${path}: ${codeOf(error)}. If the file is gone, a restart makes a new one.`);
  });
}

/** Tells the socket file that was just bound from any that takes its place, for as long as the socket is open. */
export async function identityOf(path: string): Promise<string | undefined> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isSocket() ? `${found.dev}:${found.ino}` : undefined;
}

/** Removes the socket file that was bound, if it still is that one; before the socket is closed. */
export async function removeSocket(path: string, identity: string | undefined): Promise<void> {
  if (identity !== undefined && (await identityOf(path)) === identity) await unlink(path).catch(() => {});
}
