/**
 * Watches the files of a configuration, and compares contents, since an event says little; a slow
 * poll of the contents is the net for what no event tells (network file systems, a directory made
 * anew).
 */
import { dirname, join } from 'node:path';
import { watch, type FSWatcher } from 'chokidar';
import { GONE, fingerprint, isPassing, pathsTo, toldBy } from './watch-paths.ts';

export interface WatchOptions {
  /** Absolute paths of files, which need not exist; of a directory, the names in it are watched. */
  readonly files: readonly string[];
  /** Called with those of `files` whose content is another than at the last call. */
  readonly onChange: (changed: readonly string[]) => void;
  /** Quiet that must follow an event before contents are compared. */
  readonly settleMs?: number;
  readonly pollMs?: number;
}

export interface FileWatch {
  /** Resolves once changes are noticed. */
  readonly ready: Promise<void>;
  /** Watches these files from now on; those that were watched before are compared with what they were then. Resolves once it does. */
  update(files: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** Notices an edit `settleMs` after its last write; one that leaves the contents as they were is none. */
export function watchFiles(options: WatchOptions): FileWatch {
  return new Watch(options);
}

/** A file that has just been emptied or removed gets so many times `settleMs` to be written again. */
const PATIENCE = 4;

/** Events that never cease hold a comparison up no longer than so many times `settleMs`. */
const LONGEST = 10;

class Watch implements FileWatch {
  readonly ready: Promise<void>;
  readonly #onChange: (changed: readonly string[]) => void;
  readonly #settleMs: number;
  readonly #known = new Map<string, string>();
  readonly #watcher: FSWatcher;
  readonly #poll: NodeJS.Timeout;
  /** Watched files and directories, and their inodes: one made anew must be watched anew. */
  #watched = new Map<string, string>();
  /** Paths whose events concern us. */
  #paths = new Set<string>();
  #files: readonly string[];
  #timer: NodeJS.Timeout | undefined;
  #firstEventMs = 0;
  /** The first watches are there. */
  #standing = false;
  #closed = false;
  #work: Promise<void> = Promise.resolve();

  constructor({ files, onChange, settleMs = 50, pollMs = 1_000 }: WatchOptions) {
    this.#files = [...files];
    this.#onChange = onChange;
    this.#settleMs = settleMs;
    this.#watcher = watch([], {
      depth: 0,
      ignoreInitial: true,
      followSymlinks: false,
      atomic: false,
      ignorePermissionErrors: true,
      ignored: (path) => !this.#watched.has(path) && !this.#paths.has(path),
    });
    this.#watcher.on('raw', (_event: string, name: string | null, details: unknown) => this.#heard(name, details));
    this.#watcher.on('all', (_event, path) => this.#noticed(path));
    this.#watcher.on('error', () => {
      // A directory that went away, or no inotify watches left: the poll goes on.
    });
    this.#poll = setInterval(() => this.#enqueue(() => this.#look()), pollMs);
    this.#poll.unref();
    this.ready = this.#start();
  }

  async update(files: readonly string[]): Promise<void> {
    this.#files = [...files];
    this.#enqueue(async () => {
      for (const file of this.#known.keys()) if (!this.#files.includes(file)) this.#known.delete(file);
      for (const file of this.#files) if (!this.#known.has(file)) this.#known.set(file, await fingerprint(file));
      await this.#rewatch();
      await this.#look();
    });
    await this.#work;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#poll);
    clearTimeout(this.#timer);
    await this.#work;
    await this.#watcher.close();
  }

  async #start(): Promise<void> {
    this.#enqueue(async () => {
      for (const file of this.#files) this.#known.set(file, await fingerprint(file));
      const ready = new Promise<void>((done) => this.#watcher.once('ready', done));
      await this.#rewatch();
      if (this.#watched.size > 0) await ready;
      this.#standing = true;
      // What changed before the watch stood.
      await this.#look();
    });
    await this.#work;
  }

  /** One thing at a time: contents are compared with what the last comparison found. */
  #enqueue(task: () => Promise<void>): void {
    this.#work = this.#work.then(() => (this.#closed ? undefined : task()));
  }

  /** An event of the operating system; a directory names the entry it is about. */
  #heard(name: string | null, details: unknown): void {
    const watched =
      typeof details === 'object' && details !== null && 'watchedPath' in details
        ? String(details.watchedPath)
        : undefined;
    if (watched === undefined) return;
    this.#noticed(name ? join(watched, name) : watched, watched);
  }

  #noticed(path: string, watched = path): void {
    const concerns = this.#paths.has(path) || this.#paths.has(watched) || this.#files.includes(dirname(path));
    if (!concerns || this.#closed) return;
    const now = performance.now();
    if (this.#timer === undefined) this.#firstEventMs = now;
    if (now - this.#firstEventMs < LONGEST * this.#settleMs) this.#schedule(this.#settleMs);
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#enqueue(() => this.#compare());
    }, delayMs);
  }

  /** The poll: what it finds is compared once more after the quiet, as it may be half written. */
  async #look(): Promise<void> {
    if (this.#timer !== undefined) return;
    for (const file of this.#files) {
      if ((await fingerprint(file)) === this.#known.get(file)) continue;
      this.#schedule(this.#settleMs);
      break;
    }
    await this.#rewatch();
  }

  async #compare(): Promise<void> {
    let found = await this.#differing();
    for (let waited = 0; waited < PATIENCE && [...found.values()].some(isPassing); waited += 1) {
      await new Promise((done) => setTimeout(done, this.#settleMs));
      if (this.#closed) return;
      found = await this.#differing();
    }
    // Events while it was read: it may be half of what it will be.
    if (this.#timer !== undefined && found.size > 0) return;
    await this.#rewatch();
    for (const [file, print] of found) this.#known.set(file, print);
    if (found.size > 0 && !this.#closed) this.#onChange([...found.keys()]);
  }

  async #differing(): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (const file of this.#files) {
      const print = await fingerprint(file);
      if (print !== this.#known.get(file)) found.set(file, print);
    }
    return found;
  }

  /** Follows the links as they are now. */
  async #rewatch(): Promise<void> {
    const paths = new Set<string>();
    for (const file of this.#files) for (const path of await pathsTo(file)) paths.add(path);
    const watched = new Map<string, string>();
    for (const path of paths) watched.set(...(await toldBy(path)));
    const before = this.#watched;
    this.#paths = paths;
    this.#watched = watched;
    for (const [path, inode] of before) if (watched.get(path) !== inode) this.#watcher.unwatch(path);
    const fresh = [...watched].filter(([path, inode]) => inode !== GONE && before.get(path) !== inode);
    if (fresh.length === 0 || this.#closed) return;
    this.#watcher.add(fresh.map(([path]) => path));
    // A file that is renamed over again before this watch stands is told by no event.
    if (this.#standing) this.#schedule(this.#settleMs);
  }
}
