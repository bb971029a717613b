import { expect, test } from 'vitest';
import { deadLetterRoute } from '../../src/agent/dead-letter-route.ts';
import type { ExporterDefinition, ReceiverDefinition } from '../../src/component/component.ts';
import { Graph } from '../../src/pipeline/graph.ts';
import { DeadLetterLog } from '../../src/storage/dead-letters.ts';
import { event, FakeClock } from '../support/fakes.ts';
import { configuration, exporter, fakeWorld, HandReceiver, ScriptedExporter, spec, turn } from '../support/pipeline.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const schema = { type: 'object', additionalProperties: false, required: [], properties: {} } as const;
const described = { stability: 'stable', summary: '', example: {}, schema } as const;

/** A graph with one exporter, and two dead letters of it on disk. */
async function withLetters() {
  const made = new ScriptedExporter();
  const scripted: ExporterDefinition = {
    ...described,
    type: 'scripted',
    audience: 'store',
    create: () => made,
  };
  const hand: ReceiverDefinition = {
    ...described,
    type: 'hand',
    create: (_, __, sink) => new HandReceiver(sink, {}),
  };
  const world = fakeWorld({ receivers: new Map([['hand', hand]]), exporters: new Map([['scripted', scripted]]) });
  const graph = new Graph(world);
  await graph.apply(
    configuration({
      receivers: [spec('hand/a')],
      exporters: [exporter('scripted/x')],
      pipelines: { p: { receivers: ['hand/a'], exporters: ['scripted/x'] } },
    }),
  );
  const directory = await temporaryDirectory();
  const letters = new DeadLetterLog({ directory, clock: new FakeClock(), log: world.logger('it') });
  letters.add('scripted/x', [event({ title: 'one' }), event({ title: 'two' })], 'answered 422', 1);
  await letters.flushed();
  await letters.close();
  const route = deadLetterRoute(graph, directory, world.clock);
  const { signal } = new AbortController();
  const ask = async (body: object) =>
    route.handle({ body: Buffer.from(JSON.stringify(body)), query: new URLSearchParams(), headers: {}, signal });
  return { ask, made };
}

test('of replays that are asked for at once one sends each letter, and the others are told', async () => {
  const { ask, made } = await withLetters();
  const first = ask({});
  for (const body of [{}, { exporter: 'scripted/x' }])
    await expect(ask(body)).rejects.toMatchObject({
      reply: { status: 409 },
      message: expect.stringMatching(/^another replay is under way/),
    });
  expect(await first).toMatchObject({ body: { replayed: 2, left: [] } });
  await turn(50);
  expect(made.titles).toEqual(['one', 'two']);
  expect(await ask({})).toMatchObject({ body: { replayed: 0, left: [] } });
});
