/** What a log finds of itself at the start, whatever became of its files. */
import { link, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Clock, Logger } from '../component/component.ts';
import type { Checkpoints } from './checkpoint.ts';
import type { Runs } from './runs.ts';
import { firstOf, Segment, type StoredRecord } from './segment.ts';

export interface RecoveryOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onFound?: (record: StoredRecord) => void;
}

export interface Recovered {
  /** In order; none is empty. */
  readonly segments: Segment[];
  readonly acknowledged: Runs;
  readonly next: number;
  readonly damaged: number;
}

/** Files are read through for so long; what is left then is looked at when its turn comes to be read. */
const BUDGET_MS = 2_000;

/** Damaged files kept of one log. */
const KEPT_ASIDE = 4;

export async function recoverSegments(options: RecoveryOptions, checkpoints: Checkpoints): Promise<Recovered> {
  const { directory, clock, log, onFound } = options;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const restored = await checkpoints.restore();
  const { acknowledged } = restored;
  if (restored.checkpoint === 'damaged')
    log.warn('a queue checkpoint was damaged; events may be sent again', { directory });
  const all = await segmentsIn(directory);
  const giveUpAt = clock.monotonic() + BUDGET_MS;
  let damaged = 0;
  // Without a checkpoint nobody knows what came before the first file.
  let end = restored.checkpoint === 'sound' ? 0 : (all[0]?.first ?? 0);
  acknowledged.add(0, end);
  const kept: Segment[] = [];
  for (const [index, segment] of all.entries()) {
    const isLast = index === all.length - 1;
    const gap = loseRun(acknowledged, end, segment.first);
    if (gap > 0) log.error('events lost: a queue file is missing', { events: gap, before: basename(segment.path) });
    damaged += gap;
    segment.live = segment.end - segment.first - acknowledged.count(segment.first, segment.end);
    if (isLast || (segment.live > 0 && clock.monotonic() < giveUpAt)) {
      const lost = await look(segment, acknowledged, isLast, restored.synced, onFound);
      if (lost > 0) log.error('events lost: a queue file is damaged', { events: lost, keptAs: `${segment.path}.bad` });
      damaged += lost;
    } else {
      segment.liveBytes = segment.live > 0 ? segment.bytes : 0;
    }
    end = segment.end;
    // An empty one has the name that the next file will have. Others go when a checkpoint says that they may.
    if (segment.end > segment.first) kept.push(segment);
    else await rm(segment.path, { force: true });
  }
  // Records that were on disk once, and of which no file knows.
  const tail = loseRun(acknowledged, end, restored.synced);
  if (tail > 0) log.error('events lost: the end of a queue is missing', { events: tail, directory });
  const next = Math.max(end, restored.synced, acknowledged.ceiling);
  return { segments: kept, acknowledged, next, damaged: damaged + tail };
}

async function look(
  segment: Segment,
  acknowledged: Runs,
  isLast: boolean,
  synced: number,
  onFound: ((record: StoredRecord) => void) | undefined,
): Promise<number> {
  const { missing, damagedBytes } = await segment.load(acknowledged, isLast, onFound);
  if (missing.length === 0 && damagedBytes === 0 && (!isLast || segment.end >= synced)) return 0;
  await keepAside(segment.path);
  let lost = 0;
  for (const [from, to] of missing) {
    const fresh = loseRun(acknowledged, from, to);
    segment.live -= fresh;
    lost += fresh;
  }
  // A torn end past what is known to have been synced: one record at the least.
  if (isLast && damagedBytes > 0 && missing.length === 0 && segment.end >= synced) lost += 1;
  return lost;
}

/** Acknowledges a run that is not there any more. Returns how many of it were waiting. */
function loseRun(acknowledged: Runs, from: number, to: number): number {
  let lost = 0;
  for (const [a, b] of acknowledged.add(from, to)) lost += b - a;
  return lost;
}

async function segmentsIn(directory: string): Promise<Segment[]> {
  const found: { first: number; bytes: number }[] = [];
  for (const name of await readdir(directory)) {
    if (name.endsWith('.tmp')) await rm(join(directory, name), { force: true });
    const first = firstOf(name);
    if (first !== undefined) found.push({ first, bytes: (await stat(join(directory, name))).size });
  }
  found.sort((a, b) => a.first - b.first);
  return found.map(({ first, bytes }, index) => new Segment(directory, first, found[index + 1]?.first ?? first, bytes));
}

/** Keeps a damaged file under another name, for who wants to look. The log goes on using it under its own. */
export async function keepAside(path: string): Promise<void> {
  await link(path, `${path}.bad`).catch(() => {});
  const directory = dirname(path);
  const kept = (await readdir(directory)).filter((name) => name.endsWith('.bad')).sort();
  for (const name of kept.slice(0, Math.max(0, kept.length - KEPT_ASIDE)))
    await rm(join(directory, name), { force: true });
}
