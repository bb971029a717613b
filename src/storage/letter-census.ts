/**
 * How many dead letters are kept on disk now, by holder: those that were written less those that the commands
 * have removed since, which they do beside a running collector. Files only grow, so that after a first look
 * only what is new of them is read.
 */
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { letterFiles, nameOfFile, unlessGone } from './dead-letter-files.ts';
import { idOfFileName } from './file-name.ts';

interface Counted {
  readonly bytes: number;
  readonly rows: number;
  readonly removedBytes: number;
  readonly removed: number;
}

const NOTHING: Counted = { bytes: 0, rows: 0, removedBytes: 0, removed: 0 };
const LINE_FEED = 0x0a;

export class LetterCensus {
  readonly #directory: string;
  /** By path. */
  #counted = new Map<string, Counted>();

  /** `directory` is the one that holds the holders' folders. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Letters by holder, without those that have none; throws where the directory cannot be read. */
  async take(): Promise<ReadonlyMap<string, number>> {
    const letters = new Map<string, number>();
    const counted = new Map<string, Counted>();
    for (const name of await foldersIn(this.#directory)) {
      let sum = 0;
      const folder = join(this.#directory, name);
      for (const { number, bytes } of await letterFiles(folder)) {
        const path = join(folder, nameOfFile(number));
        const now = await this.#look(path, bytes, join(folder, nameOfFile(number, 'removed')));
        counted.set(path, now);
        sum += Math.max(0, now.rows - now.removed);
      }
      if (sum > 0) letters.set(idOfFileName(name), sum);
    }
    this.#counted = counted;
    return letters;
  }

  async #look(path: string, bytes: number, removedPath: string): Promise<Counted> {
    let known = this.#counted.get(path) ?? NOTHING;
    // What could not be written whole was cut off again.
    if (bytes < known.bytes) known = NOTHING;
    const rows = bytes === known.bytes ? known.rows : known.rows + (await rowsBetween(path, known.bytes, bytes));
    const removedBytes = await sizeOf(removedPath);
    const removed = removedBytes === known.removedBytes ? known.removed : await idsIn(removedPath);
    return { bytes, rows, removedBytes, removed };
  }
}

async function foldersIn(directory: string): Promise<readonly string[]> {
  return unlessGone(readdir(directory), []);
}

/** Rows that end between two offsets: one that a crash tore has no end. */
async function rowsBetween(path: string, from: number, to: number): Promise<number> {
  const count = async (): Promise<number> => {
    let rows = 0;
    for await (const chunk of createReadStream(path, { start: from, end: to - 1 }) as AsyncIterable<Buffer>)
      for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, at + 1)) rows += 1;
    return rows;
  };
  return unlessGone(count(), 0);
}

async function idsIn(path: string): Promise<number> {
  const ids = new Set((await unlessGone(readFile(path, 'utf8'), '')).split('\n'));
  ids.delete('');
  return ids.size;
}

async function sizeOf(path: string): Promise<number> {
  return unlessGone(
    stat(path).then(({ size }) => size),
    0,
  );
}
