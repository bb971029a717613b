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

interface Watched {
  readonly inode: string;
  readonly watcher: FSWatcher;
}

class Watch implements FileWatch {
  readonly ready: Promise<void>;
  readonly #onChange: (changed: readonly string[]) => void;
  readonly #settleMs: number;
  readonly #known = new Map<string, string>();
  readonly #poll: NodeJS.Timeout;
  /** By the path of the file or directory: one made anew must be watched anew. */
  readonly #watched = new Map<string, Watched>();
  /** Paths whose events concern us. */
  #paths = new Set<string>();
  #files: readonly string[];
  #timer: NodeJS.Timeout | undefined;
  #firstEventMs = 0;
  #closed = false;
  #work: Promise<void> = Promise.resolve();

  constructor({ files, onChange, settleMs = 50, pollMs = 1_000 }: WatchOptions) {
    this.#files = [...files];
    this.#onChange = onChange;
    this.#settleMs = settleMs;
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
    for (const { watcher } of this.#watched.values()) await watcher.close();
  }

  async #start(): Promise<void> {
    this.#enqueue(async () => {
      for (const file of this.#files) this.#known.set(file, await fingerprint(file));
      await this.#rewatch();
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
    // What is renamed over again before a new watch stands is told by no event.
    if (await this.#rewatch()) this.#schedule(this.#settleMs);
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

  /** Follows the links as they are now. True if something is watched anew, as it is once this resolves. */
  async #rewatch(): Promise<boolean> {
    const paths = new Set<string>();
    for (const file of this.#files) for (const path of await pathsTo(file)) paths.add(path);
    const wanted = new Map<string, string>();
    for (const path of paths) wanted.set(...(await toldBy(path)));
    this.#paths = paths;
    for (const [path, { inode, watcher }] of this.#watched) {
      if (wanted.get(path) === inode) continue;
      this.#watched.delete(path);
      // Not unwatched: what has been is ignored from then on, and so is what lies below it.
      await watcher.close();
    }
    const fresh = [...wanted].filter(([path, inode]) => inode !== GONE && !this.#watched.has(path));
    await Promise.all(fresh.map(([path, inode]) => this.#watch(path, inode)));
    return fresh.length > 0;
  }

  /** Resolves once it is watched, or will not be for now: the poll goes on. */
  #watch(path: string, inode: string): Promise<void> {
    const watcher = watch(path, {
      depth: 0,
      ignoreInitial: true,
      followSymlinks: false,
      atomic: false,
      ignorePermissionErrors: true,
      ignored: (found) => found !== path && !this.#paths.has(found),
    });
    this.#watched.set(path, { inode, watcher });
    watcher.on('raw', (_event: string, name: string | null, details: unknown) => this.#heard(name, details));
    watcher.on('all', (_event, found) => this.#noticed(found));
    return new Promise((resolve) => {
      const longest = setTimeout(resolve, LONGEST * this.#settleMs);
      const stands = (): void => {
        clearTimeout(longest);
        resolve();
      };
      watcher.once('ready', stands);
      // A directory that went away, or no inotify watches left.
      watcher.on('error', stands);
    });
  }
}
