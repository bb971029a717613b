/**
 * `plan NEW.yaml`: what the running collector would do with another file. An operator asks: does
 * this edit touch anything that I did not mean to touch, and what of its state stays?
 */
import { join, resolve } from 'node:path';
import { lastGood } from '../agent/last-good.ts';
import { check, load } from '../agent/loading.ts';
import type { PlanAnswer } from '../agent/plan-route.ts';
import { serviceChanges } from '../agent/service-changes.ts';
import type { Configuration } from '../component/configuration.ts';
import { formatProblems, nearby } from '../config/print.ts';
import { systemClock } from '../lib/clock.ts';
import { planOf, type PlanEntry } from '../pipeline/plan.ts';
import { FileState } from '../storage/state.ts';
import { colourOf, DONE, FAILED, print, type Outside } from './outside.ts';
import { findRunning, storageDirectoryOf } from './running.ts';
import { painter, table, type Paint } from './table.ts';

export interface PlanOptions {
  readonly config: string;
  readonly format: 'text' | 'json';
}

/** A plan, and what it is a plan against. */
interface Planned extends PlanAnswer {
  readonly against: string;
}

export async function plan(newFile: string, { config, format }: PlanOptions, outside: Outside): Promise<number> {
  const { env, stdout, stderr } = outside;
  const file = resolve(newFile);
  const { configuration, problems, texts } = await check(file, { env, noSecrets: true });
  if (problems.length > 0) print(stderr, formatProblems(problems, { color: colourOf(stderr, env) }));
  if (!configuration) return FAILED;
  const planned = await planAgainst(resolve(config), configuration, texts, outside);
  if (!planned.plan) {
    const [where] = planned.invalid ?? [];
    print(
      stderr,
      `${planned.against} could not take it over: in its environment the file is not valid${where ? `, first at ${where.file}:${where.line}:${where.column}` : ''}; a variable or a secret that it has not got is the likely reason`,
    );
    return FAILED;
  }
  if (format === 'json') print(stdout, JSON.stringify(planned, undefined, 2));
  else print(stdout, planText(planned, newFile, { colour: colourOf(stdout, env) }));
  return DONE;
}

/** Asks the collector that runs on `config`; else compares with what ran last there, else with the file itself. */
async function planAgainst(
  config: string,
  wanted: Configuration,
  texts: ReadonlyMap<string, string>,
  { env, stderr }: Outside,
): Promise<Planned> {
  const running = await findRunning(config, env);
  const question = { file: wanted.file, texts: Object.fromEntries(texts) };
  const answer = await running?.ask('/-/plan', { method: 'POST', body: question }).catch(() => undefined);
  if (running && (answer?.status === 200 || answer?.status === 422)) {
    return {
      against: `the collector that runs ${nearby(config)} (pid ${running.pid})`,
      ...((await answer.json()) as PlanAnswer),
    };
  }
  if (running)
    print(
      stderr,
      `the collector at ${running.address} did not answer${answer ? ` (${answer.status})` : ''}; compared with what it keeps on disk`,
    );
  const state = new FileState(join(await storageDirectoryOf(config, env), 'state'), systemClock, {
    debug() {},
    info() {},
    warn() {},
    error() {},
  });
  const kept = lastGood(state);
  const reading = { env, noSecrets: true };
  const before =
    (kept && (await load(config, { ...reading, files: kept.texts })).configuration) ??
    (await load(config, reading)).configuration;
  const against = kept
    ? `what ran last on ${config}`
    : before
      ? `${config}, which does not run`
      : 'nothing: no collector runs, and there is no valid file to compare with';
  return { against, plan: planOf(before, wanted).entries, service: before ? serviceChanges(before, wanted, env) : [] };
}

const SIGNS = { kept: ' ', updated: '~', restarted: '±', added: '+', removed: '-' } as const;
const STYLES = { kept: 'dim', updated: 'cyan', restarted: 'yellow', added: 'green', removed: 'red' } as const;

/** What of the old one goes over to the new one. */
const CARRIED: Readonly<Record<string, string>> = {
  'receiver restarted': 'sockets and offsets are handed on',
  'exporter restarted': 'what waits in its queue stays',
  'exporter updated': 'in place',
  'exporter removed': 'delivers what waits first',
  'processor restarted': 'windows are handed on',
  'pipeline updated': 'between two batches',
};

function planText(
  { against, plan: entries = [], service = [] }: Planned,
  file: string,
  { colour }: { colour: boolean },
): string {
  const paint = painter(colour);
  const changed = entries.filter(({ action }) => action !== 'kept');
  const lines = [`${file}, against ${against}:`, ''];
  lines.push(...table(changed.map((entry) => row(entry, paint))));
  lines.push(
    ...table(
      service.map(({ option, effect }) => [paint('cyan', '~ service'), option, 'updated', paint('dim', effect)]),
    ),
  );
  if (changed.length + service.length === 0) lines.push('  Nothing would change.');
  else lines.push('', `  ${counts(entries)}`);
  return lines.join('\n');
}

function row({ kind, id, action, reason }: PlanEntry, paint: Paint): string[] {
  const carried = CARRIED[`${kind} ${action}`];
  const why = [reason === 'new' ? '' : reason, carried ?? ''].filter((part) => part !== '').join('; ');
  return [paint(STYLES[action], `${SIGNS[action]} ${kind}`), id, paint(STYLES[action], action), paint('dim', why)];
}

function counts(entries: readonly PlanEntry[]): string {
  const actions = ['kept', 'updated', 'restarted', 'added', 'removed'] as const;
  return actions
    .map((action) => [entries.filter((entry) => entry.action === action).length, action] as const)
    .filter(([count]) => count > 0)
    .map(([count, action]) => `${count} ${action}`)
    .join(', ');
}
