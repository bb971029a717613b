import { expect, test } from 'vitest';
import { defineExporter, defineProcessor, defineReceiver } from '../../src/component/component.ts';
import type { Event } from '../../src/component/event.ts';
import filter from '../../src/processors/filter.ts';
import ratelimit from '../../src/processors/ratelimit.ts';
import { Graph } from '../../src/pipeline/graph.ts';
import type { Watcher } from '../../src/pipeline/watcher.ts';
import { event } from '../support/fakes.ts';
import {
  configuration,
  exporter,
  fakeWorld,
  HandReceiver,
  ScriptedExporter,
  spec,
  stage,
  SuffixProcessor,
  turn,
} from '../support/pipeline.ts';

const described = { stability: 'stable', summary: 'For tests.', example: {} } as const;
const schema = { type: 'object', additionalProperties: false, properties: {} } as const;

class Notes implements Watcher {
  readonly lines: string[] = [];
  accepted = (id: string, events: readonly Event[]) => void this.lines.push(`${id} took ${titles(events)}`);
  entered = (name: string, events: readonly Event[]) => void this.lines.push(`into ${name} ${titles(events)}`);
  entering = () => {};
  passed: Watcher['passed'] = ({ key }, { title }) => void this.lines.push(`${key} lets ${title} through`);
  dropped: Watcher['dropped'] = ({ key }, { title }, { how, reason, option }) =>
    void this.lines.push(`${key} ${how} ${title}: ${reason} (${option})`);
  generated: Watcher['generated'] = ({ key }, { title }) => void this.lines.push(`${key} says ${title}`);
  unwanted = (id: string, { title }: Event) => void this.lines.push(`${id} does not want ${title}`);
  queued = (id: string, events: readonly Event[]) => void this.lines.push(`${id} holds ${titles(events)}`);
  ended: Watcher['ended'] = (id, events, { kind }) => void this.lines.push(`${id} ${kind} ${titles(events)}`);
}

const titles = (events: readonly Event[]): string => events.map(({ title }) => title).join('+');

async function setUp() {
  const receivers: HandReceiver[] = [];
  const sent = new ScriptedExporter();
  const world = fakeWorld({
    receivers: new Map([
      [
        'hand',
        defineReceiver({
          ...described,
          type: 'hand',
          schema,
          create: (_, __, sink) => (receivers[0] = new HandReceiver(sink, {})),
        }),
      ],
    ]),
    processors: new Map([
      ['filter', filter],
      ['ratelimit', ratelimit],
      [
        'suffix',
        defineProcessor({
          ...described,
          type: 'suffix',
          schema,
          mutates: true,
          create: () => new SuffixProcessor('!'),
        }),
      ],
    ] as never),
    exporters: new Map([
      ['out', defineExporter({ ...described, type: 'out', audience: 'store', schema, create: () => sent })],
    ]),
  });
  const graph = new Graph(world);
  const file = (level: string) =>
    configuration({
      receivers: [spec('hand')],
      exporters: [exporter('out')],
      pipelines: {
        main: {
          receivers: ['hand'],
          stages: [
            stage('main/filter', { min_level: level }),
            stage('main/ratelimit', { max_per_window: 1, window: 60_000, by: [], max_keys: 10, summary: false }),
            stage('main/suffix'),
          ],
          exporters: ['out'],
        },
      },
    });
  await graph.apply(file('warning'));
  return { graph, file, push: (...events: Event[]) => receivers[0]!.sink.push(events) };
}

test('each event is followed from the receiver to its end, with the reason of the one that dropped it', async () => {
  const { graph, push } = await setUp();
  const notes = new Notes();
  graph.watch(notes);
  push(
    event({ title: 'a', level: 'info' }),
    event({ title: 'b', level: 'error' }),
    event({ title: 'c', level: 'error' }),
  );
  await turn();
  expect(notes.lines).toEqual([
    'hand took a+b+c',
    'into main a+b+c',
    'main/filter filtered a: level info is below warning (min_level)',
    'main/filter lets b through',
    'main/filter lets c through',
    'main/ratelimit lets b through',
    // Asked when b had gone through, and not before the batch: the window is full by then.
    'main/ratelimit suppressed c: the limit of 1 in 1m is reached (max_per_window)',
    'main/suffix lets b! through',
    'out holds b!',
    'out sent b!',
  ]);
});

test('a watch outlives a reload, and nothing is told once it is over', async () => {
  const { graph, file, push } = await setUp();
  const notes = new Notes();
  graph.watch(notes);
  await graph.apply(file('error'));
  push(event({ title: 'a', level: 'warning' }));
  expect(notes.lines.at(-1)).toBe('main/filter filtered a: level warning is below error (min_level)');
  graph.watch(undefined);
  const before = notes.lines.length;
  push(event({ title: 'b', level: 'error' }));
  await turn();
  expect(notes.lines).toHaveLength(before);
});

test('what is watched is processed as what is not', async () => {
  const [watched, unwatched] = [await setUp(), await setUp()];
  watched.graph.watch(new Notes());
  for (const { push } of [watched, unwatched])
    push(
      event({ title: 'a', level: 'error' }),
      event({ title: 'b', level: 'debug' }),
      event({ title: 'c', level: 'error' }),
    );
  await turn();
  const counts = ({ graph }: typeof watched) =>
    [...graph.nodes.exporters.values()].map(({ tallies }) => [tallies.received.value, tallies.sent.value]);
  expect(counts(watched)).toEqual(counts(unwatched));
  expect(counts(watched)).toEqual([[1, 1]]);
});
