/**
 * Expressions over values that are no event, such as the body of a webhook, under names of the
 * caller's own. Nothing is known of their types; what is not there makes the value undefined.
 */
import type { Place } from '../component/errors.ts';
import type { Event } from '../component/event.ts';
import type { Cell } from './compiled.ts';
import { checkerOver } from './environment.ts';
import { compileIn } from './language.ts';
import { plainValue } from './values.ts';

/** Compiles expressions that can use these names, and the levels. */
export function valueExpressions<Name extends string>(names: readonly Name[]) {
  const checker = checkerOver(names);

  /** The value for these values by name, as `compileValue` gives it. Throws a ConfigError, with its offset. */
  return function compile(text: string, path?: Place['path']): (values: Readonly<Record<Name, unknown>>) => unknown {
    const cells = new Map(names.map((name): [Name, Cell] => [name, { value: undefined }]));
    const { run } = compileIn({ checker, names, cells }, text, 'value', path);
    return (values) => {
      for (const [name, cell] of cells) cell.value = values[name];
      // Every name is in a cell: no event is looked at.
      const value = plainValue(run(undefined as unknown as Event));
      for (const cell of cells.values()) cell.value = undefined;
      return value;
    };
  };
}
