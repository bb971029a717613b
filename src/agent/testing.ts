/** The `tests` of a file: what is wrong with how they are written, and whether they pass. For `validate`, `check` and `require_tests`. */
import type { Catalog } from '../component/catalog.ts';
import type { Configuration, Problem } from '../component/configuration.ts';
import type { Loaded } from '../config/load.ts';
import { runTest, type TestResult } from '../simulation/run-test.ts';
import { readTests } from '../simulation/tests-block.ts';

export function problemsOfTests(configuration: Configuration, problemAt: Loaded['problemAt']): Problem[] {
  return readTests(configuration).problems.map(({ position, message, length, suggestion }) =>
    problemAt(position, message, { length, ...(suggestion === undefined ? {} : { suggestion }) }),
  );
}

/** One after the other, each in a collector of its own. `only`: those whose name has this in it. */
export async function runTests(configuration: Configuration, catalog: Catalog, only = ''): Promise<TestResult[]> {
  const results: TestResult[] = [];
  for (const test of readTests(configuration).tests) {
    if (test.name.includes(only)) results.push(await runTest(test, configuration, catalog));
  }
  return results;
}

/** What `service.reload.require_tests` refuses an edit for; empty if the file may be taken over. */
export async function untested(
  configuration: Configuration,
  catalog: Catalog,
  problemAt: Loaded['problemAt'],
): Promise<Problem[]> {
  if (!configuration.service.reload.requireTests) return [];
  const wrong = problemsOfTests(configuration, problemAt);
  if (wrong.length > 0) return wrong;
  const results = await runTests(configuration, catalog);
  return results.flatMap(({ name, failures }) =>
    failures.map(({ message, position }) =>
      problemAt(position, `the test "${name}" fails: ${message}; lnmt-collector check says more`),
    ),
  );
}
