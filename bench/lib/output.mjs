/** The file an agent writes: how many lines, and when the last one came. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 25;
const LF = 10;

/**
 * Counts the lines behind `from` once `wanted` are there, or nothing has come for `idleMs`. The end
 * is the file's own time, so that looking rarely costs nothing.
 */
export async function linesOf(path, wanted, { from = 0, idleMs = 3_000 } = {}) {
  let offset = from;
  let lines = 0;
  for (let since = Date.now(); lines < wanted && Date.now() - since < idleMs; await sleep(LOOK_EVERY_MS)) {
    if (sizeOf(path) === offset) continue;
    const read = countLines(path, offset);
    lines += read.lines;
    offset = read.offset;
    since = Date.now();
  }
  return { lines, offset, lastMs: lines > 0 ? statSync(path).mtimeMs : Date.now() };
}

export function sizeOf(path) {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function countLines(path, from) {
  const buffer = Buffer.allocUnsafe(1 << 20);
  const file = openSync(path, 'r');
  let offset = from;
  let lines = 0;
  for (
    let read = readSync(file, buffer, 0, buffer.length, offset);
    read > 0;
    read = readSync(file, buffer, 0, buffer.length, offset)
  ) {
    offset += read;
    for (let at = buffer.indexOf(LF); at >= 0 && at < read; at = buffer.indexOf(LF, at + 1)) lines += 1;
  }
  closeSync(file);
  return { lines, offset };
}
