/** Options of a component as one writes them, made what its `create` takes. */
import { expect } from 'vitest';
import type { ConfigSchema } from '../../src/component/schema.ts';
import { errorsOf } from '../../src/config/validators.ts';
import { parseDuration } from '../../src/lib/duration.ts';

/** As the configuration does: one item may stand for a list, and defaults are filled in. */
export function optionsOf({ schema }: { readonly schema: ConfigSchema }, written: object): never {
  const options: unknown = structuredClone(written);
  wrap(schema, options);
  expect(errorsOf(schema, options as object)).toEqual([]);
  return options as never;
}

function wrap(schema: ConfigSchema, options: unknown): void {
  const record = options as Record<string, unknown>;
  for (const [name, field] of Object.entries(schema.properties)) {
    if (record[name] === undefined) continue;
    if ('orOne' in field && !Array.isArray(record[name])) record[name] = [record[name]];
    if ('format' in field && field.format === 'duration') record[name] = parseDuration(String(record[name]));
    if ('properties' in field) wrap(field, record[name]);
  }
}
