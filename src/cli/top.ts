/** `top`: how the running collector fares, drawn anew each second; `q` ends it. Where no terminal is, once and no more. */
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { colourOf, DONE, FAILED, print, type Outside } from './outside.ts';
import { findRunning } from './running.ts';
import { painter } from './table.ts';
import { topText, type StatusAnswer } from './top-view.ts';

export interface TopOptions {
  readonly config: string;
  readonly format: 'text' | 'json';
}

const EVERY_MS = 1_000;
const ALTERNATE_SCREEN = '\u001B[?1049h\u001B[?25l';
const NORMAL_SCREEN = '\u001B[?25h\u001B[?1049l';
const HOME = '\u001B[H';
const CLEAR_LINE = '\u001B[K';
const CLEAR_BELOW = '\u001B[J';

export async function top({ config, format }: TopOptions, outside: Outside): Promise<number> {
  const { env, stdout, stderr } = outside;
  const file = resolve(config);
  const ask = async (): Promise<StatusAnswer | undefined> => {
    const answer = await (await findRunning(file, env))?.ask('/status').catch(() => undefined);
    return answer?.ok ? ((await answer.json()) as StatusAnswer) : undefined;
  };
  const first = await ask();
  if (!first) {
    print(stderr, `no collector runs on ${config}; start one with lnmt-collector run -c ${config}`);
    return FAILED;
  }
  const view = () => ({
    paint: painter(colourOf(stdout, env)),
    width: stdout.columns ?? 120,
    height: (stdout.rows ?? 1_000) - 1,
  });
  if (format === 'json') {
    print(stdout, JSON.stringify(first, undefined, 2));
    return DONE;
  }
  if (!stdout.isTTY) {
    await sleep(EVERY_MS);
    print(stdout, topText((await ask()) ?? first, first, EVERY_MS / 1_000, view()));
    return DONE;
  }
  const keys = quitKeys(outside.stdin ?? process.stdin);
  stdout.write(ALTERNATE_SCREEN);
  try {
    let before: { readonly status: StatusAnswer; readonly at: number } | undefined;
    while (!keys.pressed.aborted) {
      const status = await ask();
      const at = performance.now();
      const text = status
        ? topText(status, before?.status, before ? (at - before.at) / 1_000 : 0, view())
        : `no collector runs on ${config}; waiting for one`;
      stdout.write(
        `${HOME}${text
          .split('\n')
          .map((line) => `${line}${CLEAR_LINE}\r\n`)
          .join('')}${CLEAR_BELOW}q quits`,
      );
      before = status && { status, at };
      await sleep(EVERY_MS, undefined, { signal: keys.pressed }).catch(() => undefined);
    }
  } finally {
    stdout.write(NORMAL_SCREEN);
    keys.release();
  }
  return DONE;
}

/** `pressed` aborts at q or Ctrl-C, which a terminal in raw mode hands on as a key. */
function quitKeys(stdin: NodeJS.ReadableStream): { readonly pressed: AbortSignal; release(): void } {
  const pressed = new AbortController();
  const raw = 'setRawMode' in stdin ? (stdin as NodeJS.ReadStream) : undefined;
  const onKey = (key: Buffer | string): void => {
    if (/[qQ\u0003\u0004]/.test(String(key))) pressed.abort();
  };
  const onSignal = (): void => pressed.abort();
  raw?.setRawMode(true);
  stdin.on('data', onKey);
  stdin.resume();
  process.once('SIGTERM', onSignal);
  return {
    pressed: pressed.signal,
    release() {
      raw?.setRawMode(false);
      stdin.off('data', onKey);
      stdin.pause();
      process.off('SIGTERM', onSignal);
    },
  };
}
