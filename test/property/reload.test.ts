/** For any two valid files: going from one to the other leaves what a start of the other would. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defineExporter, defineReceiver } from '../../src/component/component.ts';
import type { Configuration } from '../../src/component/configuration.ts';
import { LEVELS } from '../../src/component/event.ts';
import { Graph } from '../../src/pipeline/graph.ts';
import { planOf } from '../../src/pipeline/plan.ts';
import filter from '../../src/processors/filter.ts';
import { event } from '../support/fakes.ts';
import {
  configuration,
  exporter,
  fakeWorld,
  HandReceiver,
  ScriptedExporter,
  spec,
  stage,
  turn,
} from '../support/pipeline.ts';

const described = { stability: 'stable', summary: 'For tests.', example: {} } as const;
const schema = { type: 'object', additionalProperties: false, properties: {} } as const;

interface Sketch {
  readonly receivers: readonly number[];
  readonly exporters: readonly {
    readonly id: number;
    readonly version: number;
    readonly door: number | undefined;
    readonly concurrency: number;
  }[];
  readonly pipelines: readonly {
    readonly receivers: readonly number[];
    readonly levels: readonly number[];
    readonly exporters: readonly number[];
    readonly feedsNext: boolean;
  }[];
}

const some = fc.uniqueArray(fc.nat({ max: 3 }), { maxLength: 4 });
const sketches: fc.Arbitrary<Sketch> = fc.record({
  receivers: some,
  exporters: fc.uniqueArray(
    fc.record({
      id: fc.nat({ max: 3 }),
      version: fc.nat({ max: 1 }),
      door: fc.option(fc.nat({ max: 4 }), { nil: undefined }),
      concurrency: fc.integer({ min: 1, max: 2 }),
    }),
    { selector: ({ id }) => id, maxLength: 4 },
  ),
  pipelines: fc.array(
    fc.record({
      receivers: some,
      levels: fc.array(fc.nat({ max: 4 }), { maxLength: 2 }),
      exporters: some,
      feedsNext: fc.boolean(),
    }),
    { minLength: 1, maxLength: 3 },
  ),
});

function configurationOf({ receivers, exporters, pipelines }: Sketch): Configuration {
  const has = (ids: readonly number[], all: readonly number[]) => ids.filter((id) => all.includes(id));
  return configuration({
    receivers: receivers.map((id) => spec(`hand/${id}`)),
    exporters: exporters.map(({ id, version, door, concurrency }) =>
      exporter(
        `out/${id}`,
        { version },
        {
          door:
            door === undefined
              ? []
              : [stage(`exporter/out/${id}/filters`, { min_level: LEVELS[door] })].map((one) => ({
                  ...one,
                  type: 'filter',
                })),
          delivery: { concurrency },
        },
      ),
    ),
    pipelines: Object.fromEntries(
      pipelines.map((pipeline, index) => [
        `p${index}`,
        {
          receivers: has(pipeline.receivers, receivers).map((id) => `hand/${id}`),
          stages: pipeline.levels.map((level, at) => ({
            ...stage(`p${index}/filter#${at + 1}`, { min_level: LEVELS[level] }),
            type: 'filter',
          })),
          exporters: has(
            pipeline.exporters,
            exporters.map(({ id }) => id),
          ).map((id) => `out/${id}`),
          feeds: pipeline.feedsNext && index + 1 < pipelines.length ? [`p${index + 1}`] : [],
        },
      ]),
    ),
  });
}

function collector() {
  const sent: string[] = [];
  const world = fakeWorld({
    receivers: new Map([
      [
        'hand',
        defineReceiver({ ...described, type: 'hand', schema, create: (_, __, sink) => new HandReceiver(sink, {}) }),
      ],
    ]),
    processors: new Map([['filter', filter]]),
    exporters: new Map([
      [
        'out',
        defineExporter({
          ...described,
          type: 'out',
          audience: 'store',
          schema,
          create(options, { id }) {
            const out = new ScriptedExporter();
            out.otherwise = (events) => {
              sent.push(
                ...events.map(
                  ({ title, level }) => `${id}.${(options as { version: number }).version} ${level} ${title}`,
                ),
              );
              return { kind: 'sent' };
            };
            return out;
          },
        }),
      ],
    ]),
  });
  return { graph: new Graph(world), sent };
}

/** What is where, and what comes of an event of each level through each receiver. */
async function stateOf({ graph, sent }: ReturnType<typeof collector>) {
  const { receivers, stages, exporters, pipelines } = graph.nodes;
  const shape = {
    receivers: Object.fromEntries(
      [...receivers].map(([id, { sink, receiver }]) => [
        id,
        [(receiver as HandReceiver).running, sink.pipelines.map(({ name }) => name)],
      ]),
    ),
    stages: Object.fromEntries(
      [...stages].map(
        ([
          key,
          {
            spec: { options },
          },
        ]) => [key, options],
      ),
    ),
    exporters: Object.fromEntries(
      [...exporters].map(
        ([
          id,
          {
            spec: { options, delivery },
            outlet,
            exporter: one,
          },
        ]) => [
          id,
          [options, delivery, (one as ScriptedExporter).started, outlet.door.list.map(({ spec: { key } }) => key)],
        ],
      ),
    ),
    pipelines: Object.fromEntries(
      [...pipelines].map(([name, { stages: run, outlets, feeds }]) => [
        name,
        [run.list.map(({ spec: { key } }) => key), outlets.map(({ id }) => id), feeds.map((feed) => feed.name)],
      ]),
    ),
  };
  sent.length = 0;
  for (const [id, { receiver }] of receivers)
    for (const level of LEVELS)
      (receiver as HandReceiver).sink.push([event({ title: id, level, eventId: `${id} ${level}` })]);
  await turn(200);
  return { shape, sent: sent.toSorted() };
}

test('reload(A → B) leaves what start(B) would', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(sketches, { minLength: 1, maxLength: 3 }), sketches, async (before, after) => {
      const reloaded = collector();
      for (const sketch of before) await reloaded.graph.apply(configurationOf(sketch));
      await reloaded.graph.apply(configurationOf(after));
      const started = collector();
      await started.graph.apply(configurationOf(after));
      expect(await stateOf(reloaded)).toEqual(await stateOf(started));
      expect(planOf(reloaded.graph.configuration, configurationOf(after)).empty).toBe(true);
    }),
    { numRuns: 150 },
  );
});
