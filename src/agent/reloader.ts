/** Takes edits over, one at a time: reads, plans, applies, and says what came of it. */
import { stat } from 'node:fs/promises';
import type { Clock, Logger } from '../component/component.ts';
import type { Configuration } from '../component/configuration.ts';
import type { Loaded } from '../config/load.ts';
import { formatProblems } from '../config/print.ts';
import { BuildError } from '../pipeline/build.ts';
import type { Graph } from '../pipeline/graph.ts';
import type { Plan } from '../pipeline/plan.ts';
import { StartFailure } from '../pipeline/start.ts';
import { load, problemsOf, type LoadedFile, type Reading } from './loading.ts';
import type { ReloadReport } from './status.ts';
import { untested } from './testing.ts';

export interface ReloaderParts {
  readonly file: string;
  readonly reading: Reading;
  readonly graph: Graph;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called before a configuration is applied: its secrets must be masked from then on. */
  onRead(configuration: Configuration, loaded: LoadedFile): void;
  /** Called when one is at work. */
  onApplied(configuration: Configuration, loaded: Loaded): Promise<void>;
  /** Called after each try, with the files to watch. */
  onTried(report: ReloadReport, watch: readonly string[]): Promise<void>;
}

export class Reloader {
  readonly #parts: ReloaderParts;
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: ReloaderParts) {
    this.#parts = parts;
  }

  /** Reads the file and goes over to what it says. `changed` are the files that started it. Never throws. */
  reload(trigger: string, changed: readonly string[] = []): Promise<ReloadReport> {
    const next = this.#last.then(() => this.#reload(trigger, changed));
    this.#last = next;
    return next;
  }

  async #reload(trigger: string, changed: readonly string[]): Promise<ReloadReport> {
    const { file, reading, graph, clock, log, onRead, onApplied, onTried } = this.#parts;
    const since = await changedAt(changed, clock);
    const report = (result: ReloadReport['result'], more: Partial<ReloadReport>): ReloadReport => {
      return { at: clock.now(), trigger, result, tookMs: clock.now() - since, ...more };
    };
    const loaded = await load(file, reading);
    const { configuration, problems, watch, problemAt } = loaded;
    let outcome: ReloadReport;
    if (!configuration) outcome = report('refused', { problems });
    else {
      try {
        onRead(configuration, loaded);
        const failing = await untested(configuration, loaded.catalog, problemAt);
        if (failing.length > 0) outcome = report('refused', { problems: [...problems, ...failing] });
        else {
          const plan = await graph.apply(configuration);
          await onApplied(configuration, loaded);
          outcome = report(plan.empty ? 'unchanged' : 'applied', {
            plan,
            ...(problems.length > 0 ? { problems } : {}),
          });
        }
      } catch (error) {
        outcome = report('refused', { problems: [...problems, ...problemsOf(faultsOf(error), problemAt)] });
      }
    }
    say(outcome, log);
    await onTried(outcome, watch);
    return outcome;
  }
}

export function faultsOf(error: unknown): BuildError['faults'] {
  if (error instanceof BuildError) return error.faults;
  if (error instanceof StartFailure) return [error.fault];
  throw error;
}

/** When the newest of the files was written; now if that cannot be told. */
async function changedAt(files: readonly string[], clock: Clock): Promise<number> {
  const now = clock.now();
  const times = await Promise.all(
    files.map((file) =>
      stat(file).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  const newest = Math.max(0, ...times);
  // A symlink that was swapped points to a file that may have been written long ago.
  return newest > now - 5_000 && newest <= now ? newest : now;
}

function say({ result, trigger, tookMs, plan, problems }: ReloadReport, log: Logger): void {
  const errors = (problems ?? []).filter(({ severity }) => severity === 'error');
  if (result === 'refused') {
    const count = errors.length === 1 ? '1 problem' : `${errors.length} problems`;
    log.error(
      `the edit is not taken over (${count}); what ran goes on running\n${formatProblems(errors, { color: false })}`,
      { trigger },
    );
  } else if (result === 'unchanged') log.info('the file says what already runs; nothing to do', { trigger });
  else if (plan) log.info(`took the edit over in ${Math.round(tookMs)} ms: ${inWords(plan)}`, { trigger });
}

/** `slack/ops restarted (changed: webhook_url), 7 kept`. */
export function inWords({ entries }: Plan): string {
  const kept = entries.filter(({ action }) => action === 'kept').length;
  const said = entries
    .filter(({ action }) => action !== 'kept')
    .map(({ kind, id, action, reason }) => `${kind} ${id} ${action}${reason === 'new' ? '' : ` (${reason})`}`);
  return [...said, `${kept} kept`].join(', ');
}
