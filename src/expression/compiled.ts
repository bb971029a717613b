/** What becomes of a part of an expression: a closure, and what is known of it beforehand. */
import type { ASTNode } from '@marcbachmann/cel-js';
import type { Event } from '../component/event.ts';
import type { Variable } from './environment.ts';

/** Reads a value of an event. */
export type Run = (event: Event) => unknown;

export interface Compiled {
  readonly run: Run;
  /** The value, where it is the same for every event. */
  readonly constant?: { readonly value: unknown };
  /** Where it is one of the event's own fields: which. */
  readonly variable?: Variable;
  /** Texts of which the message has at least one wherever this is true; undefined where none are known. */
  readonly needles?: readonly string[];
}

/** Compiles the parts of a part. */
export interface Scope {
  compile(node: ASTNode): Compiled;
  /** Compiles `node` with `name` standing for what `cell` holds at the time. */
  compileWith(name: string, cell: Cell, node: ASTNode): Compiled;
}

/** The variable of a macro. */
export interface Cell {
  value: unknown;
}

export function constant(value: unknown): Compiled {
  return { run: () => value, constant: { value } };
}

/** The value of a closure whose parts are all constant: it never looks at the event. */
export function folded(run: Run): unknown {
  return run(undefined as unknown as Event);
}
