/**
 * The dead letters on disk as the commands see them: to list, show, send again and remove, beside a
 * running collector or without one. Nothing here writes to a file that the collector writes to: a
 * letter is removed by noting its id in `NUMBER.removed`, and a file goes once all of it is removed.
 */
import { open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../component/errors.ts';

export interface DeadLetter {
  readonly id: string;
  /** RFC 3339. */
  readonly time: string;
  /** The exporter's id, or a processor's key. */
  readonly exporter: string;
  /** In the destination's words. */
  readonly reason: string;
  readonly attempts: number;
  readonly status?: number;
  /** The documented event. */
  readonly event: Readonly<Record<string, unknown>>;
}

export interface LetterFile {
  readonly number: number;
  bytes: number;
}

/** Every letter, or those of one exporter, oldest first for each. `directory` is the one that holds the holders' folders. */
export async function* deadLetters(directory: string, exporter?: string): AsyncGenerator<DeadLetter> {
  for (const folder of await foldersIn(directory)) {
    for (const { number } of await letterFiles(folder)) {
      for (const letter of await readLetterFile(folder, number)) {
        if (exporter !== undefined && letter.exporter !== exporter) break;
        yield letter;
      }
    }
  }
}

/** Removes the letters that `wanted` says, and tells how many. Safe beside a collector that appends. */
export async function removeDeadLetters(directory: string, wanted: (letter: DeadLetter) => boolean): Promise<number> {
  let removed = 0;
  for (const folder of await foldersIn(directory)) {
    const files = await letterFiles(folder);
    for (const { number } of files) {
      const letters = await readLetterFile(folder, number);
      const going = letters.filter(wanted);
      removed += going.length;
      const isLast = number === files.at(-1)?.number;
      if (going.length === letters.length && !isLast) {
        await rm(join(folder, nameOfFile(number)), { force: true });
        await rm(join(folder, nameOfFile(number, 'removed')), { force: true });
      } else if (going.length > 0) {
        await note(join(folder, nameOfFile(number, 'removed')), going.map(({ id }) => `${id}\n`).join(''));
      }
    }
  }
  return removed;
}

/** How many letters each exporter has. */
export async function countDeadLetters(directory: string): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for await (const { exporter } of deadLetters(directory)) counts.set(exporter, (counts.get(exporter) ?? 0) + 1);
  return counts;
}

/** The numbered files of one holder, oldest first. */
export async function letterFiles(folder: string): Promise<readonly LetterFile[]> {
  const files: LetterFile[] = [];
  for (const name of await namesIn(folder)) {
    const number = Number(/^(\d{6,})\.ndjson$/.exec(name)?.[1]);
    if (Number.isNaN(number)) continue;
    const bytes = await sizeOf(join(folder, name));
    if (bytes !== undefined) files.push({ number, bytes });
  }
  return files.sort((a, b) => a.number - b.number);
}

/** The letters of one file that were not removed. A row that a crash tore is left out, and so is one being written. */
export async function readLetterFile(folder: string, number: number): Promise<readonly DeadLetter[]> {
  const removed = new Set((await textOf(join(folder, nameOfFile(number, 'removed')))).split('\n'));
  const letters: DeadLetter[] = [];
  for (const row of (await textOf(join(folder, nameOfFile(number)))).split('\n')) {
    const letter = letterOf(row);
    if (letter && !removed.has(letter.id)) letters.push(letter);
  }
  return letters;
}

export function nameOfFile(number: number, ending = 'ndjson'): string {
  return `${String(number).padStart(6, '0')}.${ending}`;
}

function letterOf(row: string): DeadLetter | undefined {
  try {
    const letter = JSON.parse(row) as Partial<DeadLetter> | null;
    if (typeof letter?.id !== 'string' || typeof letter.exporter !== 'string' || typeof letter.event !== 'object')
      return undefined;
    return letter as DeadLetter;
  } catch {
    return undefined;
  }
}

async function note(path: string, text: string): Promise<void> {
  const file = await open(path, 'a', 0o600);
  try {
    await file.appendFile(text);
    await file.datasync();
  } finally {
    await file.close();
  }
}

async function foldersIn(directory: string): Promise<readonly string[]> {
  return (await namesIn(directory)).sort().map((name) => join(directory, name));
}

async function namesIn(directory: string): Promise<string[]> {
  return unlessGone(readdir(directory), []);
}

async function sizeOf(path: string): Promise<number | undefined> {
  return unlessGone(
    stat(path).then(({ size }) => size),
    undefined,
  );
}

async function textOf(path: string): Promise<string> {
  return unlessGone(readFile(path, 'utf8'), '');
}

/** The collector and the commands remove files beside each other. */
export async function unlessGone<T>(found: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await found;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return otherwise;
    throw error;
  }
}
