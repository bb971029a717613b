/** Where in a component's options something is wrong. */
export interface Place {
  /** Keys and indexes from the component's options down: `['set', 'site']`. */
  readonly path?: readonly (string | number)[];
  /** Characters into the text at `path`: where in an expression or a pattern. */
  readonly offset?: number;
  /** What to do about it, as a sentence. */
  readonly hint?: string;
}

/** The configuration is wrong. Fatal at start; on a reload the running configuration stays. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly place: Place;

  constructor(message: string, place: Place = {}) {
    super(message);
    this.place = place;
  }
}

/** The world is not as a component needs it: a port taken, a file unreadable. Its message says what, why and what to do. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly place: Place;

  constructor(message: string, place: Place = {}) {
    super(message);
    this.place = place;
  }
}

/** What went wrong as a short word (`ECONNREFUSED`), never a message that could hold a URL or a secret. */
export function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.name : 'unknown error';
}
