/** The tests in the examples pass, and each processor is held by one of them: without it, a test fails. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { check } from '../../src/agent/loading.ts';
import { runTests } from '../../src/agent/testing.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { exampleFiles } from '../support/yaml-blocks.ts';

const withTests = exampleFiles().filter(({ text }) => /^tests:/m.test(text));

async function failuresOf(text: string): Promise<number> {
  const file = join(await temporaryDirectory(), 'collector.yaml');
  writeFileSync(file, text);
  const { configuration, problems, catalog } = await check(file, { env: {}, noSecrets: true });
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  const results = await runTests(configuration!, catalog);
  expect(results.length).toBeGreaterThan(0);
  return results.flatMap(({ failures }) => failures).length;
}

test.for(withTests)('the tests of $place pass', async ({ text }) => {
  expect(await failuresOf(text)).toBe(0);
});

/** Paths of every processor: those of pipelines, and at the exporters' doors. */
function processorsOf(text: string): (string | number)[][] {
  const {
    pipelines = {},
    exporters = {},
    connectors = {},
  } = parseDocument(text).toJS() as Record<string, Record<string, Record<string, unknown>>>;
  const inPipelines = Object.entries(pipelines).flatMap(([name, { processors }]) =>
    ((processors as unknown[] | undefined) ?? []).map((_, index) => ['pipelines', name, 'processors', index]),
  );
  const atDoors = Object.entries({ exporters, connectors }).flatMap(([block, specs]) =>
    Object.entries(specs)
      .filter(([, spec]) => spec?.['enabled'] !== false)
      .flatMap(([id, spec]) =>
        ['filters', 'rate_limit'].filter((option) => spec && option in spec).map((option) => [block, id, option]),
      ),
  );
  return [...inPipelines, ...atDoors];
}

const mutations = withTests.flatMap(({ place, text }) =>
  processorsOf(text).map((path) => ({ place, text, path, at: path.join('/') })),
);

test.for(mutations)('without $at a test of $place fails', async ({ text, path }) => {
  const document = parseDocument(text);
  expect(document.deleteIn(path)).toBe(true);
  expect(await failuresOf(String(document))).toBeGreaterThan(0);
});

/** What an edit at three in the morning gets wrong: a level, a number, a condition. */
const SLIPS: readonly [RegExp, (found: string) => string][] = [
  [/min_level: (\w+)/g, (found) => (found.endsWith('critical') ? 'min_level: debug' : 'min_level: critical')],
  [/max_per_window: \d+/g, () => 'max_per_window: 1'],
  [/summary: true/g, () => 'summary: false'],
  [/set: \{ site: laptop \}/g, () => 'set: { site: tower }'],
];

const slips = withTests.flatMap(({ place, text }) => {
  const body = text.slice(0, text.search(/^tests:/m));
  return SLIPS.flatMap(([pattern, slip]) =>
    [...body.matchAll(pattern)]
      .filter(({ index }) => !blockBefore(body, index).includes('enabled: false'))
      .map(({ 0: found, index }) => ({
        place,
        found,
        text: text.slice(0, index) + slip(found) + text.slice(index + found.length),
      })),
  );
});

/** From the id of the component that `index` is in up to there. */
function blockBefore(body: string, index: number): string {
  return body.slice([...body.slice(0, index).matchAll(/^ {2}\S/gm)].at(-1)?.index ?? 0, index);
}

test.for(slips)('a slip in "$found" makes a test of $place fail', async ({ text }) => {
  expect(await failuresOf(text)).toBeGreaterThan(0);
});
