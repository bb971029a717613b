/** What a command has of the world around it: replaced by the tests. */
export interface Outside {
  /** Ends a command that goes on until it is ended; a signal does it unless said. */
  readonly ends?: AbortSignal;
  /** Standard input of the process unless said. */
  readonly stdin?: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: NodeJS.WritableStream & {
    readonly isTTY?: boolean;
    readonly columns?: number;
    readonly rows?: number;
  };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** Exit status of every command. */
export const DONE = 0;
export const FAILED = 1;
export const WRONG_USAGE = 2;

/** Whether to colour what goes to a stream: for people, unless they said no. */
export function colourOf(stream: { readonly isTTY?: boolean }, env: Outside['env']): boolean {
  return stream.isTTY === true && !env['NO_COLOR'];
}

/** Prints a result. */
export function print(stream: NodeJS.WritableStream, text: string): void {
  stream.write(text.endsWith('\n') ? text : `${text}\n`);
}
