/**
 * The collector as a process of its own, as its users run it: the built program, on a real file, with real sockets.
 * Whatever a test is about, it fails as well where the collector ends without being asked, says something that is no
 * line of its log (a stack trace, a rejection that nobody handled), or cannot account for an event at the test's end.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import { imbalancesOf } from './books.ts';
import { renameOver, type Edit } from './edits.ts';
import { eventually } from './eventually.ts';
import type { Status } from './status.ts';
import { temporaryDirectory } from './temporary.ts';

/** The program under test; another one, such as an installed package's, where LNMT_COLLECTOR names it. */
export const PROGRAM = process.env['LNMT_COLLECTOR'] ?? fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** A line of the collector's log. */
export interface LogLine {
  readonly level: string;
  readonly logger: string;
  readonly message: string;
}

export interface CollectorOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** How the first file comes about; edits are made the same way unless said. */
  readonly how?: Edit;
  /** Token of the admin address, and how it stands in the file. */
  readonly admin?: { readonly token: string; readonly written: string };
  /** Lines of the `service` block besides storage and admin. */
  readonly service?: string;
  /** A program, of the test's directory, to start it through, which becomes it, such as `unshare -rm sh -c …`. */
  readonly wrapper?: (directory: string) => readonly string[];
}

/** Starts the collector on the file that `text` makes of its directory, and waits until it is ready. */
export async function startCollector(
  text: string | ((directory: string) => string),
  { env = {}, how = renameOver, admin, service = '', wrapper = () => [] }: CollectorOptions = {},
): Promise<Collector> {
  const directory = await temporaryDirectory();
  await mkdir(join(directory, 'config'));
  const collector = new Collector(directory, how, service, wrapper(directory), admin);
  await collector.edit(typeof text === 'string' ? text : text(directory));
  onTestFinished(() => collector.end());
  await collector.start(env);
  return collector;
}

export class Collector {
  /** Of the test: the file is in `config/`, the storage in `storage/`. */
  readonly directory: string;
  readonly file: string;
  readonly log: LogLine[] = [];
  readonly #how: Edit;
  readonly #service: string;
  readonly #wrapper: readonly string[];
  readonly #adminToken: CollectorOptions['admin'];
  #child!: ChildProcess;
  #ended!: Promise<number | NodeJS.Signals>;
  #admin = '';
  /** Whoever ended it was the test. */
  #onPurpose = false;

  constructor(
    directory: string,
    how: Edit,
    service: string,
    wrapper: readonly string[],
    admin: CollectorOptions['admin'],
  ) {
    this.#wrapper = wrapper;
    this.#adminToken = admin;
    this.directory = directory;
    this.file = join(directory, 'config', 'collector.yaml');
    this.#how = how;
    this.#service = service;
  }

  /** Starts it, for the first time or again. */
  async start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    const [program, ...args] = [...this.#wrapper, process.execPath, PROGRAM, 'run', '-c', this.file];
    const child = spawn(program, args, {
      env: { ...process.env, TZ: 'UTC', ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    this.#onPurpose = 'LNMT_COLLECTOR_KILL_AT' in env;
    let rest = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      for (const line of lines) this.log.push(lineOf(line));
    });
    this.#ended = new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal!)));
    await eventually(() => this.#ready(), 'the collector is ready', 15_000);
  }

  async #ready(): Promise<boolean> {
    if (this.#child.exitCode !== null) throw new Error(`the collector ended: ${JSON.stringify(this.log)}`);
    const address = await readFile(this.seen('storage/admin-address'), 'utf8').catch(() => '');
    if (!address.endsWith('\n')) return false;
    this.#admin = `http://${address.trim()}`;
    // After a power cut the file still names the address of the one before.
    return (await this.readiness()) === 200;
  }

  /** What `/readyz` answers; 0 where nobody does. */
  readiness(): Promise<number> {
    return fetch(`${this.#admin}/readyz`).then(
      ({ status }) => status,
      () => 0,
    );
  }

  /** A path of the test's directory as the collector sees it: it may have mounts of its own. */
  seen(path: string): string {
    return join(this.#wrapper.length > 0 ? `/proc/${this.pid}/root` : '/', this.directory, path);
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Whether it has ended, by whatever it was. */
  get gone(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** The file with a `service` block of the test's own. */
  whole(text: string): string {
    const token = this.#adminToken ? `, token: ${this.#adminToken.written}` : '';
    return `${text.trimEnd()}\nservice:\n  storage: { directory: ${join(this.directory, 'storage')} }\n  admin: { listen: '127.0.0.1:0'${token} }\n${this.#service}`;
  }

  /** Puts another text into the file, with the test's `service` block. */
  edit(text: string, how = this.#how): Promise<void> {
    return how(this.file, this.whole(text));
  }

  /** Puts exactly this text into the file. */
  editRaw(text: string, how = this.#how): Promise<void> {
    return how(this.file, text);
  }

  async status(): Promise<Status> {
    return (await (await this.#ask('/status')).json()) as Status;
  }

  /** All metrics, as Prometheus reads them. */
  async metrics(): Promise<string> {
    return (await this.#ask('/metrics')).text();
  }

  #ask(path: string): Promise<Response> {
    const headers = this.#adminToken ? { authorization: `Bearer ${this.#adminToken.token}` } : {};
    return fetch(`${this.#admin}${path}`, { headers });
  }

  /** The sum of a metric's samples that carry these labels. */
  async metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    const text = await this.metrics();
    const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
    let sum = 0;
    for (const line of text.split('\n')) {
      if (!line.startsWith(`${name}{`) && !line.startsWith(`${name} `)) continue;
      if (wanted.every((label) => line.includes(label))) sum += Number(/ (\S+)(?: \d+)?$/.exec(line)![1]);
    }
    return sum;
  }

  /** Port of the receiver's address with this scheme. */
  async port(receiver: string, scheme: string): Promise<number> {
    const { receivers } = await this.status();
    const address = receivers[receiver]?.addresses?.find((one) => one.startsWith(`${scheme}://`));
    if (!address) throw new Error(`${receiver} does not listen on ${scheme}`);
    return Number(new URL(address).port);
  }

  /** Asserts that every event is accounted for, in each pipeline and each exporter, once what is on its way to a disk is there. */
  async expectBalancedBooks(): Promise<Status> {
    let status = await this.status();
    const balance = async (): Promise<boolean> => imbalancesOf((status = await this.status())).length === 0;
    await eventually(balance, 'the books balance').catch(() => expect(imbalancesOf(status)).toEqual([]));
    return status;
  }

  /** Waits for a line of the log that matches. */
  async said(pattern: RegExp, timeoutMs = 5_000): Promise<LogLine> {
    const find = (): LogLine | undefined => this.log.find(({ message }) => pattern.test(message));
    await eventually(() => find() !== undefined, `the log says ${pattern}`, timeoutMs);
    return find()!;
  }

  signal(signal: NodeJS.Signals): void {
    this.#onPurpose ||= signal !== 'SIGHUP';
    this.#child.kill(signal);
  }

  /** Resolves with the exit status, or the signal that ended it. */
  get ended(): Promise<number | NodeJS.Signals> {
    return this.#ended;
  }

  /** Checks the books, asks it to end, and asserts that it does so in peace. */
  async stop(): Promise<void> {
    await this.expectBalancedBooks();
    this.signal('SIGTERM');
    expect(await this.#ended).toBe(0);
  }

  /** What every test ends with: it is well, it said nothing untoward, and every event is accounted for. Then it is killed. */
  async end(): Promise<void> {
    try {
      expect(this.gone && !this.#onPurpose, `it ended by itself: ${JSON.stringify(this.log.slice(-5))}`).toBe(false);
      expect(this.log.filter(isUntoward)).toEqual([]);
      if (!this.gone && !this.#onPurpose) await this.expectBalancedBooks();
    } finally {
      this.#child.kill('SIGKILL');
      await this.#ended;
    }
  }

  /** Ends it as a power cut would. */
  async kill9(): Promise<void> {
    this.signal('SIGKILL');
    await this.#ended;
  }
}

/** What is not JSON (a stack trace) is a line too: a test that looks for errors shall find it. */
function lineOf(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return { level: 'raw', logger: '', message: line };
  }
}

/** A stack trace, or an error that nobody expected. */
function isUntoward({ level, message }: LogLine): boolean {
  return level === 'raw' || /unhandled ?rejection|uncaught ?exception/i.test(message);
}
