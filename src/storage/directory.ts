/**
 * The storage directory: who has it.
 *
 * Two collectors on one directory would send everything twice and lose the rest, so the second one
 * refuses to start and names the first. On Linux the lock is a name in the kernel that goes with its
 * process, however that ends; the file `lock` says who holds it, and is all there is elsewhere.
 * What it cannot see is a collector on another machine, or in another container, on a shared volume.
 */
import { readFile, rm, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf, StartError } from '../component/errors.ts';
import { makeDirectory } from '../lib/make-directory.ts';
import { replaceFile } from './durable.ts';

const CLAIM_TRIES = 10;
const CLAIM_AGAIN_MS = 20;

export interface Storage {
  readonly directory: string;
  /** Lets another collector have it. Safe twice. */
  release(): Promise<void>;
}

interface Holder {
  readonly pid: number;
  /** Tells a process from a later one with the same number; empty where the system does not say. */
  readonly started: string;
}

/** Makes the directory if need be, readable for its owner only, and takes it. Throws a StartError if that cannot be. */
export async function openStorage(directory: string): Promise<Storage> {
  const lockFile = join(directory, 'lock');
  const server = await claim(directory);
  try {
    const holder = await holderOf(lockFile);
    if (holder && holder.pid !== process.pid && (await isRunning(holder))) throw inUse(directory, holder);
    const self: Holder = { pid: process.pid, started: await startOf(process.pid) };
    await replaceFile(lockFile, `${JSON.stringify(self)}\n`);
  } catch (error) {
    server?.close();
    throw error instanceof StartError ? error : unusable(directory, error);
  }
  let released: Promise<void> | undefined;
  return {
    directory,
    release: () => (released ??= release(lockFile, server)),
  };
}

/** Who has the directory now; undefined if nobody does. For the commands that look for a running collector. */
export async function storageHolder(directory: string): Promise<{ readonly pid: number } | undefined> {
  const holder = await holderOf(join(directory, 'lock'));
  return holder && (await isRunning(holder)) ? holder : undefined;
}

async function release(lockFile: string, server: Server | undefined): Promise<void> {
  await rm(lockFile, { force: true });
  if (server) await new Promise((resolve) => server.close(resolve));
}

/** A listening socket whose name is the directory's identity, where the system has such names. */
async function claim(directory: string): Promise<Server | undefined> {
  let name: string;
  try {
    await makeDirectory(directory, 0o700);
    const { dev, ino } = await stat(directory);
    name = `\0lnmt-collector/${dev}/${ino}`;
  } catch (error) {
    throw unusable(directory, error);
  }
  if (process.platform !== 'linux') return undefined;
  for (let tries = 1; ; tries += 1) {
    const server = createServer((connection) => connection.destroy()).unref();
    const error = await new Promise<unknown>((resolve) => {
      server.once('error', resolve);
      server.listen(name, () => resolve(undefined));
    });
    if (!error) return server;
    if (codeOf(error) !== 'EADDRINUSE') return undefined;
    const holder = await holderOf(join(directory, 'lock'));
    // A process just forked, by whoever let go of it, has the name for as long as it takes to become another program.
    if (holder || tries === CLAIM_TRIES) throw inUse(directory, holder);
    await sleep(CLAIM_AGAIN_MS);
  }
}

function inUse(directory: string, holder: Holder | undefined): StartError {
  const who = holder ? `the collector with process id ${holder.pid}` : 'another collector';
  return new StartError(`${directory} is in use by ${who}`, {
    hint: 'Stop that one first, or give this file a directory of its own with service.storage.directory.',
  });
}

function unusable(directory: string, error: unknown): StartError {
  return new StartError(`the storage directory ${directory} cannot be used: ${codeOf(error)}`, {
    hint: `${codeOf(error) === 'ENOTDIR' ? 'A file is in its place, or above it: remove that' : 'Make it writable for this user'}, or choose another with service.storage.directory.`,
  });
}

async function holderOf(lockFile: string): Promise<Holder | undefined> {
  try {
    const holder = JSON.parse(await readFile(lockFile, 'utf8')) as Partial<Holder> | null;
    if (typeof holder?.pid !== 'number' || !Number.isInteger(holder.pid) || holder.pid < 1) return undefined;
    return { pid: holder.pid, started: typeof holder.started === 'string' ? holder.started : '' };
  } catch {
    return undefined;
  }
}

async function isRunning({ pid, started }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, for another user.
    if (codeOf(error) !== 'EPERM') return false;
  }
  return started === '' || started === (await startOf(pid));
}

/** When a process started, in clock ticks since the machine did: field 22 of proc_pid_stat(5), of which field 2 can hold spaces. */
async function startOf(pid: number): Promise<string> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return `${await bootId()}/${fields[19] ?? ''}`;
  } catch {
    return '';
  }
}

async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
}
