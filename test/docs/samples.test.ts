import { expect, test } from 'vitest';
import { catalog } from '../../src/catalog.ts';
import type { ProcessorDefinition, ReceiverDefinition, ReceiverSample, Sample } from '../../src/component/component.ts';
import type { Event } from '../../src/component/event.ts';
import { eventFromJson, eventToJson } from '../../src/lib/event-json.ts';
import { fakeContext, FakeOutput } from '../support/fakes.ts';
import { optionsOf } from '../support/written-options.ts';

const receptions = [...catalog.receivers.values()].flatMap((definition) =>
  (definition.samples ?? []).map((sample): [string, ReceiverDefinition, ReceiverSample] => [
    definition.type,
    definition,
    sample,
  ]),
);

const samples = [...catalog.processors.values()].flatMap((definition) =>
  (definition.samples ?? []).map((sample): [string, ProcessorDefinition, Sample] => [
    definition.type,
    definition,
    sample,
  ]),
);

const written = (events: readonly Event[]): unknown => JSON.parse(JSON.stringify(events.map(eventToJson)));
const list = (events: object | readonly object[]): readonly object[] => (Array.isArray(events) ? events : [events]);

test.each(samples)('%s does to events what its page says', async (_type, definition, { options, before, after }) => {
  const batch = list(before).map((fields) => {
    const event = eventFromJson(structuredClone(fields), Date.UTC(2026, 0, 15, 12));
    if (typeof event === 'string') throw new Error(event);
    return event;
  });
  definition.create(optionsOf(definition, options), fakeContext()).process(batch, new FakeOutput());
  expect(written(batch)).toMatchObject(list(after));
});

test.each(receptions)('%s makes of bytes what its page says', async (_type, definition, sample) => {
  const options = optionsOf(definition, sample.options);
  const { events } = definition.decode!(options, fakeContext(), Buffer.from(sample.received));
  expect(written(events)).toMatchObject(list(sample.after));
});
