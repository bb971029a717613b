import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { loadConfiguration, type Environment, type Loaded } from '../../src/config/load.ts';
import { testCatalog } from './test-catalog.ts';

export interface LoadedFiles extends Loaded {
  readonly directory: string;
  /** `line:column message` of each error, with the file's name before it unless it is the main file. */
  readonly errors: readonly string[];
  readonly hints: readonly string[];
}

/** Writes the files into a directory of their own and loads `collector.yaml`. */
export async function load(
  files: string | Readonly<Record<string, string>>,
  environment: Partial<Environment> = {},
): Promise<LoadedFiles> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'lnmt-config-')));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(typeof files === 'string' ? { 'collector.yaml': files } : files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  const main = join(directory, 'collector.yaml');
  const loaded = await loadConfiguration(main, testCatalog, { env: {}, ...environment });
  const said = (severity: 'error' | 'hint') =>
    loaded.problems
      .filter((problem) => problem.severity === severity)
      .map(
        ({ file, line, column, message }) =>
          `${file === main ? '' : `${file.slice(directory.length + 1)}:`}${line}:${column} ${message.replaceAll(`${directory}/`, '')}`,
      );
  return { ...loaded, directory, errors: said('error'), hints: said('hint') };
}

/** A file with one exporter, whose options are given. */
export function exporter(type: string, options: string): string {
  return `exporters:\n  ${type}:\n${options.replace(/^/gm, '    ')}\n`;
}
