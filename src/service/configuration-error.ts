import type { Problem } from '../component/configuration.ts';
import { formatProblems } from '../config/print.ts';

/** A file cannot be used. Its message says what is wrong, where, and what was probably meant. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(`the configuration cannot be used\n${formatProblems(problems, { color: false })}`);
    this.problems = problems;
  }
}
