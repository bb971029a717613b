/**
 * `dead-letters`: what a destination refused for good, to list, show, send again and throw away.
 * Works beside a running collector, which then puts what is replayed into its own queues, and without
 * one, on the files in the storage directory.
 */
import { join, resolve } from 'node:path';
import { load } from '../agent/loading.ts';
import { isWanted, replay, type Into, type Replayed, type Wanted } from '../agent/replay.ts';
import type { Configuration } from '../component/configuration.ts';
import { StartError } from '../component/errors.ts';
import { systemClock } from '../lib/clock.ts';
import { parseDuration } from '../lib/duration.ts';
import { cut, visibleJson, visibleLine } from '../lib/visible.ts';
import { deadLetters, removeDeadLetters, type DeadLetter } from '../storage/dead-letter-files.ts';
import { openStorage } from '../storage/directory.ts';
import { DiskQueue } from '../storage/disk-queue.ts';
import { queueDirectory } from '../storage/layout.ts';
import { colourOf, DONE, FAILED, print, WRONG_USAGE, type Outside } from './outside.ts';
import { findRunning, storageDirectoryOf } from './running.ts';
import { painter, table } from './table.ts';

export interface DeadLetterOptions {
  readonly config: string;
  /** Only letters of this exporter. */
  readonly name?: string;
  readonly format: 'text' | 'json';
  /** For replay and purge: every letter, where none is named. */
  readonly all?: boolean;
  /** For purge. */
  readonly olderThan?: string;
}

export async function listLetters(
  { config, name, format }: DeadLetterOptions,
  { stdout, env }: Outside,
): Promise<number> {
  const letters = await lettersOf(config, { exporter: name }, env);
  if (format === 'json') print(stdout, visibleJson(JSON.stringify(letters.map(rowOf), undefined, 2)));
  else if (letters.length === 0) print(stdout, 'no dead letters');
  else {
    const paint = painter(colourOf(stdout, env));
    const heads = ['id', 'time', 'exporter', 'tries', 'status', 'title', 'event id', 'the destination said'];
    const rows = letters
      .map(rowOf)
      .map((row) => [
        paint('cyan', row.id),
        row.time,
        row.exporter,
        String(row.attempts),
        String(row.status ?? ''),
        cut(visibleLine(row.title), 60),
        visibleLine(row.event_id),
        cut(visibleLine(row.reason), 200),
      ]);
    print(stdout, table([heads.map((head) => paint('dim', head)), ...rows]).join('\n'));
  }
  return DONE;
}

export async function showLetters(
  ids: readonly string[],
  { config, name, format }: DeadLetterOptions,
  { stdout, stderr, env }: Outside,
): Promise<number> {
  const letters = await lettersOf(config, { ids, exporter: name }, env);
  if (letters.length === 0) {
    print(stderr, `there is no dead letter ${ids.join(', ')}; \`dead-letters list\` says which there are`);
    return FAILED;
  }
  if (format === 'json') print(stdout, visibleJson(JSON.stringify(letters, undefined, 2)));
  else print(stdout, letters.map(letterText).join('\n\n'));
  return DONE;
}

export async function replayLetters(
  ids: readonly string[],
  options: DeadLetterOptions,
  outside: Outside,
): Promise<number> {
  const wanted = wantedOf('replay', ids, options, outside);
  if (!wanted) return WRONG_USAGE;
  const { stdout, stderr, env } = outside;
  const file = resolve(options.config);
  const running = await findRunning(file, env);
  let outcome: Replayed;
  if (running) {
    const response = await running.ask('/-/dead-letters/replay', { method: 'POST', body: wanted });
    if (!response.ok) {
      print(
        stderr,
        `the collector with process id ${running.pid} answered ${response.status}: ${(await response.text()).trim()}`,
      );
      return FAILED;
    }
    outcome = (await response.json()) as Replayed;
  } else {
    try {
      outcome = await replayAlone(file, wanted, outside);
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      print(stderr, `${error.message}. ${error.place.hint ?? ''}`);
      return FAILED;
    }
  }
  if (options.format === 'json') print(stdout, JSON.stringify(outcome, undefined, 2));
  else {
    const where = running
      ? `handed to the collector with process id ${running.pid}`
      : 'delivered when the collector runs again';
    print(
      stdout,
      outcome.replayed === 0 ? 'nothing was replayed' : `${inWords(outcome.replayed)} back in the queue, ${where}`,
    );
    for (const { exporter, letters, reason } of outcome.left)
      print(stderr, `${inWords(letters)} of ${exporter} stay: ${reason}`);
  }
  return outcome.left.length === 0 && outcome.replayed > 0 ? DONE : FAILED;
}

export async function purgeLetters(
  ids: readonly string[],
  options: DeadLetterOptions,
  outside: Outside,
): Promise<number> {
  const ageMs = options.olderThan === undefined ? 0 : parseDuration(options.olderThan);
  if (ageMs === undefined) {
    print(outside.stderr, '--older-than takes a time such as 12h or 7d');
    return WRONG_USAGE;
  }
  const wanted = wantedOf('purge', ids, options, outside);
  if (!wanted) return WRONG_USAGE;
  const matches = isWanted(wanted);
  const before = systemClock.now() - ageMs;
  const removed = await removeDeadLetters(
    await directoryOf(options.config, outside.env),
    (letter) => matches(letter) && Date.parse(letter.time) <= before,
  );
  if (options.format === 'json') print(outside.stdout, JSON.stringify({ purged: removed }));
  else print(outside.stdout, removed === 0 ? 'nothing was purged' : `${inWords(removed)} purged`);
  return DONE;
}

/** Undefined, and said, where nothing says which letters: none is replayed or thrown away by accident. */
function wantedOf(
  verb: string,
  ids: readonly string[],
  { name, all, olderThan }: DeadLetterOptions,
  { stderr }: Outside,
): Wanted | undefined {
  if (ids.length > 0 || name !== undefined || all || olderThan !== undefined)
    return { ids: ids.length > 0 ? ids : undefined, exporter: name };
  print(stderr, `name the letters to ${verb} by their ids, or say --name EXPORTER or --all`);
  return undefined;
}

/** Without a collector: onto the disk queues, whose directory nobody may have meanwhile. */
async function replayAlone(file: string, wanted: Wanted, { env }: Outside): Promise<Replayed> {
  const { configuration } = await load(file, { env, noSecrets: true });
  const storage = await openStorage(configuration?.service.storageDirectory ?? (await storageDirectoryOf(file, env)));
  const queues = new Map<string, DiskQueue>();
  try {
    return await replay(
      join(storage.directory, 'dead-letters'),
      wanted,
      systemClock.now(),
      intoQueues(configuration, storage.directory, queues),
    );
  } finally {
    for (const queue of queues.values()) await queue.close();
    await storage.release();
  }
}

function intoQueues(configuration: Configuration | undefined, storage: string, queues: Map<string, DiskQueue>): Into {
  return async (holder, events) => {
    const spec = configuration?.exporters.get(holder);
    if (!spec) return 'the file has no such exporter; start the collector for letters of a processor';
    const limits = spec.delivery.queue;
    if (limits.type !== 'disk') return 'its queue is in memory; start the collector first';
    const queue =
      queues.get(holder) ??
      (await DiskQueue.open({
        directory: queueDirectory(storage, holder),
        limits,
        clock: systemClock,
        log: { debug() {}, info() {}, warn() {}, error() {} },
      }));
    queues.set(holder, queue);
    if (queue.full) return 'its queue is full';
    const settlement = await new Promise((settled) => queue.push(events, settled));
    return settlement === 'safe' ? undefined : 'its queue could not be written';
  };
}

async function lettersOf(config: string, wanted: Wanted, env: Outside['env']): Promise<DeadLetter[]> {
  const matches = isWanted(wanted);
  const letters: DeadLetter[] = [];
  for await (const letter of deadLetters(await directoryOf(config, env), wanted.exporter))
    if (matches(letter)) letters.push(letter);
  return letters.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}

/** Of the dead letters of a file, whatever state it is in. */
async function directoryOf(config: string, env: Outside['env']): Promise<string> {
  const file = resolve(config);
  const { configuration } = await load(file, { env, noSecrets: true });
  return join(configuration?.service.storageDirectory ?? (await storageDirectoryOf(file, env)), 'dead-letters');
}

/** What `list` says of a letter. */
function rowOf({ id, time, exporter, reason, attempts, status, event }: DeadLetter) {
  return {
    id,
    time,
    exporter,
    attempts,
    ...(status === undefined ? {} : { status }),
    reason,
    event_id: String(event['event_id']),
    title: String(event['title']),
  };
}

function letterText(letter: DeadLetter): string {
  const { id, time, exporter, reason, attempts, status, event } = letter;
  const facts = [
    ['id', id],
    ['refused', `${time} by ${exporter}, at try ${attempts}${status === undefined ? '' : `, status ${status}`}`],
    ['it said', visibleLine(reason)],
  ];
  return [...table(facts, ''), visibleJson(JSON.stringify(event, undefined, 2))].join('\n');
}

function inWords(letters: number): string {
  return letters === 1 ? '1 dead letter' : `${letters} dead letters`;
}
