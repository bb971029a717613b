/** The collector that runs on a file: found by the address that it leaves in its storage directory. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load, type Variables } from '../agent/loading.ts';
import { storageOf } from '../config/storage-of.ts';
import { storageHolder } from '../storage/directory.ts';

export class Running {
  /** host:port of its admin address. */
  readonly address: string;
  readonly pid: number;
  readonly #token: string | undefined;

  constructor(address: string, pid: number, token: string | undefined) {
    this.address = address;
    this.pid = pid;
    this.#token = token;
  }

  /** Asks the admin address; rejects where it cannot be reached. Any status is an answer. */
  ask(
    path: string,
    options: { readonly method?: string; readonly body?: unknown; readonly signal?: AbortSignal } = {},
  ): Promise<Response> {
    const { method = 'GET', body, signal } = options;
    return fetch(`http://${this.address}${path}`, {
      method,
      headers: this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
  }
}

/** Where the storage directory of `file` (absolute) is, whatever state the file is in. */
export async function storageDirectoryOf(file: string, env: Variables): Promise<string> {
  return storageOf(file, await readFile(file, 'utf8').catch(() => ''), env);
}

/** The collector that runs on `file` (absolute); undefined if none does. */
export async function findRunning(file: string, env: Variables): Promise<Running | undefined> {
  const { configuration } = existsSync(file) ? await load(file, { env, noSecrets: true }) : {};
  const directory = configuration?.service.storageDirectory ?? (await storageDirectoryOf(file, env));
  const address = (await readFile(join(directory, 'admin-address'), 'utf8').catch(() => '')).trim();
  const holder = address === '' ? undefined : await storageHolder(directory);
  return holder && new Running(address, holder.pid, configuration?.service.admin.token);
}
