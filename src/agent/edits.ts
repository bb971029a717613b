/** How the file on disk stands to what runs: the last edit, whether it was taken over, and who is told. */
import type { Announcer } from '../pipeline/announcer.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { ReloadReport } from './status.ts';

export class Edits {
  readonly #file: string;
  readonly #announcer: Announcer;
  readonly #metrics: Metrics;
  #last: ReloadReport | undefined;
  #stale = false;

  constructor(file: string, announcer: Announcer, metrics: Metrics) {
    this.#file = file;
    this.#announcer = announcer;
    this.#metrics = metrics;
  }

  get last(): ReloadReport | undefined {
    return this.#last;
  }

  /** True from an edit that could not be taken over until it is mended. */
  get stale(): boolean {
    return this.#stale;
  }

  started(report: ReloadReport): void {
    this.#last = report;
  }

  tried(report: ReloadReport): void {
    const wasStale = this.#stale;
    this.#last = report;
    this.#stale = report.result === 'refused';
    if (this.#stale || wasStale) this.#announce(report);
    this.#metrics
      .counter('lnmt_collector_config_reloads_total', 'Edits tried, by what came of them.', { result: report.result })
      .add(1);
  }

  /** Adds the gauge until the returned function is called. */
  addMetrics(): () => void {
    return this.#metrics.gauge(
      'lnmt_collector_config_last_reload_successful',
      'Whether the file on disk is what runs: 0 from an edit that could not be taken over until it is mended.',
      {},
      () => (this.#stale ? 0 : 1),
    );
  }

  #announce({ result, problems = [] }: ReloadReport): void {
    const errors = problems.filter(({ severity }) => severity === 'error');
    const message = errors
      .map((problem) => `${problem.file}:${problem.line}:${problem.column} ${problem.message}`)
      .join('\n');
    const common = { component: 'collector' };
    this.#announcer.announce(
      result === 'refused'
        ? {
            ...common,
            kind: 'reload_refused',
            level: 'error',
            title: `An edit of ${this.#file} is not valid and was not taken over`,
            message,
          }
        : {
            ...common,
            kind: 'reload_mended',
            level: 'info',
            title: `${this.#file} is valid again and in effect`,
            message: '',
          },
    );
  }
}
