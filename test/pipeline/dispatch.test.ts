import { expect, test } from 'vitest';
import { defineExporter, defineProcessor, type Processor } from '../../src/component/component.ts';
import type { Event } from '../../src/component/event.ts';
import { dispatch } from '../../src/pipeline/dispatch.ts';
import { Graph } from '../../src/pipeline/graph.ts';
import filter from '../../src/processors/filter.ts';
import ratelimit from '../../src/processors/ratelimit.ts';
import { event } from '../support/fakes.ts';
import { configuration, exporter, fakeWorld, ScriptedExporter, stage, turn, type Sketch } from '../support/pipeline.ts';

const schema = { type: 'object', additionalProperties: false, properties: {} } as const;

class PickyExporter extends ScriptedExporter {
  wanted: (event: Event) => boolean = () => true;

  wants(one: Event): boolean {
    return this.wanted(one);
  }
}

async function running(sketch: Sketch) {
  const instances = new Map<string, PickyExporter>();
  const instance = (id: string) => {
    const made = instances.get(id) ?? new PickyExporter();
    instances.set(id, made);
    return made;
  };
  const scripted = defineExporter({
    type: 'scripted',
    stability: 'stable',
    summary: '',
    schema,
    example: {},
    audience: 'people',
    create: (_, { id }) => instance(id),
  });
  const broken = defineProcessor({
    type: 'broken',
    stability: 'stable',
    summary: '',
    schema,
    example: {},
    create: (): Processor => ({
      process(batch) {
        if (batch.length > 0) throw new Error('a bug');
      },
    }),
  });
  const world = fakeWorld({
    exporters: new Map([['scripted', scripted]]),
    processors: new Map<string, never>([
      ['filter', filter as never],
      ['ratelimit', ratelimit as never],
      ['broken', broken as never],
    ]),
  });
  const graph = new Graph(world);
  await graph.apply(configuration(sketch));
  return {
    world,
    instance,
    send: async (one: Event, exporters?: readonly string[]) =>
      Object.fromEntries(
        await dispatch(one, graph.nodes, { exporters: exporters && new Set(exporters), waitMs: 10_000 }, world.clock),
      ),
  };
}

const LIMIT = { max_per_window: 1, window: 60_000, by: ['level'], max_keys: 10, summary: false };

test('says of every exporter what became of the event', async () => {
  const { send, instance } = await running({
    exporters: [
      exporter('scripted/a'),
      exporter(
        'scripted/b',
        {},
        {
          door: [stage('exporter/scripted/b/filters', { min_level: 'error' })].map((one) => ({
            ...one,
            id: 'scripted/b/filters',
            type: 'filter',
          })),
        },
      ),
      exporter(
        'scripted/c',
        {},
        {
          door: [{ ...stage('exporter/scripted/c/rate_limit', LIMIT), id: 'scripted/c/rate_limit', type: 'ratelimit' }],
        },
      ),
      exporter('scripted/d'),
      exporter('scripted/e'),
      exporter('scripted/f'),
    ],
    pipelines: { default: { exporters: ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `scripted/${name}`) } },
  });
  instance('scripted/d').verdicts.push({ kind: 'refused', reason: 'answered 400' });
  instance('scripted/e').otherwise = () => ({ kind: 'later', reason: 'answered 503' });
  instance('scripted/f').otherwise = () => ({ kind: 'misconfigured', reason: 'answered 404' });
  await send(event({ eventId: 'first' }));
  instance('scripted/d').verdicts.push({ kind: 'refused', reason: 'answered 400' });
  expect(await send(event({ eventId: 'second' }))).toMatchObject({
    'scripted/a': { status: 'sent' },
    'scripted/b': { status: 'filtered', by: 'filters', reason: 'level info is below error' },
    'scripted/c': { status: 'limited', by: 'rate_limit', reason: expect.stringContaining('1') as string },
    'scripted/d': { status: 'failed', reason: 'answered 400' },
    'scripted/e': { status: 'queued', reason: 'answered 503' },
    'scripted/f': { status: 'failed', reason: 'answered 404' },
  });
});

test('goes into every pipeline that none feeds, and to an exporter once', async () => {
  const { send, instance } = await running({
    exporters: [exporter('scripted/a'), exporter('scripted/b')],
    pipelines: {
      one: { exporters: ['scripted/a'], feeds: ['further'] },
      two: { exporters: ['scripted/a'] },
      further: {
        exporters: ['scripted/b'],
        stages: [{ ...stage('further/filter#0', { min_level: 'critical' }), id: 'filter', type: 'filter' }],
      },
    },
  });
  const outcomes = await send(event());
  expect(instance('scripted/a').titles).toEqual(['title']);
  expect(outcomes).toMatchObject({
    'scripted/a': { status: 'sent' },
    'scripted/b': { status: 'filtered', by: 'filter of pipeline further', reason: 'level info is below critical' },
  });
});

test('goes to the named exporters only', async () => {
  const { send, instance } = await running({
    exporters: [exporter('scripted/a'), exporter('scripted/b')],
    pipelines: { default: { exporters: ['scripted/a', 'scripted/b'] } },
  });
  expect(Object.keys(await send(event(), ['scripted/b']))).toEqual(['scripted/b']);
  expect(instance('scripted/a').titles).toEqual([]);
});

test('says so when a processor fails, and when the exporter itself does not want the event', async () => {
  const { send, instance, world } = await running({
    exporters: [exporter('scripted/a'), exporter('scripted/b')],
    pipelines: {
      one: { exporters: ['scripted/a'], stages: [{ ...stage('one/broken#0'), id: 'broken', type: 'broken' }] },
      two: { exporters: ['scripted/b'] },
    },
  });
  instance('scripted/b').wanted = ({ level }) => level === 'critical';
  const outcomes = await send(event());
  expect(outcomes).toMatchObject({
    'scripted/a': { status: 'failed' },
    'scripted/b': { status: 'filtered', by: 'shouldSend' },
  });
  expect(
    world.count('lnmt_collector_processor_dropped_events_total', {
      processor: 'scripted/b/should_send',
      exporter: 'scripted/b',
      reason: 'filtered',
    }),
  ).toBe(1);
});

test('an answer that does not come is not waited for without end', async () => {
  const { send, instance, world } = await running({
    exporters: [exporter('scripted/a')],
    pipelines: { default: { exporters: ['scripted/a'] } },
  });
  instance('scripted/a').otherwise = () => new Promise(() => {});
  const sending = send(event());
  await turn();
  world.clock.advance(10_000);
  expect(await sending).toMatchObject({ 'scripted/a': { status: 'queued', reason: 'it waits for its turn' } });
});

test('what waits for a destination that is in trouble is queued at once', async () => {
  const { send, instance } = await running({
    exporters: [exporter('scripted/a')],
    pipelines: { default: { exporters: ['scripted/a'] } },
  });
  instance('scripted/a').otherwise = () => ({ kind: 'later', reason: 'answered 503' });
  await send(event({ eventId: '1' }));
  expect(await send(event({ eventId: '2' }))).toMatchObject({
    'scripted/a': { status: 'queued', reason: 'answered 503' },
  });
});
