/**
 * `check`: runs the `tests` of a file. An operator asks: does this edit still do what it is there
 * for? Each failure shows what was wanted and what came side by side, and where the events went.
 */
import { resolve } from 'node:path';
import { check as checkFile } from '../agent/loading.ts';
import { runTests } from '../agent/testing.ts';
import { formatProblems } from '../config/print.ts';
import type { WireEvent } from '../lib/event-json.ts';
import { fieldOf } from '../simulation/matching.ts';
import type { Journey, TestFailure, TestResult } from '../simulation/run-test.ts';
import { secretMask } from '../telemetry/secret-mask.ts';
import { placeText } from './explain-text.ts';
import { colourOf, DONE, FAILED, print, type Outside } from './outside.ts';
import { painter, table, type Paint } from './table.ts';

export interface CheckOptions {
  readonly config: string;
  readonly format: 'text' | 'json';
}

/** Rows of one comparison, and journeys, that are shown. */
const MAX_SHOWN = 12;

export async function check(
  only: string | undefined,
  { config, format }: CheckOptions,
  { env, stdout, stderr }: Outside,
): Promise<number> {
  const { configuration, problems, catalog } = await checkFile(resolve(config), { env, noSecrets: true });
  if (!configuration) {
    print(stderr, formatProblems(problems, { color: colourOf(stderr, env) }));
    return FAILED;
  }
  const results = await runTests(configuration, catalog, only);
  if (results.length === 0) {
    print(
      stderr,
      only === undefined
        ? `${config} has no tests; begin with a tests block, as docs/editing.md shows`
        : `${config} has no test with "${only}" in its name`,
    );
    return FAILED;
  }
  const failed = results.filter(({ failures }) => failures.length > 0);
  const mask = secretMask(() => configuration.secrets);
  if (format === 'json')
    print(stdout, mask(JSON.stringify({ passed: failed.length === 0, tests: results }, undefined, 2)));
  else {
    const paint = painter(colourOf(stdout, env));
    const width = Math.min(stdout.columns ?? 110, 160);
    const count =
      failed.length === 0
        ? paint('green', counted(results.length, 'passed'))
        : `${paint('red', counted(failed.length, 'failed'))}, ${results.length - failed.length} passed`;
    print(stdout, mask([...results.map((result) => resultText(result, paint, width)), '', count].join('\n')));
  }
  return failed.length === 0 ? DONE : FAILED;
}

function counted(count: number, what: string): string {
  return `${count} ${count === 1 ? 'test' : 'tests'} ${what}`;
}

function resultText({ name, position, failures }: TestResult, paint: Paint, width: number): string {
  if (failures.length === 0) return `${paint('green', '✓')} ${name}`;
  const lines = [`${paint('red', '✗')} ${paint('bold', name)}  ${paint('dim', placeText(position))}`];
  for (const failure of failures) lines.push('', ...failureLines(failure, paint, width).map((line) => `  ${line}`));
  return [...lines, ''].join('\n');
}

function failureLines({ message, position, rows, journeys }: TestFailure, paint: Paint, width: number): string[] {
  const lines = [`${paint('red', message)}  ${paint('dim', placeText(position))}`];
  const half = Math.max(24, Math.floor((width - 14) / 2));
  const cells = rows.slice(0, MAX_SHOWN).map(({ wanted, got, right }, index) => {
    const mark = right ? paint('green', '=') : paint('red', '≠');
    return [paint('dim', String(index + 1)), cut(short(wanted, wanted), half), mark, cut(short(got, wanted), half)];
  });
  if (cells.length > 0) lines.push(...table([['', paint('dim', 'wanted'), '', paint('dim', 'got')], ...cells]));
  if (rows.length > MAX_SHOWN) lines.push(`  … and ${rows.length - MAX_SHOWN} more`);
  if (journeys.length > 0)
    lines.push(paint('dim', 'where the events went:'), ...journeyLines(journeys, paint).map((line) => `  ${line}`));
  return lines;
}

/** Journeys that are alike are told once. */
function journeyLines(journeys: readonly Journey[], paint: Paint): string[] {
  const told = new Map<string, number>();
  for (const { title, ends } of journeys) {
    const ways = ends.map(({ what, position }) => `${what}${position ? paint('dim', `  ${placeText(position)}`) : ''}`);
    const text = `"${cut(title, 50)}" ${ways.length === 0 ? 'is still on its way, or no pipeline takes it' : ways.join('; ')}`;
    told.set(text, (told.get(text) ?? 0) + 1);
  }
  const lines = [...told].map(([text, times]) => (times === 1 ? text : `${times} × ${text}`));
  return lines.length <= MAX_SHOWN
    ? lines
    : [...lines.slice(0, MAX_SHOWN), `… and ${lines.length - MAX_SHOWN} other ways`];
}

/** A value on one line; of an event the fields that the wanted one names. */
function short(value: unknown, wanted: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return value.replaceAll('\n', '⏎');
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const names = typeof wanted === 'object' && wanted !== null ? Object.keys(wanted) : ['level', 'source', 'title'];
  const event = value as WireEvent;
  const isWanted = value === wanted;
  return names
    .map((name) => {
      const field = isWanted ? (value as Record<string, unknown>)[name] : fieldOf(event, name);
      return `${name}: ${typeof field === 'string' ? field.replaceAll('\n', '⏎') : (JSON.stringify(field) ?? 'none')}`;
    })
    .join(', ');
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
