/** What each type of processor does about an event that it fails on. */
import { expect, test } from 'vitest';
import { catalog } from '../../src/catalog.ts';
import type { ProcessorDefinition } from '../../src/component/component.ts';
import type { Event } from '../../src/component/event.ts';
import { event, fakeContext, FakeOutput } from '../support/fakes.ts';
import { optionsOf } from '../support/written-options.ts';

const poison = new Proxy({} as Event, {
  get: () => {
    throw new Error('a bug');
  },
});

function processed(definition: ProcessorDefinition, batch: Event[]): { readonly batch: Event[]; output: FakeOutput } {
  const output = new FakeOutput();
  definition.create(optionsOf(definition, definition.example), fakeContext()).process(batch, output);
  return { batch, output };
}

/** Among them some that pass, some that do not, and equal ones. */
const events = (): Event[] =>
  ['sshd', 'app', 'nginx', 'app', 'sshd', 'app'].map((source, index) =>
    event({
      source,
      level: index % 3 === 0 ? 'error' : 'info',
      message: '{"level":"error","msg":"mail a@example.com"}',
    }),
  );

test.each([...catalog.processors])(
  'events that %s fails on are taken out; the others are as if these had not been there',
  (_type, definition) => {
    const without = processed(definition, events());
    const amid = processed(definition, [poison, ...events().flatMap((one) => [one, poison])]);
    expect(amid.batch).toEqual(without.batch);
    expect(amid.output.drops).toEqual(without.output.drops);
    expect(amid.output.failures.length).toBe(events().length + 1);
  },
);
