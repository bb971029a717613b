import type { Fault } from './build.ts';

/** A component could not start: a port taken, a certificate unreadable. Everything is as it was before. */
export class StartFailure extends Error {
  override readonly name = 'StartFailure';
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(`${fault.spec.id}: ${fault.error.message}`);
    this.fault = fault;
  }
}

/** Runs a start; a failure names the component. */
export async function starting(fault: Omit<Fault, 'error'>, start: () => Promise<void> | undefined): Promise<void> {
  try {
    await start();
  } catch (error) {
    throw new StartFailure({ ...fault, error: error instanceof Error ? error : new Error(String(error)) });
  }
}
