/** Where the admin address is: opens it, moves it with an edit, and notes it where the commands look. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '../component/component.ts';
import type { ServiceOptions } from '../component/configuration.ts';
import { codeOf, StartError } from '../component/errors.ts';
import { startAdmin, type Admin, type Route } from '../telemetry/admin.ts';

export class AdminDoor {
  readonly #addressFile: string;
  readonly #routes: readonly Route[];
  readonly #log: Logger;
  #options: ServiceOptions['admin'] | undefined;
  #admin: Admin | undefined;

  constructor(storage: string, routes: readonly Route[], log: Logger) {
    this.#addressFile = join(storage, 'admin-address');
    this.#routes = routes;
    this.#log = log;
  }

  /** host:port as bound; undefined while it is not. */
  get address(): string | undefined {
    return this.#admin?.address;
  }

  /** Throws a StartError when the address cannot be had. */
  async open(options: ServiceOptions['admin']): Promise<void> {
    this.#options = options;
    this.#admin = await startAdmin({ ...options, log: this.#log, routes: this.#routes });
    await writeFile(this.#addressFile, `${this.#admin.address}\n`, { mode: 0o600 }).catch((error: unknown) =>
      this.#log.error('the admin address cannot be written down, so commands will not find it', {
        file: this.#addressFile,
        reason: codeOf(error),
      }),
    );
  }

  /** An edited address or token. One that cannot be had is said, and the pipelines run on without it; the next edit of the file tries again. */
  async follow(options: ServiceOptions['admin']): Promise<void> {
    if (this.#admin && isDeepStrictEqual(options, this.#options)) return;
    await this.#admin?.stop();
    this.#admin = undefined;
    try {
      await this.open(options);
      this.#log.info(`status and metrics are at http://${this.address}`);
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      this.#log.error(`${error.message}. ${error.place.hint ?? ''}`);
    }
  }

  async close(): Promise<void> {
    await this.#admin?.stop();
    await rm(this.#addressFile, { force: true });
  }
}
