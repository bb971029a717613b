/** `list`, `components` and `schema`: what is configured, and what could be. */
import { resolve } from 'node:path';
import { load } from '../agent/loading.ts';
import { catalog } from '../catalog.ts';
import { fileSchema } from '../config/file-schema.ts';
import { formatProblems } from '../config/print.ts';
import { nearest } from '../config/suggest.ts';
import { listJson, listText } from './list.ts';
import { colourOf, DONE, FAILED, print, WRONG_USAGE, type Outside } from './outside.ts';
import { componentsJson, componentsText, componentText } from './print-components.ts';

interface Format {
  readonly format: 'text' | 'json';
}

export async function list({ config, format }: Format & { readonly config: string }, { env, stdout, stderr }: Outside): Promise<number> {
  const { configuration, problems } = await load(resolve(config), { env, noSecrets: true });
  if (!configuration) {
    print(stderr, formatProblems(problems, { color: colourOf(stderr, env) }));
    return FAILED;
  }
  if (format === 'json') print(stdout, JSON.stringify(listJson(configuration, catalog), undefined, 2));
  else print(stdout, listText(configuration, catalog, { colour: colourOf(stdout, env) }));
  return DONE;
}

export function components(type: string | undefined, { format }: Format, { env, stdout, stderr }: Outside): number {
  const look = { colour: colourOf(stdout, env), width: Math.min(stdout.columns ?? 100, 120) };
  const known = type === undefined || componentsJson(catalog, type).length > 0;
  if (!known) {
    const types = [...new Set([...catalog.receivers.keys(), ...catalog.processors.keys(), ...catalog.exporters.keys()])];
    const meant = nearest(type, types);
    print(stderr, `there is no component type ${type}${meant ? `; did you mean ${meant}? There are` : '; there are'} ${types.sort().join(', ')}`);
    return WRONG_USAGE;
  }
  if (format === 'json') print(stdout, JSON.stringify(componentsJson(catalog, type), undefined, 2));
  else print(stdout, type === undefined ? componentsText(catalog, look) : (componentText(catalog, type, look) ?? ''));
  return DONE;
}

export function schema({ stdout }: Outside): number {
  print(stdout, JSON.stringify(fileSchema(catalog), undefined, 2));
  return DONE;
}
