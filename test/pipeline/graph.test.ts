import { expect, test } from 'vitest';
import { retainSound } from '../../src/component/batch.ts';
import type { Catalog } from '../../src/component/catalog.ts';
import type {
  ExporterDefinition,
  ProcessorDefinition,
  ReceiverDefinition,
  Settlement,
  Verdict,
} from '../../src/component/component.ts';
import { ConfigError } from '../../src/component/errors.ts';
import { BuildError } from '../../src/pipeline/build.ts';
import { Graph } from '../../src/pipeline/graph.ts';
import { StartFailure } from '../../src/pipeline/start.ts';
import filter from '../../src/processors/filter.ts';
import ratelimit from '../../src/processors/ratelimit.ts';
import { event, type FakeClock } from '../support/fakes.ts';
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
  type Sketch,
} from '../support/pipeline.ts';

const schema = { type: 'object', additionalProperties: false, required: [], properties: {} } as const;
const described = { stability: 'stable', summary: '', example: {}, schema } as const;

/** Every instance made, by id in the order they were made. */
function setUp() {
  const receivers = new Map<string, HandReceiver[]>();
  const exporters = new Map<string, ScriptedExporter[]>();
  const keep = <T>(map: Map<string, T[]>, id: string, made: T): T => {
    map.set(id, [...(map.get(id) ?? []), made]);
    return made;
  };
  const hand: ReceiverDefinition = {
    ...described,
    type: 'hand',
    create: (options: { fail?: boolean; hang?: boolean }, { id }, sink) =>
      keep(receivers, id, new HandReceiver(sink, options)),
  };
  const scripted: ExporterDefinition = {
    ...described,
    type: 'scripted',
    audience: 'store',
    create: (options: { wrong?: boolean }, { id }) => {
      if (options.wrong) throw new ConfigError('this cannot be', { path: ['wrong'] });
      return keep(exporters, id, new ScriptedExporter());
    },
  };
  const suffix: ProcessorDefinition = {
    ...described,
    type: 'suffix',
    mutates: true,
    create: (options: { text: string }) => new SuffixProcessor(options.text),
  };
  const throwing: ProcessorDefinition = {
    ...described,
    type: 'throwing',
    mutates: false,
    create: () => ({
      process(batch, output) {
        if (batch.some(({ title }) => title === 'venom')) throw new TypeError('cannot read');
        const dropped = retainSound(batch, passesUnlessPoison, output);
        if (dropped > 0) output.dropped('filtered', dropped);
      },
    }),
  };
  const catalog: Partial<Catalog> = {
    receivers: new Map([['hand', hand]]),
    processors: new Map<string, ProcessorDefinition>([
      ['suffix', suffix],
      ['throwing', throwing],
      ['filter', filter],
      ['ratelimit', ratelimit],
    ]),
    exporters: new Map([['scripted', scripted]]),
  };
  const world = fakeWorld(catalog);
  const graph = new Graph(world);
  const apply = (sketch: Sketch) => graph.apply(configuration(sketch));
  const send = async (id: string, ...titles: string[]) => {
    const settlements: Settlement[] = [];
    receivers
      .get(id)!
      .at(-1)!
      .sink.push(
        titles.map((title) => event({ title })),
        (settlement) => settlements.push(settlement),
      );
    await turn();
    return settlements;
  };
  const got = (id: string) => exporters.get(id)!.flatMap(({ titles }) => titles);
  return { world, graph, receivers, exporters, apply, send, got };
}

const BASIC: Sketch = {
  receivers: [spec('hand/a')],
  exporters: [exporter('scripted/x')],
  pipelines: { p: { receivers: ['hand/a'], stages: [stage('p/suffix', { text: '1' })], exporters: ['scripted/x'] } },
};

test('takes events from a receiver through the stages to an exporter, and settles', async () => {
  const { apply, send, got } = setUp();
  await apply(BASIC);
  expect(await send('hand/a', 'e')).toEqual(['safe']);
  expect(got('scripted/x')).toEqual(['e1']);
});

test('events on which a processor fails are set aside with the reason, counted once, and their neighbours go their way', async () => {
  const { apply, send, got, world } = setUp();
  const stages = [stage('p/throwing'), stage('p/suffix', { text: '1' })];
  await apply({ ...BASIC, pipelines: { p: { ...BASIC.pipelines['p']!, stages } } });
  expect(await send('hand/a', 'a', 'dull', 'poison', 'b', 'poison', 'c')).toEqual(['safe']);
  await send('hand/a', 'd');
  expect(got('scripted/x')).toEqual(['a1', 'b1', 'c1', 'd1']);
  expect(world.letters.map(({ holder, events, reason }) => [holder, events.map(({ title }) => title), reason])).toEqual(
    [['p/throwing', ['poison', 'poison'], 'the processor failed: RangeError']],
  );
  const labels = { processor: 'throwing', pipeline: 'p' };
  expect(world.count('lnmt_collector_processor_failed_events_total', labels)).toBe(2);
  expect(world.count('lnmt_collector_processor_dropped_events_total', { ...labels, reason: 'filtered' })).toBe(1);
});

test('a batch that a processor gives up is set aside whole, and the next one goes its way', async () => {
  const { apply, send, got, world } = setUp();
  await apply({ ...BASIC, pipelines: { p: { ...BASIC.pipelines['p']!, stages: [stage('p/throwing')] } } });
  await send('hand/a', 'b', 'venom');
  await send('hand/a', 'c');
  expect(got('scripted/x')).toEqual(['c']);
  expect(world.letters.map(({ events }) => events.map(({ title }) => title))).toEqual([['b', 'venom']]);
  expect(world.count('lnmt_collector_processor_failed_events_total', { processor: 'throwing', pipeline: 'p' })).toBe(2);
});

test('keeps what is equal: the same instances, no start, no stop', async () => {
  const { apply, receivers, exporters } = setUp();
  await apply(BASIC);
  const plan = await apply(structuredCloneOf(BASIC));
  expect(plan.empty).toBe(true);
  expect([receivers.get('hand/a')?.length, exporters.get('scripted/x')?.length]).toEqual([1, 1]);
});

test('an edited processor acts from the next batch on; its neighbours stay', async () => {
  const { apply, send, got, receivers } = setUp();
  await apply(BASIC);
  await send('hand/a', 'e');
  const plan = await apply({
    ...BASIC,
    pipelines: { p: { ...BASIC.pipelines['p'], stages: [stage('p/suffix', { text: '2' })] } },
  });
  await send('hand/a', 'e');
  expect(got('scripted/x')).toEqual(['e1', 'e2']);
  expect(receivers.get('hand/a')?.length).toBe(1);
  expect(plan.entries.filter(({ action }) => action !== 'kept')).toEqual([
    { kind: 'processor', id: 'p/suffix', action: 'restarted', reason: 'changed: text' },
  ]);
});

test('a window survives the edit of its limit', async () => {
  const { apply, send, got, world } = setUp();
  const limited = (max: number): Sketch => ({
    ...BASIC,
    pipelines: {
      p: {
        receivers: ['hand/a'],
        exporters: ['scripted/x'],
        stages: [
          stage('p/ratelimit', { max_per_window: max, window: 60_000, by: ['source'], max_keys: 10, summary: false }),
        ],
      },
    },
  });
  await apply(limited(2));
  await send('hand/a', 'e1', 'e2', 'e3');
  await apply(limited(3));
  await send('hand/a', 'e4', 'e5');
  expect(got('scripted/x')).toEqual(['e1', 'e2', 'e4']);
  world.clock.advance(60_000);
  await send('hand/a', 'e6');
  expect(got('scripted/x')).toHaveLength(4);
});

test('an edited receiver adopts from its predecessor and shares its sink; then that one stops', async () => {
  const { apply, receivers, send, got } = setUp();
  await apply(BASIC);
  await apply({ ...BASIC, receivers: [spec('hand/a', { port: 2 })] });
  const [before, after] = receivers.get('hand/a')!;
  expect([after!.adopted, before!.running, after!.running]).toEqual([[before], false, true]);
  before!.sink.push([event({ title: 'late' })]);
  await send('hand/a', 'new');
  expect(got('scripted/x')).toEqual(['late1', 'new1']);
});

test('a receiver under a new name adopts from the one that left', async () => {
  const { apply, receivers } = setUp();
  await apply(BASIC);
  await apply({
    ...BASIC,
    receivers: [spec('hand/b')],
    pipelines: { p: { ...BASIC.pipelines['p'], receivers: ['hand/b'] } },
  });
  expect(receivers.get('hand/b')![0]!.adopted).toEqual(receivers.get('hand/a'));
  expect(receivers.get('hand/a')![0]!.running).toBe(false);
});

test('what cannot start puts everything back as it was', async () => {
  const { apply, send, got, receivers, exporters } = setUp();
  await apply(BASIC);
  const broken: Sketch = {
    receivers: [spec('hand/a', { port: 2 }), spec('hand/b', { fail: true })],
    exporters: [exporter('scripted/x'), exporter('scripted/y')],
    pipelines: {
      p: {
        receivers: ['hand/a', 'hand/b'],
        stages: [stage('p/suffix', { text: '2' })],
        exporters: ['scripted/x', 'scripted/y'],
      },
    },
  };
  await expect(apply(broken)).rejects.toThrow(StartFailure);
  const [before, after] = receivers.get('hand/a')!;
  expect(before!.adopted.includes(after!)).toBe(true);
  expect([before!.running, after!.running]).toEqual([true, false]);
  expect(exporters.get('scripted/y')![0]!.stopped).toBe(true);
  before!.sink.push([event({ title: 'e' })]);
  await turn();
  expect(got('scripted/x')).toEqual(['e1']);
  expect(got('scripted/y')).toEqual([]);
  await expect(apply(structuredCloneOf(BASIC))).resolves.toMatchObject({ empty: true });
  await send('hand/a');
});

test('what cannot be put back does not keep the rest from it, and the first error is what is told', async () => {
  const { apply, receivers, exporters, world } = setUp();
  await apply(BASIC);
  const [elder] = receivers.get('hand/a')!;
  elder!.adopt = () => {
    throw new Error('a socket is gone');
  };
  const broken: Sketch = {
    receivers: [spec('hand/a', { port: 2 }), spec('hand/b', { fail: true })],
    exporters: [exporter('scripted/x'), exporter('scripted/y')],
    pipelines: { p: { receivers: ['hand/a', 'hand/b'], exporters: ['scripted/x', 'scripted/y'] } },
  };
  await expect(apply(broken)).rejects.toThrow('hand/b: the port is taken');
  expect([receivers.get('hand/a')![1]!.running, exporters.get('scripted/y')![0]!.stopped]).toEqual([false, true]);
  expect(world.lines).toContainEqual(
    expect.objectContaining({ level: 'error', message: expect.stringContaining('a socket is gone') }),
  );
});

test('names every component that cannot be made, and makes none', async () => {
  const { apply, exporters } = setUp();
  const error: unknown = await apply({
    exporters: [exporter('scripted/x', { wrong: true }), exporter('scripted/y', { wrong: true })],
    pipelines: { p: { exporters: ['scripted/x', 'scripted/y'] } },
  }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(BuildError);
  expect((error as BuildError).faults.map(({ spec: { id } }) => id)).toEqual(['scripted/x', 'scripted/y']);
  expect(exporters.size).toBe(0);
});

test('an edited exporter delivers what waited for the old one', async () => {
  const { apply, send, exporters, got } = setUp();
  await apply(BASIC);
  exporters.get('scripted/x')![0]!.otherwise = () => ({ kind: 'misconfigured', reason: 'answered 404' });
  await send('hand/a', 'e', 'f');
  await apply({ ...BASIC, exporters: [exporter('scripted/x', { url: 'right' })] });
  await turn();
  expect(exporters.get('scripted/x')![1]!.titles).toEqual(['e1', 'f1']);
  expect(got('scripted/x')).toEqual(['e1', 'e1', 'f1']);
  expect(exporters.get('scripted/x')![0]!.stopped).toBe(true);
});

test('a removed exporter still delivers what waits for it, and one that comes back gets its place', async () => {
  const { apply, send, exporters, world } = setUp();
  await apply(BASIC);
  const first = exporters.get('scripted/x')![0]!;
  first.verdicts.push({ kind: 'later', reason: 'answered 503', notBeforeMs: 2_000 });
  await send('hand/a', 'e');
  await apply({
    ...BASIC,
    exporters: [exporter('scripted/y')],
    pipelines: { p: { ...BASIC.pipelines['p'], exporters: ['scripted/y'] } },
  });
  world.clock.advance(2_000);
  await turn(50);
  expect([first.titles, first.stopped]).toEqual([['e1', 'e1'], true]);
  await apply(BASIC);
  await send('hand/a', 'g');
  expect(exporters.get('scripted/x')!.at(-1)!.titles).toEqual(['g1']);
});

/** `scripted/x` is taken out while `waiting` wait for it in memory behind one whose request is under way. */
async function takenOut(...waiting: string[]) {
  const all = setUp();
  await all.apply(BASIC);
  let answer!: (verdict: Verdict) => void;
  const [first] = all.exporters.get('scripted/x')!;
  first!.verdicts.push(
    (_, signal) =>
      new Promise((resolve, reject) => {
        answer = resolve;
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      }),
  );
  await all.send('hand/a', ...waiting);
  await all.apply(WITHOUT_X);
  await turn();
  return { ...all, first: first!, answer };
}

const WITHOUT_X: Sketch = {
  ...BASIC,
  exporters: [exporter('scripted/y')],
  pipelines: { p: { ...BASIC.pipelines['p'], exporters: ['scripted/y'] } },
};

const dropped = 'lnmt_collector_exporter_dropped_events_total';

test('an exporter that is put back while events wait for it in memory delivers each of them once', async () => {
  const { apply, send, exporters, first, answer, got, world } = await takenOut('a', 'b', 'c');
  await apply(BASIC);
  await send('hand/a', 'd');
  expect(got('scripted/x')).toEqual(['a1']);
  answer({ kind: 'sent' });
  await turn(50);
  expect([first.titles, first.stopped]).toEqual([['a1'], true]);
  expect(exporters.get('scripted/x')![1]!.titles).toEqual(['b1', 'c1', 'd1']);
  await waitWith(world.clock, 60_000);
  await send('hand/a', 'e');
  expect(got('scripted/x')).toEqual(['a1', 'b1', 'c1', 'd1', 'e1']);
  expect(world.count(dropped, { exporter: 'scripted/x', reason: 'shutdown' })).toBe(0);
});

test('an exporter that was put back can be taken out again, and drains once more', async () => {
  const { apply, answer, got, exporters } = await takenOut('a', 'b');
  await apply(BASIC);
  await apply(WITHOUT_X);
  await apply(BASIC);
  await apply(WITHOUT_X);
  answer({ kind: 'sent' });
  await turn(100);
  expect(got('scripted/x')).toEqual(['a1', 'b1']);
  expect(exporters.get('scripted/x')!.map(({ stopped }) => stopped)).toEqual([true, true, true]);
});

test('a refused edit that would put an exporter back takes nothing from what waits for it', async () => {
  const { apply, answer, first, got, exporters, world } = await takenOut('a', 'b');
  const broken = { ...BASIC, receivers: [spec('hand/a'), spec('hand/b', { fail: true })] };
  broken.pipelines = { p: { ...BASIC.pipelines['p'], receivers: ['hand/a', 'hand/b'] } };
  await expect(apply(broken)).rejects.toThrow(StartFailure);
  expect([first.stopped, exporters.get('scripted/x')![1]!.stopped]).toEqual([false, true]);
  answer({ kind: 'sent' });
  await turn(100);
  expect([got('scripted/x'), first.titles, first.stopped]).toEqual([['a1', 'b1'], ['a1', 'b1'], true]);
  expect(world.count(dropped, { exporter: 'scripted/x', reason: 'shutdown' })).toBe(0);
});

test('a stop does not wait for an exporter that an edit which hangs would put back', async () => {
  const { apply, graph, receivers, first, world } = await takenOut('a', 'b');
  const hanging: Sketch = { ...BASIC, receivers: [spec('hand/a'), spec('hand/b', { hang: true })] };
  hanging.pipelines = { p: { ...BASIC.pipelines['p'], receivers: ['hand/a', 'hand/b'] } };
  void apply(hanging).catch(() => {});
  await turn(50);
  receivers.get('hand/b')![0]!.stop = () => new Promise<void>(() => {});
  const stopping = graph.stop(AbortSignal.abort(new Error('at once')), async () => {});
  await waitWith(world.clock, 2_000, 2_000);
  await stopping;
  expect(first.stopped).toBe(true);
});

test('what waits for an exporter that stays away is given up at the deadline, and told', async () => {
  const { apply, world, exporters, send } = await takenOut('a', 'b');
  await waitWith(world.clock, 10_000);
  await apply(BASIC);
  await send('hand/a', 'c');
  expect(exporters.get('scripted/x')![1]!.titles).toEqual(['c1']);
  expect(world.count(dropped, { exporter: 'scripted/x', reason: 'shutdown' })).toBe(2);
});

test('copies events only where one pipeline edits what another shares', async () => {
  const { apply, send, got } = setUp();
  await apply({
    receivers: [spec('hand/a')],
    exporters: [exporter('scripted/x'), exporter('scripted/y'), exporter('scripted/z')],
    pipelines: {
      edits: {
        receivers: ['hand/a'],
        stages: [stage('edits/suffix', { text: '!' })],
        exporters: ['scripted/x'],
        feeds: ['fed'],
      },
      fed: { stages: [stage('fed/suffix', { text: '?' })], exporters: ['scripted/y'] },
      plain: { receivers: ['hand/a'], exporters: ['scripted/z'] },
    },
  });
  await send('hand/a', 'e');
  expect([got('scripted/x'), got('scripted/y'), got('scripted/z')]).toEqual([['e!'], ['e!?'], ['e']]);
});

test('a full store asks the receiver to pause, and refuses, counted, what comes all the same', async () => {
  const { apply, receivers, exporters, send, world } = setUp();
  await apply({
    ...BASIC,
    exporters: [
      exporter(
        'scripted/x',
        {},
        { delivery: { queue: { type: 'memory', maxBytes: 200, onFull: 'block', safe: 'held' } } },
      ),
    ],
  });
  exporters.get('scripted/x')![0]!.verdicts.push({ kind: 'later', reason: 'answered 503', notBeforeMs: 1_000 });
  const { sink } = receivers.get('hand/a')![0]!;
  expect(sink.push([event()])).toBe(false);
  expect(await send('hand/a', 'refused')).toEqual(['full']);
  expect(
    world.count('lnmt_collector_receiver_refused_events_total', { receiver: 'hand/a', reason: 'queue_full' }),
  ).toBe(1);
  const drained = sink.drained(AbortSignal.timeout(1_000));
  world.clock.advance(1_000);
  await drained;
  expect(sink.hasRoom()).toBe(true);
});

test('is crowded while more than three hundred events wait for one destination, and no more once they are sent', async () => {
  const { apply, receivers, exporters, world, got } = setUp();
  await apply(BASIC);
  const { sink } = receivers.get('hand/a')![0]!;
  const [exporterX] = exporters.get('scripted/x')!;
  exporterX!.verdicts.push({ kind: 'later', reason: 'answered 503', notBeforeMs: 1_000 });
  sink.push([event({ title: 'made to wait' })]);
  await turn(5);
  for (let pushed = 1; pushed < 300; pushed += 1) sink.push([event()]);
  expect(sink.crowded!()).toBe(false);
  sink.push([event()]);
  sink.push([event()]);
  expect(sink.crowded!()).toBe(true);
  world.clock.advance(1_000);
  for (let turns = 0; turns < 1_000 && sink.crowded!(); turns += 1) await turn(5);
  expect(sink.crowded!()).toBe(false);
  expect(got('scripted/x').length).toBeGreaterThan(0);
});

test('keeps what arrives while the graph is still starting', async () => {
  const { graph, world, receivers, got } = setUp();
  const starting = graph.apply(configuration(BASIC));
  await turn(1);
  receivers.get('hand/a')?.[0]?.sink.push([event({ title: 'early' })]);
  await starting;
  await turn();
  expect(got('scripted/x')).toEqual(['early1']);
  expect(world.count('lnmt_collector_receiver_accepted_events_total', { receiver: 'hand/a' })).toBe(1);
});

test('the filters at an exporter’s door let the others have what it does not want', async () => {
  const { apply, send, got, world } = setUp();
  const door = [
    stage('exporter/scripted/x/filters', { min_level: 'error', event_types: [], required_tags: [], sources: [] }),
  ].map((one) => ({ ...one, type: 'filter' }));
  await apply({
    ...BASIC,
    exporters: [exporter('scripted/x', {}, { door }), exporter('scripted/y')],
    pipelines: { p: { receivers: ['hand/a'], exporters: ['scripted/x', 'scripted/y'] } },
  });
  expect(await send('hand/a', 'e')).toEqual(['safe']);
  expect([got('scripted/x'), got('scripted/y')]).toEqual([[], ['e']]);
  expect(
    world.count('lnmt_collector_processor_dropped_events_total', {
      processor: 'scripted/x/filters',
      exporter: 'scripted/x',
      reason: 'filtered',
    }),
  ).toBe(1);
});

test('stop drains what waits and stops everything', async () => {
  const { apply, send, got, graph, receivers, exporters } = setUp();
  await apply(BASIC);
  await send('hand/a', 'e');
  let quiet = false;
  await graph.stop(new AbortController().signal, async () => (quiet = !receivers.get('hand/a')![0]!.running));
  expect([got('scripted/x'), quiet, exporters.get('scripted/x')![0]!.stopped]).toEqual([['e1'], true, true]);
});

test('a stop gives up what is being applied: it is put back, and nothing is applied any more', async () => {
  const { apply, graph, receivers } = setUp();
  await apply(BASIC);
  const edited: Sketch = { ...BASIC, receivers: [spec('hand/a', { hang: true })] };
  const applying = apply(edited).catch((error: unknown) => error);
  await turn();
  const [before, after] = receivers.get('hand/a')!;
  await graph.stop(new AbortController().signal, () => Promise.resolve());
  expect(String(await applying)).toContain('the collector stops');
  expect([before!.running, after!.running, after!.adopted, before!.adopted]).toEqual([false, false, [before], [after]]);
  await expect(apply(BASIC)).rejects.toThrow('the collector stops');
  expect([graph.configuration, graph.nodes.receivers.size]).toEqual([undefined, 0]);
});

test('what is started when a stop begins is not put in place', async () => {
  const { apply, graph, receivers } = setUp();
  await apply(BASIC);
  const applying = apply({ ...BASIC, receivers: [spec('hand/a', { port: 2 })] }).catch((error: unknown) => error);
  graph.bar();
  expect(String(await applying)).toContain('the collector stops');
  expect(receivers.get('hand/a')!.map(({ running }) => running)).toEqual([true, false]);
  expect(graph.nodes.receivers.get('hand/a')!.receiver).toBe(receivers.get('hand/a')![0]);
});

test('what does not stop is named, and keeps nothing else from being closed', async () => {
  const { apply, graph, receivers, exporters, world } = setUp();
  await apply({
    ...BASIC,
    exporters: [exporter('scripted/x'), exporter('scripted/y')],
    pipelines: { p: { ...BASIC.pipelines['p'], exporters: ['scripted/x', 'scripted/y'] } },
  });
  const forEver = () => new Promise<void>(() => {});
  receivers.get('hand/a')![0]!.stop = forEver;
  exporters.get('scripted/x')![0]!.stop = forEver;
  const deadline = new AbortController();
  let timesQuiet = 0;
  const stopping = graph.stop(deadline.signal, async () => (timesQuiet += 1));
  await turn();
  expect(timesQuiet).toBe(0);
  deadline.abort(new Error('service.shutdown_timeout is over'));
  await waitWith(world.clock, 2_000, 2_000);
  await stopping;
  expect([timesQuiet, exporters.get('scripted/y')![0]!.stopped]).toEqual([2, true]);
  expect(world.lines.map(({ level, message }) => [level, /^did not stop within \S+/.exec(message)?.[0]])).toEqual(
    Array.from({ length: 2 }, () => ['error', 'did not stop within service.shutdown_timeout']),
  );
});

test('what left and does not stop is not waited for longer than the deadline', async () => {
  const { apply, graph, receivers, exporters, world } = setUp();
  await apply(BASIC);
  const forEver = () => new Promise<void>(() => {});
  receivers.get('hand/a')![0]!.stop = forEver;
  exporters.get('scripted/x')![0]!.stop = forEver;
  await apply({
    receivers: [spec('hand/b')],
    exporters: [exporter('scripted/y')],
    pipelines: { p: { receivers: ['hand/b'], exporters: ['scripted/y'] } },
  });
  const stopping = graph.stop(AbortSignal.abort(new Error('at once')), async () => {});
  await waitWith(world.clock, 2_000);
  await stopping;
  expect(world.lines.filter(({ message }) => message.startsWith('did not stop within'))).toHaveLength(2);
});

async function waitWith(clock: FakeClock, ...steps: number[]): Promise<void> {
  for (const ms of steps) {
    await turn(50);
    clock.advance(ms);
  }
  await turn(50);
}

function structuredCloneOf(sketch: Sketch): Sketch {
  const copy = <T extends { options: unknown }>(one: T): T => ({ ...one, options: structuredClone(one.options) });
  const pipelines = Object.fromEntries(
    Object.entries(sketch.pipelines).map(([name, pipeline]) => [
      name,
      { ...pipeline, stages: (pipeline.stages ?? []).map(copy) },
    ]),
  );
  return { receivers: (sketch.receivers ?? []).map(copy), exporters: (sketch.exporters ?? []).map(copy), pipelines };
}

function passesUnlessPoison({ title }: { readonly title: string }): boolean {
  if (title === 'poison') throw new RangeError('out of bounds');
  return title !== 'dull';
}
