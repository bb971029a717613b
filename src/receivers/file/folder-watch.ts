/**
 * Says when a name appears or disappears in the folders of the files being read, so that a rotation
 * is noticed within milliseconds. Only a hint: polling finds everything that this misses.
 */
import { watch, type FSWatcher } from 'node:fs';

const MAX_FOLDERS = 64;

export class FolderWatch {
  readonly #changed: () => void;
  readonly #watchers = new Map<string, FSWatcher>();

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Watches these folders and no others. Those that cannot be watched are polled only. */
  watch(folders: ReadonlySet<string>): void {
    for (const [folder, watcher] of this.#watchers) {
      if (folders.has(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const folder of folders) {
      if (this.#watchers.size >= MAX_FOLDERS) return;
      if (!this.#watchers.has(folder)) this.#add(folder);
    }
  }

  close(): void {
    this.watch(new Set());
  }

  #add(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, (type) => {
        if (type === 'rename') this.#changed();
      });
      watcher.on('error', () => {
        watcher.close();
        if (this.#watchers.get(folder) === watcher) this.#watchers.delete(folder);
      });
      this.#watchers.set(folder, watcher);
    } catch {
      // No inotify watch left, or no such folder any more.
    }
  }
}
