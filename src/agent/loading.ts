/** Reads a pipeline file as far as it goes without touching the world: `validate`, `list`, a start and a reload all begin here. */
import { readFile } from 'node:fs/promises';
import { catalog } from '../catalog.ts';
import type { Catalog } from '../component/catalog.ts';
import type { Problem } from '../component/configuration.ts';
import { ConfigError, StartError } from '../component/errors.ts';
import { Source } from '../config/source.ts';
import { loadConfiguration, type Environment, type Loaded } from '../config/load.ts';
import { loadPlugins } from '../connector/plugins.ts';
import { systemClock } from '../lib/clock.ts';
import { loadLiquid, needsLiquid } from '../lib/template.ts';
import { Announcer } from '../pipeline/announcer.ts';
import { build, BuildError, type Fault, type Parts } from '../pipeline/build.ts';
import { MemoryQueue } from '../pipeline/memory-queue.ts';
import { NO_NODES } from '../pipeline/nodes.ts';
import { Room } from '../pipeline/room.ts';
import { wiringHints } from '../config/wiring-hints.ts';
import { withoutTraces, type World } from '../pipeline/world.ts';
import { problemsOfTests } from './testing.ts';
import { readableByOthers } from './file-mode.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

export interface Reading {
  readonly env: Variables;
  /** Secrets need not be at hand: what is missing is taken as given. */
  readonly noSecrets?: boolean;
  /** Also what components would read as they start: certificates, lookup tables. */
  readonly verify?: boolean;
  /** Texts to read in place of the files on disk, by absolute path. */
  readonly files?: ReadonlyMap<string, string>;
}

/** With the types it may name: the built-in ones and its plugins'. */
export interface LoadedFile extends Loaded {
  readonly catalog: Catalog;
}

/** Reads and checks the file, short of making its components. */
export async function load(file: string, reading: Reading): Promise<LoadedFile> {
  let types = catalog;
  const extendCatalog: Environment['extendCatalog'] = async (plugins) => {
    const extended = await loadPlugins(plugins);
    types = extended.catalog;
    return extended;
  };
  const loaded = await loadConfiguration(file, catalog, {
    ...reading,
    extendCatalog,
    async prepare(text) {
      if (needsLiquid(text)) await loadLiquid();
    },
  });
  const readable = reading.files ? [] : await readableByOthers(loaded);
  return { ...loaded, problems: [...loaded.problems, ...readable], catalog: types };
}

/** Whether a file has another text by now than the one that was read. */
export async function differsOnDisk(texts: ReadonlyMap<string, string>): Promise<boolean> {
  const same = await Promise.all(
    [...texts].map(async ([file, text]) => {
      const now = await readFile(file, 'utf8').catch(() => undefined);
      return now !== undefined && new Source(file, now).text === text;
    }),
  );
  return same.includes(false);
}

/** All that `run` would find wrong before it opens a socket. `configuration` is there only if nothing is. */
export async function check(
  file: string,
  reading: Reading,
): Promise<Pick<LoadedFile, 'configuration' | 'problems' | 'watch' | 'texts' | 'catalog'>> {
  const { configuration, problems, watch, texts, problemAt, catalog: types } = await load(file, reading);
  if (!configuration) return { problems, watch, texts, catalog: types };
  try {
    const parts = build(configuration, NO_NODES, dryWorld(types), new Room());
    const wrong = problemsOfTests(configuration, problemAt);
    if (reading.verify) wrong.push(...problemsOf(await faultsAtStart(parts), problemAt));
    if (wrong.length > 0) return { problems: [...problems, ...wrong], watch, texts, catalog: types };
    const hints = wiringHints(configuration, types).map(({ position, message, ...more }) =>
      problemAt(position, message, { severity: 'hint', ...more }),
    );
    return { configuration, problems: [...problems, ...hints], watch, texts, catalog: types };
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    return { problems: [...problems, ...problemsOf(error.faults, problemAt)], watch, texts, catalog: types };
  }
}

/** What components found wrong, at its place in the file. */
export function problemsOf(faults: readonly Fault[], problemAt: Loaded['problemAt']): Problem[] {
  return faults.map(({ spec, error }) => {
    const place = error instanceof ConfigError || error instanceof StartError ? error.place : {};
    const message = place.hint
      ? `${error.message}; ${place.hint.replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase())}`
      : error.message;
    return problemAt(spec.locate(place), `${spec.id}: ${message}`);
  });
}

/** What would keep components from starting, all of it, the world as it is now. */
async function faultsAtStart({ receivers, stages }: Parts): Promise<Fault[]> {
  const faults: Fault[] = [];
  const components = [
    ...[...receivers.values()].map(({ spec, receiver }) => ({ spec, component: receiver })),
    ...[...stages.values()].map(({ spec, processor }) => ({ spec, component: processor })),
  ];
  // One processor may stand in several pipelines, at one place of the file.
  const seen = new Set<string>();
  for (const { spec, component } of components) {
    try {
      await component.verify?.();
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      const which = `${spec.id}\n${error.message}`;
      if (!seen.has(which)) faults.push({ spec, error });
      seen.add(which);
    }
  }
  return faults;
}

/** A world in which components can be made but leave no trace. */
function dryWorld(types: Catalog): World {
  return withoutTraces({
    catalog: types,
    clock: systemClock,
    meter: { counter: () => ({ value: 0, add() {} }), gauge: () => () => {} },
    deadLetters: { add() {} },
    announcer: new Announcer(systemClock),
    state: { load: () => undefined, save: () => Promise.resolve() },
    logger: () => ({ debug() {}, info() {}, warn() {}, error() {} }),
    openQueue: (_, options) => Promise.resolve(new MemoryQueue(options, systemClock.now)),
  });
}
