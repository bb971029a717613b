/** Takes edits over, one at a time: reads, plans, applies, and says what came of it. */
import { stat } from 'node:fs/promises';
import type { Clock, Logger } from '../component/component.ts';
import type { Configuration, Problem } from '../component/configuration.ts';
import { codeOf } from '../component/errors.ts';
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
  /** Called after each try, with the files to watch: undefined where reading broke off, and they stay the same. */
  onTried(report: ReloadReport, watch: readonly string[] | undefined): Promise<void>;
}

/** How long `close` waits: a start may not heed its signal, and after a stop nothing is put in place any more. */
const PATIENCE_MS = 1_000;

type Outcome = Pick<ReloadReport, 'result' | 'plan' | 'problems'>;

export class Reloader {
  readonly #parts: ReloaderParts;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(parts: ReloaderParts) {
    this.#parts = parts;
  }

  /** Reads the file and goes over to what it says. `changed` are the files that started it. Never throws: what nobody foresaw is a refusal, and is logged. */
  reload(trigger: string, changed: readonly string[] = []): Promise<ReloadReport> {
    const next = this.#last.then(() => this.#reload(trigger, changed));
    this.#last = next;
    return next;
  }

  /** Refuses edits from now on, and gives up one that is not at work yet. Resolves once nothing of it is under way. */
  async close(): Promise<void> {
    const { graph, clock } = this.#parts;
    this.#closed = true;
    graph.bar();
    let cancel = (): void => {};
    const impatience = new Promise<void>((resolve) => (cancel = clock.schedule(PATIENCE_MS, resolve)));
    await Promise.race([this.#last, impatience]);
    cancel();
  }

  async #reload(trigger: string, changed: readonly string[]): Promise<ReloadReport> {
    const { file, reading, clock, log, onTried } = this.#parts;
    const since = await changedAt(changed, clock);
    let loaded: LoadedFile | undefined;
    let outcome: Outcome;
    try {
      loaded = this.#closed ? undefined : await load(file, reading);
      outcome = loaded ? await this.#takeOver(loaded, trigger) : { result: 'refused' };
    } catch (error) {
      outcome = { result: 'refused', problems: [...(loaded?.problems ?? []), unforeseen(error, file)] };
      if (!this.#closed) log.error('an edit failed in a way that nobody foresaw', { trigger, error });
    }
    const report = { at: clock.now(), trigger, tookMs: clock.now() - since, ...outcome };
    if (this.#closed && outcome.result === 'refused') {
      log.info('an edit is left to the next start: the collector stops', { trigger });
      return { ...report, problems: [problemOf('the collector stops; the next start reads the file', file)] };
    }
    say(report, log);
    await onTried(report, loaded?.watch).catch((error: unknown) =>
      log.error('what came of an edit could not be told everywhere', { trigger, error }),
    );
    return report;
  }

  async #takeOver(loaded: LoadedFile, trigger: string): Promise<Outcome> {
    const { graph, log, onRead, onApplied } = this.#parts;
    const { configuration, problems, problemAt } = loaded;
    if (!configuration) return { result: 'refused', problems };
    let plan: Plan;
    try {
      onRead(configuration, loaded);
      const failing = await untested(configuration, loaded.catalog, problemAt);
      if (failing.length > 0) return { result: 'refused', problems: [...problems, ...failing] };
      plan = await graph.apply(configuration);
    } catch (error) {
      return { result: 'refused', problems: [...problems, ...problemsOf(faultsOf(error), problemAt)] };
    }
    // It is at work by now, whatever becomes of this.
    await onApplied(configuration, loaded).catch((error: unknown) =>
      log.error('the edit is at work, but not all of `service`', { trigger, error }),
    );
    return { result: plan.empty ? 'unchanged' : 'applied', plan, ...(problems.length > 0 ? { problems } : {}) };
  }
}

/** An error's message may hold a secret, and reports are shown: it is for the log, which masks. */
function unforeseen(error: unknown, file: string): Problem {
  return problemOf(`an error that nobody foresaw (${codeOf(error)}); the log says more`, file);
}

function problemOf(message: string, file: string): Problem {
  return { file, line: 1, column: 1, severity: 'error', message, text: '' };
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
