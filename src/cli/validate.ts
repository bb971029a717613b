/** `validate`: everything that `run` would refuse, short of opening sockets, at once. */
import { resolve } from 'node:path';
import { check } from '../agent/loading.ts';
import { formatProblems } from '../config/print.ts';
import { colourOf, DONE, FAILED, print, type Outside } from './outside.ts';

export interface ValidateOptions {
  readonly config: string;
  /** False with `--no-secrets`. */
  readonly secrets: boolean;
  readonly format: 'text' | 'json';
}

export async function validate({ config, secrets, format }: ValidateOptions, { env, stdout }: Outside): Promise<number> {
  const { configuration, problems } = await check(resolve(config), { env, noSecrets: !secrets });
  const valid = configuration !== undefined;
  if (format === 'json') print(stdout, JSON.stringify({ valid, problems }, undefined, 2));
  else if (problems.length > 0) print(stdout, formatProblems(problems, { color: colourOf(stdout, env) }));
  if (format === 'text' && configuration) print(stdout, `${config} is valid: ${summary(configuration)}`);
  return valid ? DONE : FAILED;
}

function summary({ receivers, exporters, pipelines }: { [K in 'receivers' | 'exporters' | 'pipelines']: ReadonlyMap<string, unknown> }): string {
  return [count(receivers.size, 'receiver'), count(pipelines.size, 'pipeline'), count(exporters.size, 'exporter')].join(', ');
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
