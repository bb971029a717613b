/** `test` and `test-all`: does what is configured reach its destination? */
import { resolve } from 'node:path';
import { check, load, type LoadedFile } from '../agent/loading.ts';
import type { Configuration, ExporterSpec } from '../component/configuration.ts';
import type { Level } from '../component/event.ts';
import { formatProblems } from '../config/print.ts';
import { didYouMean, nearest, thereAre } from '../config/suggest.ts';
import { secretMask } from '../telemetry/secret-mask.ts';
import { colourOf, DONE, FAILED, print, WRONG_USAGE, type Outside } from './outside.ts';
import { Progress } from './progress.ts';
import { painter } from './table.ts';
import { tryExporter, type Tried } from './try-exporter.ts';

export interface TestOptions {
  readonly config: string;
  readonly level: Level;
  readonly format: 'text' | 'json';
}

export async function test(
  { config, name, level, format }: TestOptions & { readonly name: string },
  outside: Outside,
): Promise<number> {
  const loaded = await valid(config, outside);
  if (!loaded) return FAILED;
  const spec = loaded.configuration.exporters.get(name);
  if (!spec) {
    print(outside.stderr, unknownExporter(name, loaded.configuration));
    return WRONG_USAGE;
  }
  const [tried] = await tryAll([spec], level, loaded, format, outside);
  return tried?.delivered ? DONE : FAILED;
}

export async function testAll({ config, level, format }: TestOptions, outside: Outside): Promise<number> {
  const loaded = await valid(config, outside);
  if (!loaded) return FAILED;
  const enabled = [...loaded.configuration.exporters.values()].filter((spec) => spec.enabled);
  if (enabled.length === 0) {
    print(outside.stderr, `${config} has no enabled exporter to test`);
    return FAILED;
  }
  const results = await tryAll(enabled, level, loaded, format, outside);
  const delivered = results.filter((tried) => tried.delivered).length;
  if (format === 'text') print(outside.stdout, `${delivered} of ${results.length} delivered`);
  return delivered === results.length ? DONE : FAILED;
}

type Valid = LoadedFile & { readonly configuration: Configuration };

/** The file, if `run` would take it; else says why not. */
export async function valid(config: string, { env, stderr }: Outside): Promise<Valid | undefined> {
  const file = resolve(config);
  const { configuration, problems } = await check(file, { env });
  if (configuration) return { ...(await load(file, { env })), configuration };
  print(stderr, formatProblems(problems, { color: colourOf(stderr, env) }));
  return undefined;
}

export function unknownExporter(name: string, { exporters }: Configuration): string {
  const names = [...exporters.keys()];
  return `there is no exporter "${name}"${didYouMean(nearest(name, names)) || `; ${thereAre(names)}`}`;
}

/** Side by side; a line each as it ends, or all as JSON at the end. */
async function tryAll(
  specs: readonly ExporterSpec[],
  level: Level,
  { configuration, catalog }: Valid,
  format: TestOptions['format'],
  outside: Outside,
): Promise<Tried[]> {
  const progress = new Progress(outside);
  const mask = secretMask(() => configuration.secrets);
  for (const { id } of specs) progress.begin(id);
  const results = await Promise.all(
    specs.map(async (spec) => {
      const tried = await tryExporter(spec, level, catalog);
      progress.end(spec.id);
      if (format === 'text') print(outside.stdout, mask(sentence(tried, spec, outside)));
      return tried;
    }),
  );
  if (format === 'json') {
    const rows = results.map(({ exporter, delivered, tookMs, said, advice, remarks }) => ({
      exporter,
      delivered,
      took_ms: tookMs,
      said,
      advice,
      remarks,
    }));
    print(outside.stdout, mask(JSON.stringify(rows, undefined, 2)));
  }
  return results;
}

function sentence(
  { exporter, delivered, tookMs, said, advice, remarks = [] }: Tried,
  { enabled }: ExporterSpec,
  { stdout, env }: Outside,
): string {
  const paint = painter(colourOf(stdout, env));
  if (delivered) {
    const not = enabled ? '' : paint('yellow', ' (enabled: false, so nothing else will be)');
    const but = remarks.map((remark) => `\n  ${paint('yellow', remark)}`).join('');
    return `${paint('green', '✔')} ${exporter}: delivered in ${tookMs} ms${not}${but}`;
  }
  return `${paint('red', '✘')} ${exporter}: not delivered after ${tookMs} ms: ${said}\n  ${paint('dim', advice ?? '')}`;
}
