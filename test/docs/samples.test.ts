import { expect, test } from 'vitest';
import { catalog } from '../../src/catalog.ts';
import type { ProcessorDefinition, Sample } from '../../src/component/component.ts';
import { validatorOf } from '../../src/config/validators.ts';
import { eventFromJson, eventToJson } from '../../src/lib/event-json.ts';
import { fakeContext, FakeOutput } from '../support/fakes.ts';

const samples = [...catalog.processors.values()].flatMap((definition) =>
  (definition.samples ?? []).map((sample): [string, ProcessorDefinition, Sample] => [
    definition.type,
    definition,
    sample,
  ]),
);

/** As the configuration does: one item may stand for a list, and defaults are filled in. */
async function optionsOf(definition: ProcessorDefinition, written: object): Promise<never> {
  const options: unknown = structuredClone(written);
  wrap(definition.schema, options);
  const validate = await validatorOf(definition.schema);
  expect(validate(options), JSON.stringify(validate.errors)).toBe(true);
  return options as never;
}

function wrap(schema: ProcessorDefinition['schema'], options: unknown): void {
  const record = options as Record<string, unknown>;
  for (const [name, field] of Object.entries(schema.properties)) {
    if (record[name] === undefined) continue;
    if ('orOne' in field && !Array.isArray(record[name])) record[name] = [record[name]];
    if ('properties' in field) wrap(field, record[name]);
  }
}

test.each(samples)('%s does to an event what its page says', async (_type, definition, { options, before, after }) => {
  const event = eventFromJson(structuredClone(before), Date.UTC(2026, 0, 15, 12));
  if (typeof event === 'string') throw new Error(event);
  const batch = [event];
  definition.create(await optionsOf(definition, options), fakeContext()).process(batch, new FakeOutput());
  const written = JSON.parse(JSON.stringify(eventToJson(batch[0]!))) as object;
  expect(written).toMatchObject(after);
});
