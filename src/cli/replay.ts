/**
 * `replay --against NEW.yaml`: runs recorded traffic, or log files, through the file and an edited
 * one. An operator asks: how many messages will this edit make of what came in lately? Sends nothing.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { check } from '../agent/loading.ts';
import { recordDirectory } from '../agent/recording.ts';
import type { Configuration } from '../component/configuration.ts';
import { formatProblems } from '../config/print.ts';
import { systemClock } from '../lib/clock.ts';
import {
  replay as replayBoth,
  type ExporterChange,
  type ReplayReport,
  type Side,
  type Traffic,
} from '../simulation/replay.ts';
import { recorded } from '../storage/recorder.ts';
import { secretMask } from '../telemetry/secret-mask.ts';
import { colourOf, DONE, FAILED, print, WRONG_USAGE, type Outside } from './outside.ts';
import { painter, table, type Paint } from './table.ts';

export interface ReplayOptions {
  readonly config: string;
  readonly against: string;
  readonly receiver?: string;
  readonly format: 'text' | 'json';
}

export async function replay(files: readonly string[], options: ReplayOptions, outside: Outside): Promise<number> {
  const { env, stdout, stderr } = outside;
  const [before, after] = [await side(options.config, outside), await side(options.against, outside)];
  if (!before || !after) return FAILED;
  const now = systemClock.now();
  let traffic: AsyncIterable<Traffic>;
  if (files.length === 0) {
    const { storageDirectory, record } = before.configuration.service;
    const since = record ? now - record.maxAgeMs : 0;
    traffic = recorded(recordDirectory(storageDirectory), since);
  } else {
    const receiver = options.receiver ?? lineReceiver(before.configuration);
    if (receiver === undefined || !before.configuration.receivers.has(receiver)) {
      print(
        stderr,
        `say which receiver the lines come to with --receiver: ${[...before.configuration.receivers.keys()].join(', ') || 'the file has none'}`,
      );
      return WRONG_USAGE;
    }
    const missing = await firstMissing(files);
    if (missing !== undefined) {
      print(stderr, `${missing} cannot be read`);
      return FAILED;
    }
    traffic = linesOf(files, receiver);
  }
  const report = await replayBoth(traffic, before, after, now);
  const mask = secretMask(() => [...before.configuration.secrets, ...after.configuration.secrets]);
  if (options.format === 'json') print(stdout, mask(JSON.stringify(report, undefined, 2)));
  else if (report.events === 0)
    print(stderr, 'nothing is recorded; set service: { record: true } in the running file, or name log files');
  else print(stdout, mask(reportText(report, painter(colourOf(stdout, env)), Math.min(stdout.columns ?? 110, 160))));
  return report.events === 0 ? FAILED : DONE;
}

async function side(config: string, { env, stderr }: Outside): Promise<Side | undefined> {
  const { configuration, problems, catalog } = await check(resolve(config), { env, noSecrets: true });
  if (!configuration) print(stderr, formatProblems(problems, { color: colourOf(stderr, env) }));
  return configuration && { configuration, catalog };
}

/** The one that reads files, else the only one there is. */
function lineReceiver({ receivers }: Configuration): string | undefined {
  const all = [...receivers.values()];
  return (all.find(({ type }) => type === 'file') ?? (all.length === 1 ? all[0] : undefined))?.id;
}

async function firstMissing(files: readonly string[]): Promise<string | undefined> {
  for (const file of files) if (!(await stat(file).catch(() => undefined))?.isFile()) return file;
  return undefined;
}

async function* linesOf(files: readonly string[], receiver: string): AsyncGenerator<Traffic> {
  for (const file of files) {
    for await (const raw of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      if (raw !== '') yield { at: undefined, receiver, raw, origin: resolve(file) };
    }
  }
}

function reportText({ events, unread, exporters }: ReplayReport, paint: Paint, width: number): string {
  const lines = [`${events.toLocaleString('en')} events through both files:`, ''];
  lines.push(...table(exporters.map((change) => [paint('bold', change.exporter), countsText(change, paint)])));
  for (const { exporter, added, gone } of exporters) {
    const told = [
      ...added.first.map((title) => `  ${paint('green', '+')} ${cut(title, width - 4)}`),
      ...gone.first.map((title) => `  ${paint('red', '-')} ${cut(title, width - 4)}`),
    ];
    if (told.length > 0)
      lines.push(
        '',
        `${exporter}: ${counted(added.count, 'new')}, ${counted(gone.count, 'gone')}; the first:`,
        ...told,
      );
  }
  if (unread.before + unread.after > 0)
    lines.push(
      '',
      paint(
        'yellow',
        `not read: ${unread.before} by the running file, ${unread.after} by the new one (a receiver that it has not got, or refuses them)`,
      ),
    );
  return [...lines, '', paint('dim', 'Nothing was sent.')].join('\n');
}

function countsText({ before, after }: ExporterChange, paint: Paint): string {
  if (before === after) return paint('dim', `${(after ?? 0).toLocaleString('en')} messages, as before`);
  const shown = (count: number | undefined): string => (count === undefined ? 'none' : count.toLocaleString('en'));
  return `${shown(before)} → ${paint((after ?? 0) > (before ?? 0) ? 'green' : 'yellow', shown(after))} messages`;
}

function counted(count: number, what: string): string {
  return `${count.toLocaleString('en')} ${what}`;
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
