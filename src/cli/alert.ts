/**
 * `alert`: one event through filters and limits to every exporter, or to those named.
 *
 * A collector that runs on the same file takes it, and keeps what cannot be delivered now. Without
 * one the command delivers itself, in one try; rate-limit windows are kept in the storage directory,
 * so that a script that calls it every minute is limited all the same.
 */
import { join, resolve } from 'node:path';
import { alertThrough } from '../agent/alert.ts';
import type { AlertAnswer } from '../agent/alert-route.ts';
import { sendingOnly, sendingWorld, Tallies } from '../agent/sender.ts';
import { StartError } from '../component/errors.ts';
import type { Event, Level } from '../component/event.ts';
import { systemClock } from '../lib/clock.ts';
import { eventFromJson, stringifyEvent } from '../lib/event-json.ts';
import type { Outcome } from '../pipeline/dispatch.ts';
import { Graph } from '../pipeline/graph.ts';
import { StateKeeper } from '../pipeline/state-keeper.ts';
import { openStorage, type Storage } from '../storage/directory.ts';
import { FileState } from '../storage/state.ts';
import { secretMask } from '../telemetry/secret-mask.ts';
import { colourOf, DONE, FAILED, print, WRONG_USAGE, type Outside } from './outside.ts';
import { Progress } from './progress.ts';
import { findRunning, type Running } from './running.ts';
import { painter, table, type Paint } from './table.ts';
import { unknownExporter, valid } from './test.ts';

export interface AlertOptions {
  readonly config: string;
  readonly level: Level;
  readonly title?: string;
  readonly message?: string;
  readonly type: string;
  readonly source: string;
  readonly tags?: string;
  readonly metadata?: string;
  readonly name?: readonly string[];
  readonly format: 'text' | 'json';
}

type Outcomes = ReadonlyMap<string, Outcome>;

export async function alert(options: AlertOptions, outside: Outside): Promise<number> {
  const { config, name: names, format } = options;
  const { stdout, stderr, env } = outside;
  const event = eventOf(options);
  if (typeof event === 'string') {
    print(stderr, event);
    return WRONG_USAGE;
  }
  const loaded = await valid(config, outside);
  if (!loaded) return FAILED;
  const unknown = names?.find((name) => !loaded.configuration.exporters.has(name));
  if (unknown !== undefined) {
    print(stderr, unknownExporter(unknown, loaded.configuration));
    return WRONG_USAGE;
  }
  const progress = new Progress(outside);
  progress.begin('the destinations');
  const running = await findRunning(resolve(config), env);
  const handed = running && (await handTo(running, event, names));
  const outcomes = handed instanceof Map ? handed : await deliver(event, names, loaded, outside);
  progress.end('the destinations');
  if (typeof handed === 'string') print(stderr, `${handed}; sent without it`);
  const mask = secretMask(() => loaded.configuration.secrets);
  if (format === 'json') print(stdout, mask(json(event, outcomes, handed instanceof Map)));
  else {
    if (running && handed instanceof Map) print(stderr, `taken by the collector with process id ${running.pid}`);
    print(stdout, mask(text(outcomes, painter(colourOf(stdout, env)))));
  }
  return outcomes.size > 0 && [...outcomes.values()].every(({ status }) => status !== 'failed') ? DONE : FAILED;
}

function eventOf({ level, title, message, type, source, tags, metadata }: AlertOptions): Event | string {
  let given: unknown = {};
  if (metadata !== undefined) {
    try {
      given = JSON.parse(metadata);
    } catch (error) {
      return `--metadata takes a JSON object, such as '{"host": "web1"}': ${error instanceof Error ? error.message : ''}`;
    }
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return `--metadata takes a JSON object, such as '{"host": "web1"}'`;
  const words = tags
    ?.split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');
  const wire = {
    level,
    title: title ?? null,
    message: message ?? null,
    event_type: type,
    source,
    tags: words ?? [],
    metadata: given,
  };
  const event = eventFromJson(wire, systemClock.now());
  return typeof event === 'string'
    ? event.replace('event_type', '--type').replace('a title or a message', '-t or -m')
    : event;
}

/** What the running collector says became of it, or why it could not be asked. */
async function handTo(
  running: Running,
  event: Event,
  names: readonly string[] | undefined,
): Promise<Map<string, Outcome> | string> {
  const query = (names ?? []).map((name) => `exporter=${encodeURIComponent(name)}`).join('&');
  try {
    const response = await running.ask(`/v1/events?${query}`, {
      method: 'POST',
      body: JSON.parse(stringifyEvent(event)) as unknown,
    });
    if (response.ok) return new Map(Object.entries(((await response.json()) as AlertAnswer).exporters));
    return `the collector with process id ${running.pid} answered ${response.status}: ${(await response.text()).trim()}`;
  } catch {
    return `the collector with process id ${running.pid} cannot be reached at ${running.address}`;
  }
}

/** Without a collector: one try for each exporter. What is not taken now is not kept. */
async function deliver(
  event: Event,
  names: readonly string[] | undefined,
  { configuration, catalog }: NonNullable<Awaited<ReturnType<typeof valid>>>,
  { stderr }: Outside,
): Promise<Outcomes> {
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  const storage = await windows(configuration.service.storageDirectory);
  if (typeof storage === 'string') print(stderr, `rate limits begin anew: ${storage}`);
  const state =
    typeof storage === 'string' ? undefined : new FileState(join(storage.directory, 'state'), systemClock, silent);
  const meter = new Tallies();
  const graph = new Graph(
    sendingWorld({
      catalog: () => catalog,
      clock: systemClock,
      meter,
      logger: () => silent,
      deadLetters: { add() {} },
      ...(state ? { state } : {}),
    }),
  );
  const waitMs =
    1_000 + Math.max(0, ...[...configuration.exporters.values()].map(({ delivery }) => delivery.timeoutMs));
  try {
    await graph.apply(sendingOnly(configuration, { memory: true, atOnce: true }));
    const outcomes = await alertThrough(event, { exporters: names, waitMs }, { graph, meter, clock: systemClock });
    return new Map(
      [...outcomes].map(([id, outcome]) => [
        id,
        outcome.status === 'queued' ? { ...outcome, status: 'failed' } : outcome,
      ]),
    );
  } finally {
    if (state) await new StateKeeper(() => graph.nodes, state, systemClock).save();
    await graph.stop(AbortSignal.abort(new Error('one try')), () => Promise.resolve());
    await state?.close();
    if (typeof storage !== 'string') await storage.release();
  }
}

const LOCK_TRIES = 30;
const LOCK_WAIT_MS = 100;

/** The storage directory, once nobody else has it (another `alert` is done soon), or why not. */
async function windows(directory: string): Promise<Storage | string> {
  for (let count = 1; ; count += 1) {
    try {
      return await openStorage(directory);
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      if (count === LOCK_TRIES || !error.message.includes('in use')) return error.message;
      await new Promise<void>((done) => void systemClock.schedule(LOCK_WAIT_MS, done));
    }
  }
}

function json(event: Event, outcomes: Outcomes, byCollector: boolean): string {
  const exporters = Object.fromEntries(
    [...outcomes].map(([id, { tookMs, ...outcome }]) => [id, { ...outcome, took_ms: tookMs }]),
  );
  return JSON.stringify(
    { event_id: event.eventId, sent_by: byCollector ? 'collector' : 'command', exporters },
    undefined,
    2,
  );
}

function text(outcomes: Outcomes, paint: Paint): string {
  if (outcomes.size === 0) return 'no enabled exporter could have it';
  return table(
    [...outcomes].map(([id, outcome]) => [MARKS[outcome.status](paint), id, sentence(outcome)]),
    '',
  ).join('\n');
}

const MARKS: Readonly<Record<Outcome['status'], (paint: Paint) => string>> = {
  sent: (paint) => paint('green', '✔'),
  queued: (paint) => paint('yellow', '…'),
  filtered: (paint) => paint('dim', '–'),
  limited: (paint) => paint('dim', '–'),
  failed: (paint) => paint('red', '✘'),
};

function sentence({ status, by, reason, tookMs }: Outcome): string {
  const why = reason === undefined ? '' : `: ${reason}`;
  if (status === 'sent') return `sent in ${tookMs} ms`;
  if (status === 'queued') return `queued, and tried again${why}`;
  return `${status}${by === undefined ? '' : ` by ${by}`}${why}`;
}
