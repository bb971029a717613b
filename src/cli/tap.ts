/**
 * `tap [ID]`: events of the running collector as they go by. An operator asks: does anything come
 * in at all, and why does this not get through? Reloads do not end it.
 */
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WireEvent } from '../lib/event-json.ts';
import { colourOf, DONE, FAILED, print, type Outside } from './outside.ts';
import { findRunning, type Running } from './running.ts';
import { painter, type Paint, type Style } from './table.ts';

export interface TapOptions {
  readonly config: string;
  readonly format: 'text' | 'json';
  /** Ends after so many events. */
  readonly count?: string;
}

interface Sample {
  readonly what: string;
  readonly point: string;
  readonly reason?: string;
  readonly event: WireEvent;
}

/** How long a collector that has gone may take to come back: it may have been restarted, or its address moved. */
const PATIENCE_MS = 10_000;

export async function tap(id: string | undefined, options: TapOptions, outside: Outside): Promise<number> {
  const { env, stdout, stderr } = outside;
  const file = resolve(options.config);
  let running = await findRunning(file, env);
  if (!running) {
    print(stderr, `no collector runs on ${options.config}; start one with lnmt-collector run -c ${options.config}`);
    return FAILED;
  }
  let left = options.count === undefined ? Infinity : Number(options.count);
  const show = shower(options, outside);
  while (running) {
    const lines = await open(running, id);
    if (typeof lines === 'string') {
      print(stderr, lines);
      return FAILED;
    }
    for await (const line of lines) {
      print(stdout, show(line));
      if ('event' in (JSON.parse(line) as object)) left -= 1;
      if (left <= 0) return DONE;
    }
    running = await back(file, env);
  }
  return DONE;
}

/** The lines of the tap, or why there are none. */
async function open(running: Running, id: string | undefined): Promise<AsyncIterable<string> | string> {
  const answer = await running
    .ask(`/-/tap${id === undefined ? '' : `?id=${encodeURIComponent(id)}`}`)
    .catch(() => undefined);
  if (!answer) return `the collector at ${running.address} does not answer`;
  if (!answer.ok || !answer.body) return (await answer.text()).trim();
  return linesOf(answer.body.getReader());
}

async function* linesOf(reader: ReadableStreamDefaultReader<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      // A collector that stops cuts the stream: that is its end, and no error.
      const { value } = await reader.read().catch(() => ({ value: undefined }));
      if (!value) return;
      const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
      rest = lines.pop()!;
      yield* lines;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

async function back(file: string, env: Outside['env']): Promise<Running | undefined> {
  for (let waited = 0; waited < PATIENCE_MS; waited += 250) {
    await sleep(250);
    const running = await findRunning(file, env);
    if (running) return running;
  }
  return undefined;
}

const STYLES: Readonly<Record<string, Style>> = {
  accepted: 'cyan',
  sent: 'green',
  filtered: 'yellow',
  suppressed: 'yellow',
  unwanted: 'yellow',
  failed: 'red',
  refused: 'red',
  generated: 'cyan',
};
const WORDS: Readonly<Record<string, string>> = { filtered: 'dropped', suppressed: 'held back' };

function shower({ format }: TapOptions, { stdout, env }: Outside): (line: string) => string {
  const paint = painter(colourOf(stdout, env));
  const width = stdout.columns ?? 160;
  return (line) => (format === 'json' ? line : sampleText(JSON.parse(line) as Sample | { lost: number }, paint, width));
}

/** `12:00:01 held back  main/ratelimit#1  warning sshd: Failed password (the limit of 10 in 1h is reached)`. */
function sampleText(sample: Sample | { readonly lost: number }, paint: Paint, width: number): string {
  if ('lost' in sample) return paint('yellow', `… ${sample.lost} more went by: this terminal is slower than they come`);
  const { what, point, reason, event } = sample;
  const word = (WORDS[what] ?? what).padEnd(9);
  const why = reason === undefined ? '' : `  (${reason})`;
  const said = `${event.level} ${event.source}: ${event.title}`.replaceAll(/\p{Cc}/gu, '·');
  const room = Math.max(30, width - 24 - point.length - why.length);
  const shown = said.length > room ? `${said.slice(0, room - 1)}…` : said;
  return `${paint('dim', event.timestamp.slice(11, 19))} ${paint(STYLES[what] ?? 'dim', word)} ${paint('bold', point)}  ${shown}${paint('dim', why)}`;
}
