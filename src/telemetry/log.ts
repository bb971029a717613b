/**
 * The collector's log: one line per message on standard error, by winston.
 *
 * On a terminal the lines are for people, elsewhere JSON. Loggers are named as documented
 * (`lnmt.integration_connectors`, `lnmt.connectors.NAME`), and a level set for a name counts for
 * the names below it. "Why is a line missing?": its logger's level (`service.log.levels`); or the
 * same message came more than 20 times within a minute, and the summary at its end says how often;
 * or nobody reads standard error.
 */
import { Writable } from 'node:stream';
import type { Logger as Writer } from 'winston';
import type { Clock, Logger } from '../component/component.ts';
import { systemClock } from '../lib/clock.ts';
import { jsonLine, prettyLine, type Line, type LogLevel } from './log-format.ts';
import { RepeatGuard } from './log-guard.ts';
import { secretMask } from './secret-mask.ts';

export interface LogSettings {
  readonly level: LogLevel;
  /** auto: pretty on a terminal, JSON elsewhere. */
  readonly format: 'auto' | 'json' | 'pretty';
  /** By logger name; the longest name that a logger's begins with decides. */
  readonly levels: Readonly<Record<string, LogLevel>>;
}

export interface LogOptions extends LogSettings {
  /** What must never be printed. Asked for each line, so that a reload's new secrets count at once. */
  secrets(): readonly string[];
  readonly clock?: Clock;
  /** Standard error unless said. */
  readonly stream?: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

export interface Log {
  /** The same logger for the same name. It stays in use when the settings change. */
  logger(name: string): Logger;
  configure(settings: LogSettings): void;
  /** Resolves once every line so far has left the process. To be awaited before `process.exit`. */
  flush(): Promise<void>;
}

const SEVERITY: Readonly<Record<LogLevel, number>> = { error: 0, warn: 1, info: 2, debug: 3 };

/** Characters that may wait for a reader of standard error before lines are left out, counted. */
const MAX_WAITING = 8 * 1024 * 1024;

// Winston's own names for what it has finished.
const LEVEL = Symbol.for('level');
const MESSAGE = Symbol.for('message');

/** Makes the process's log. Winston writes the lines; which are written, and how they look, is decided here. */
export function createLog(options: LogOptions): Log {
  const { stream = process.stderr, clock = systemClock } = options;
  const mask = secretMask(options.secrets);
  let settings: LogSettings = options;

  const room = new WaitingRoom(stream);
  let writer: Promise<Writer> | undefined;
  // A broken pipe must not end the collector: what it does matters more than what it says.
  stream.on('error', () => {});

  const write = (whole: Line): void => {
    // Before the lines of a message are indented, which would part a key of several lines.
    const line = { ...whole, message: mask(whole.message) };
    const pretty = settings.format === 'pretty' || (settings.format === 'auto' && stream.isTTY === true);
    const text = pretty ? prettyLine(line, stream.isTTY === true && !process.env['NO_COLOR']) : jsonLine(line);
    const masked = mask(text);
    if (!room.admit(masked)) return;
    writer ??= writerTo(room);
    void writer.then((to) => to.write({ level: line.level, message: '', [LEVEL]: line.level, [MESSAGE]: masked }));
  };
  const guard = new RepeatGuard(clock, write);

  const loggers = new Map<string, ConfiguredLogger>();
  return {
    logger(name) {
      const known = loggers.get(name);
      if (known) return known;
      const made = new ConfiguredLogger(name, severityOf(name, settings), clock, guard);
      loggers.set(name, made);
      return made;
    },
    configure(next) {
      settings = next;
      for (const [name, logger] of loggers) logger.severity = severityOf(name, next);
    },
    async flush() {
      guard.flush();
      await room.empty();
    },
  };
}

/** Loaded with the first line, which a start says once it receives: winston takes a tenth of the time until then. */
async function writerTo(room: Writable): Promise<Writer> {
  const { default: winston } = await import('winston');
  return winston.createLogger({
    levels: { ...SEVERITY },
    level: 'debug',
    format: winston.format((info) => info)(),
    transports: [new winston.transports.Stream({ stream: room, eol: '\n' })],
  });
}

class ConfiguredLogger implements Logger {
  severity: number;
  readonly #name: string;
  readonly #clock: Clock;
  readonly #guard: RepeatGuard;

  constructor(name: string, severity: number, clock: Clock, guard: RepeatGuard) {
    this.#name = name;
    this.severity = severity;
    this.#clock = clock;
    this.#guard = guard;
  }

  debug(message: string, fields?: object): void {
    this.#log('debug', message, fields);
  }

  info(message: string, fields?: object): void {
    this.#log('info', message, fields);
  }

  warn(message: string, fields?: object): void {
    this.#log('warn', message, fields);
  }

  error(message: string, fields?: object): void {
    this.#log('error', message, fields);
  }

  #log(level: LogLevel, message: string, fields: object | undefined): void {
    if (SEVERITY[level] > this.severity) return;
    this.#guard.pass({ time: this.#clock.now(), level, logger: this.#name, message, fields });
  }
}

/** The least grave severity that is written for a logger: that of the longest dotted prefix with a level of its own. */
function severityOf(name: string, { level, levels }: LogSettings): number {
  let prefix = name;
  for (;;) {
    const own = Object.hasOwn(levels, prefix) ? levels[prefix] : undefined;
    if (own) return SEVERITY[own];
    const dot = prefix.lastIndexOf('.');
    if (dot < 0) return SEVERITY[level];
    prefix = prefix.slice(0, dot);
  }
}

/**
 * Where lines wait for `stream`. Winston hands its lines on in a later turn of the event loop, so
 * that exiting at once loses them (of 20,000 lines 6,551 arrived): what goes in is counted out again.
 */
class WaitingRoom extends Writable {
  readonly #stream: NodeJS.WritableStream;
  #waiting = 0;
  #leftOut = 0;
  readonly #whenEmpty: (() => void)[] = [];

  constructor(stream: NodeJS.WritableStream) {
    super({ decodeStrings: false });
    this.#stream = stream;
  }

  /** False, and counted, when there is no room for a line. */
  admit(line: string): boolean {
    if (this.#waiting > MAX_WAITING) {
      this.#leftOut += 1;
      return false;
    }
    this.#waiting += line.length + 1;
    return true;
  }

  override _write(line: string, _encoding: string, done: () => void): void {
    this.#stream.write(this.#apology() + line, () => {
      this.#waiting -= line.length;
      done();
      if (this.#waiting === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve();
    });
  }

  #apology(): string {
    if (this.#leftOut === 0 || this.#waiting > MAX_WAITING / 2) return '';
    const apology = `${this.#leftOut} log lines left out: standard error was not read\n`;
    this.#leftOut = 0;
    return apology;
  }

  empty(): Promise<void> {
    if (this.#waiting === 0) return Promise.resolve();
    return new Promise((resolve) => void this.#whenEmpty.push(resolve));
  }
}
