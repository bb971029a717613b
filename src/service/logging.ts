/** The library's log: standard error, by the documented names of loggers. One for all services of a process. */
import type { Logger } from '../component/component.ts';
import type { KnownSecrets } from '../telemetry/known-secrets.ts';
import { createLog, type Log, type LogSettings } from '../telemetry/log.ts';

type Level = LogSettings['level'];

class Loggers {
  /** Of each service. */
  readonly #secrets = new Set<KnownSecrets>();
  /** What the program itself asked for, which wins over the files'. */
  readonly #asked: Record<string, Level> = {};
  #askedLevel: Level | undefined;
  #settings: LogSettings = { level: 'warn', format: 'auto', levels: {} };
  #log: Log | undefined;

  logger(name: string): Logger {
    this.#log ??= createLog({ ...this.#inEffect(), secrets: () => [...this.#secrets].flatMap(({ list }) => list) });
    return this.#log.logger(name);
  }

  configure(settings: LogSettings, secrets: KnownSecrets): void {
    this.#secrets.add(secrets);
    this.#settings = settings;
    this.#log?.configure(this.#inEffect());
  }

  /** Those of a service that is closed. */
  forget(secrets: KnownSecrets): void {
    this.#secrets.delete(secrets);
  }

  setLevel(level: Level, name: string | undefined): void {
    if (name === undefined) this.#askedLevel = level;
    else this.#asked[name] = level;
    this.#log?.configure(this.#inEffect());
  }

  #inEffect(): LogSettings {
    const { format, levels, level } = this.#settings;
    return { format, level: this.#askedLevel ?? level, levels: { ...levels, ...this.#asked } };
  }
}

export const loggers = new Loggers();

/**
 * How much is logged: by one logger and those below it (`lnmt.integration_connectors`,
 * `lnmt.connectors`, `lnmt.connectors.NAME`), or by all. It wins over `service.log` of the file.
 */
export function setLogLevel(level: Level, logger?: string): void {
  if (!['debug', 'info', 'warn', 'error'].includes(level))
    throw new TypeError('a log level is debug, info, warn or error');
  loggers.setLevel(level, logger);
}
