/** `list`, `components` and `schema`: what is configured, and what could be. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { load } from '../agent/loading.ts';
import { catalog as builtIn } from '../catalog.ts';
import type { Catalog } from '../component/catalog.ts';
import { fileSchema } from '../config/file-schema.ts';
import { formatProblems } from '../config/print.ts';
import { nearest } from '../config/suggest.ts';
import { listJson, listText } from './list.ts';
import { colourOf, DONE, FAILED, print, WRONG_USAGE, type Outside } from './outside.ts';
import { componentsJson, componentsText, componentText } from './print-components.ts';

export interface Configured {
  readonly config: string;
}

export interface Format {
  readonly format: 'text' | 'json';
}

export async function list({ config, format }: Format & Configured, { env, stdout, stderr }: Outside): Promise<number> {
  const { configuration, problems, catalog: types } = await load(resolve(config), { env, noSecrets: true });
  if (!configuration) {
    print(stderr, formatProblems(problems, { color: colourOf(stderr, env) }));
    return FAILED;
  }
  if (format === 'json') print(stdout, JSON.stringify(listJson(configuration, types), undefined, 2));
  else print(stdout, listText(configuration, types, { colour: colourOf(stdout, env) }));
  return DONE;
}

export async function components(
  type: string | undefined,
  { format, config }: Format & Configured,
  { env, stdout, stderr }: Outside,
): Promise<number> {
  const catalog = await catalogOf(config, env);
  const look = { colour: colourOf(stdout, env), width: Math.min(stdout.columns ?? 100, 120) };
  const known = type === undefined || componentsJson(catalog, type).length > 0;
  if (!known) {
    const types = [
      ...new Set([...catalog.receivers.keys(), ...catalog.processors.keys(), ...catalog.exporters.keys()]),
    ];
    const meant = nearest(type, types);
    print(
      stderr,
      `there is no component type ${type}${meant ? `; did you mean ${meant}? There are` : '; there are'} ${types.sort().join(', ')}`,
    );
    return WRONG_USAGE;
  }
  if (format === 'json') print(stdout, JSON.stringify(componentsJson(catalog, type), undefined, 2));
  else print(stdout, type === undefined ? componentsText(catalog, look) : (componentText(catalog, type, look) ?? ''));
  return DONE;
}

/** The built-in types, and those of the plugins that the file names, if there is a file. */
async function catalogOf(config: string, env: Outside['env']): Promise<Catalog> {
  const file = resolve(config);
  return existsSync(file) ? (await load(file, { env, noSecrets: true })).catalog : builtIn;
}

export async function schema({ config }: Configured, { env, stdout }: Outside): Promise<number> {
  const catalog = await catalogOf(config, env);
  print(stdout, JSON.stringify(fileSchema(catalog), undefined, 2));
  return DONE;
}
