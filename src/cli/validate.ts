/** `validate`: everything that `run` would refuse, short of opening sockets, at once. */
import { resolve } from 'node:path';
import { check } from '../agent/loading.ts';
import { formatProblems } from '../config/print.ts';
import { watchFiles } from '../config/watch.ts';
import { systemClock } from '../lib/clock.ts';
import { colourOf, DONE, FAILED, print, type Outside } from './outside.ts';

export interface ValidateOptions {
  readonly config: string;
  /** False with `--no-secrets`. */
  readonly secrets: boolean;
  readonly format: 'text' | 'json';
  /** Again after each edit, until it is ended. */
  readonly watch?: boolean;
}

export async function validate(options: ValidateOptions, outside: Outside): Promise<number> {
  if (!options.watch) return (await validateOnce(options, outside)).valid ? DONE : FAILED;
  let last = Promise.resolve();
  const look = (): void => {
    last = last.then(async () => files.update((await validateOnce(options, outside)).watch));
  };
  const files = watchFiles({
    files: [resolve(options.config)],
    onChange() {
      if (options.format === 'text')
        print(outside.stdout, `\n── ${new Date(systemClock.now()).toISOString().slice(11, 19)} ──`);
      look();
    },
  });
  // Watched before it is read: no edit falls in between.
  await files.ready;
  look();
  await new Promise<void>((resolveEnd) => outside.ends?.addEventListener('abort', () => resolveEnd(), { once: true }));
  await files.close();
  await last;
  return DONE;
}

async function validateOnce(
  { config, secrets, format }: ValidateOptions,
  { env, stdout }: Outside,
): Promise<{ valid: boolean; watch: readonly string[] }> {
  const { configuration, problems, watch } = await check(resolve(config), {
    env,
    noSecrets: !secrets,
    // A machine without the secrets has no certificates and tables either.
    verify: secrets,
  });
  const valid = configuration !== undefined;
  if (format === 'json') print(stdout, JSON.stringify({ valid, problems }, undefined, 2));
  else if (problems.length > 0) print(stdout, formatProblems(problems, { color: colourOf(stdout, env) }));
  if (format === 'text' && configuration) print(stdout, `${config} is valid: ${summary(configuration)}`);
  return { valid, watch };
}

function summary({
  receivers,
  exporters,
  pipelines,
}: { [K in 'receivers' | 'exporters' | 'pipelines']: ReadonlyMap<string, unknown> }): string {
  return [count(receivers.size, 'receiver'), count(pipelines.size, 'pipeline'), count(exporters.size, 'exporter')].join(
    ', ',
  );
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
