/**
 * `explain LINE`: what would become of a line, if it came in now. An operator asks: why did this not
 * reach me, which line of the file decided, and what exactly is sent? Nothing is sent.
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text as textOfStream } from 'node:stream/consumers';
import { check } from '../agent/loading.ts';
import type { Configuration } from '../component/configuration.ts';
import { formatProblems } from '../config/print.ts';
import { nearest } from '../config/suggest.ts';
import { systemClock } from '../lib/clock.ts';
import { explain as explainBytes, type Reading } from '../simulation/explain.ts';
import { secretMask } from '../telemetry/secret-mask.ts';
import { writePreview } from './explain-preview.ts';
import { readingText } from './explain-text.ts';
import { colourOf, DONE, FAILED, print, WRONG_USAGE, type Outside } from './outside.ts';
import { findRunning } from './running.ts';
import { painter } from './table.ts';

export interface ExplainCommand {
  readonly config: string;
  readonly format: 'text' | 'json';
  readonly file?: string;
  readonly receiver?: string;
  readonly preview?: string;
}

/** Lines of one call: more would be read by nobody, and are `replay`'s. */
const MAX_LINES = 100;

export async function explain(line: string | undefined, options: ExplainCommand, outside: Outside): Promise<number> {
  const { env, stdout, stderr } = outside;
  const file = resolve(options.config);
  const { configuration, problems, catalog } = await check(file, { env, noSecrets: true });
  if (!configuration) {
    print(stderr, formatProblems(problems, { color: colourOf(stderr, env) }));
    return FAILED;
  }
  const receivers = receiversOf(configuration, options.receiver);
  if (typeof receivers === 'string') {
    print(stderr, receivers);
    return WRONG_USAGE;
  }
  const given =
    line ??
    (options.file === undefined || options.file === '-'
      ? await textOfStream(outside.stdin ?? process.stdin)
      : await readFile(options.file, 'utf8'));
  const running = await findRunning(file, env);
  const windows = running ? await windowsOf(running) : undefined;
  const readings: Reading[] = [];
  const explaining = {
    now: systemClock.now(),
    ...(windows ? { windows } : {}),
    origin: options.file === '-' ? undefined : options.file,
  };
  for (const id of receivers) {
    for (const piece of piecesFor(configuration.receivers.get(id)!.type, given)) {
      const reading = await explainBytes(Buffer.from(piece), id, configuration, catalog, explaining);
      if (reading) readings.push(reading);
    }
  }
  if (readings.length === 0) {
    print(
      stderr,
      `no receiver of ${options.config} takes text: it has ${[...configuration.receivers.keys()].join(', ') || 'none'}`,
    );
    return FAILED;
  }
  const shown = chosen(readings, options.receiver);
  const mask = secretMask(() => configuration.secrets);
  if (options.preview !== undefined) {
    print(stderr, await writePreview(shown, options.preview, mask));
  }
  if (options.format === 'json')
    print(stdout, mask(JSON.stringify(shown, (key, value: unknown) => (key === 'request' ? undefined : value), 2)));
  else {
    const paint = painter(colourOf(stdout, env));
    const looks = { paint, width: Math.min(stdout.columns ?? 110, 160), mask };
    const state =
      windows && running
        ? `Windows are as the running collector (pid ${running.pid}) has them.`
        : 'No collector runs on this file: windows are empty.';
    print(
      stdout,
      `${shown.map((reading) => readingText(reading, looks)).join(`\n\n${paint('dim', '─'.repeat(Math.min(looks.width, 78)))}\n\n`)}\n\n${paint('dim', `Nothing was sent. ${state}`)}`,
    );
  }
  return DONE;
}

/** Ids of the receivers to ask; or what is wrong with the one that was named. */
function receiversOf({ receivers }: Configuration, id: string | undefined): readonly string[] | string {
  if (id === undefined) return [...receivers.keys()];
  if (receivers.has(id)) return [id];
  const meant = nearest(id, receivers.keys());
  return `there is no receiver ${id}${meant === undefined ? `; there are ${[...receivers.keys()].join(', ')}` : `; did you mean ${meant}?`}`;
}

/** A file is read whole, since records may span lines; a request's body is one; anything else is a message a line. */
function piecesFor(type: string, text: string): readonly string[] {
  if (type === 'file' || (type === 'http' && /^\s*[[{]/.test(text))) return [text];
  return text
    .split(/\r?\n/)
    .filter((piece) => piece.trim() !== '')
    .slice(0, MAX_LINES);
}

/** Refusals are worth telling where nobody else takes it, or where the receiver was named. */
function chosen(readings: readonly Reading[], named: string | undefined): readonly Reading[] {
  const taken = readings.filter(({ refused }) => refused === undefined);
  return named !== undefined || taken.length === 0 ? readings : taken;
}

async function windowsOf(
  running: NonNullable<Awaited<ReturnType<typeof findRunning>>>,
): Promise<Record<string, unknown> | undefined> {
  try {
    const answer = await running.ask('/-/windows');
    return answer.ok ? ((await answer.json()) as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
