import type { Problem } from '../component/configuration.ts';

/** The file cannot be run; every reason with its place. */
export class InvalidFile extends Error {
  override readonly name = 'InvalidFile';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super('the file cannot be run');
    this.problems = problems;
  }
}
