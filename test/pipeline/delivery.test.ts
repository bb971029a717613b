import { expect, test } from 'vitest';
import type { Verdict } from '../../src/component/component.ts';
import type { DeliveryOptions } from '../../src/component/delivery-options.ts';
import type { Event } from '../../src/component/event.ts';
import { Delivery } from '../../src/pipeline/delivery.ts';
import { DeliveryHealth } from '../../src/pipeline/delivery-health.ts';
import { exporterTallies } from '../../src/pipeline/ledger.ts';
import { MemoryQueue } from '../../src/pipeline/memory-queue.ts';
import { event } from '../support/fakes.ts';
import { DELIVERY, fakeWorld, ScriptedExporter, turn } from '../support/pipeline.ts';

function setUp(
  options: Partial<DeliveryOptions> = {},
  more: { graveFirst?: boolean; coalesces?: boolean; minIntervalMs?: number } = {},
) {
  const world = fakeWorld();
  const exporter = new ScriptedExporter();
  const delivery = { ...DELIVERY, ...options };
  const queue = new MemoryQueue(delivery.queue, () => world.clock.now());
  const log = world.logger('it');
  const health = new DeliveryHealth(log, world.clock);
  const it = new Delivery({
    id: 'it',
    queue,
    exporter,
    options: delivery,
    graveFirst: more.graveFirst ?? false,
    coalesces: more.coalesces ?? false,
    minIntervalMs: more.minIntervalMs ?? 0,
    tallies: exporterTallies(world.meter, 'it'),
    deadLetters: world.deadLetters,
    health,
    clock: world.clock,
    log,
  });
  it.start();
  const push = (...titles: string[]) =>
    queue.push(
      titles.map((title) => event({ title })),
      () => {},
    );
  const advance = async (ms: number) => {
    world.clock.advance(ms);
    await turn();
  };
  return { world, exporter, queue, it, health, push, advance };
}

const titlesOf = (requests: readonly (readonly Event[])[]) =>
  requests.map((events) => events.map(({ title }) => title).join('+'));

test('delivers in order, one request at a time', async () => {
  const { exporter, push, queue, world } = setUp();
  push('a', 'b', 'c');
  await turn();
  expect(titlesOf(exporter.requests)).toEqual(['a', 'b', 'c']);
  expect([queue.events, world.count('lnmt_collector_exporter_sent_events_total', { exporter: 'it' })]).toEqual([0, 3]);
});

test('waits for a batch to fill up, but not longer than it may', async () => {
  const { exporter, push, advance } = setUp({ batch: { maxEvents: 3, maxWaitMs: 1_000 } });
  push('a', 'b');
  await turn();
  expect(exporter.requests).toEqual([]);
  push('c', 'd');
  await turn();
  expect(titlesOf(exporter.requests)).toEqual(['a+b+c']);
  await advance(1_000);
  expect(titlesOf(exporter.requests)).toEqual(['a+b+c', 'd']);
});

test('tries later again, not before it was told, and keeps the order', async () => {
  const { exporter, push, advance } = setUp();
  exporter.verdicts.push({ kind: 'later', reason: 'answered 429', notBeforeMs: 7_000 });
  push('a', 'b');
  await turn();
  await advance(6_999);
  expect(titlesOf(exporter.requests)).toEqual(['a']);
  await advance(1);
  expect(titlesOf(exporter.requests)).toEqual(['a', 'a', 'b']);
});

test('an edit of something else does not cut the wait short that a destination asked for', async () => {
  const { exporter, push, advance, it, queue, health } = setUp();
  exporter.verdicts.push({ kind: 'later', reason: 'answered 429', notBeforeMs: 7_000 });
  push('a');
  await turn();
  await it.replace(exporter, { ...DELIVERY }, queue);
  await advance(6_999);
  expect(titlesOf(exporter.requests)).toEqual(['a']);
  expect(health.current.state).toBe('retrying');
  await advance(1);
  expect(titlesOf(exporter.requests)).toEqual(['a', 'a']);
});

test('backs off further from try to try, up to the longest interval, for ever', async () => {
  const { exporter, push, advance, world } = setUp();
  exporter.otherwise = () => ({ kind: 'later', reason: 'answered 503' });
  push('a');
  await turn();
  for (let seconds = 0; seconds < 600; seconds += 1) await advance(1_000);
  expect(exporter.requests.length).toBeGreaterThanOrEqual(14);
  expect(exporter.requests.length).toBeLessThanOrEqual(28);
  expect(world.letters).toEqual([]);
});

test('says a failure once and that it is over', async () => {
  const { exporter, push, advance, world } = setUp();
  exporter.verdicts.push({ kind: 'later', reason: 'answered 503' }, { kind: 'later', reason: 'answered 503' });
  push('a');
  await turn();
  await advance(10_000);
  await advance(10_000);
  expect(world.lines.map(({ level }) => level)).toEqual(['warn', 'info']);
  expect(world.lines[0]?.message).toMatch(/^cannot deliver now: answered 503; 1 event waits, next try in /);
});

test('one request at a time probes a destination that fails', async () => {
  const { exporter, push, advance } = setUp({ concurrency: 4 });
  exporter.otherwise = () => ({ kind: 'later', reason: 'answered 503' });
  push('a', 'b', 'c', 'd');
  await turn();
  const before = exporter.requests.length;
  expect(before).toBe(4);
  await advance(8_000);
  expect(exporter.requests.length).toBe(before + 1);
});

test('a refused event is dead-lettered and its neighbours are delivered', async () => {
  const { exporter, push, world } = setUp({ batch: { maxEvents: 10, maxWaitMs: 0 } });
  exporter.otherwise = (events) =>
    events.some(({ title }) => title === 'bad') ? { kind: 'refused', reason: 'answered 400' } : { kind: 'sent' };
  push('a', 'b', 'bad', 'c', 'd');
  await turn(100);
  expect(world.letters.map(({ events, reason }) => [events.map(({ title }) => title), reason])).toEqual([
    [['bad'], 'answered 400'],
  ]);
  expect(world.count('lnmt_collector_exporter_sent_events_total', { exporter: 'it' })).toBe(4);
  expect(world.count('lnmt_collector_exporter_dead_lettered_events_total', { exporter: 'it' })).toBe(1);
});

test('of a bulk, only what was not taken is sent again and only what was refused is dead-lettered', async () => {
  const { exporter, push, advance, world } = setUp({ batch: { maxEvents: 10, maxWaitMs: 0 } });
  exporter.verdicts.push({
    kind: 'mixed',
    refused: [{ index: 1, reason: 'mapper_parsing_exception' }],
    later: { kind: 'later', reason: 'answered 429', notBeforeMs: 5_000, events: [0, 3] },
  });
  push('a', 'b', 'c', 'd');
  await turn();
  await advance(4_999);
  expect(exporter.requests.length).toBe(1);
  await advance(1);
  expect(titlesOf(exporter.requests)).toEqual(['a+b+c+d', 'a+d']);
  expect(world.letters.map(({ events }) => events[0]?.title)).toEqual(['b']);
  expect(world.count('lnmt_collector_exporter_sent_events_total', { exporter: 'it' })).toBe(3);
});

test('a misconfigured destination is probed slowly, told loudly, and delivered to once its options are mended', async () => {
  const { exporter, push, advance, it, world, queue } = setUp();
  exporter.otherwise = () => ({ kind: 'misconfigured', reason: 'answered 404' });
  push('a', 'b');
  await turn();
  await advance(30_000);
  expect(exporter.requests.length).toBe(1);
  expect(world.lines[0]).toMatchObject({ level: 'error' });
  const mended = new ScriptedExporter();
  const idle = it.replace(mended, DELIVERY, queue);
  await turn();
  await idle;
  expect(mended.titles).toEqual(['a', 'b']);
});

test('an instance that was replaced is let go once its request has ended, though its events wait on', async () => {
  const { exporter, push, it, queue } = setUp();
  let answer!: (verdict: Verdict) => void;
  exporter.verdicts.push(() => new Promise((resolve) => (answer = resolve)));
  push('a');
  await turn();
  const down = new ScriptedExporter();
  down.otherwise = () => ({ kind: 'later', reason: 'answered 503' });
  let isLetGo = false;
  void it.replace(down, DELIVERY, queue).then(() => (isLetGo = true));
  await turn();
  expect(isLetGo).toBe(false);
  answer({ kind: 'later', reason: 'answered 503' });
  await turn();
  expect([isLetGo, queue.events]).toEqual([true, 1]);
});

test('gives up on a destination that does not answer in time', async () => {
  const { exporter, push, advance, health } = setUp({ timeoutMs: 2_000 });
  exporter.verdicts.push(
    (_, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
  );
  push('a');
  await turn();
  await advance(2_000);
  expect(health.current).toMatchObject({ state: 'retrying', reason: 'no answer within 2 s' });
});

test('events older than max_elapsed_time are dead-lettered as expired', async () => {
  const { exporter, push, advance, world } = setUp({ retry: { ...DELIVERY.retry, maxElapsedTimeMs: 60_000 } });
  exporter.otherwise = () => ({ kind: 'later', reason: 'answered 503' });
  push('a');
  await turn();
  for (let count = 0; count < 15; count += 1) await advance(10_000);
  expect(world.letters.map(({ reason }) => reason)).toEqual(['expired: not delivered within max_elapsed_time']);
});

test('an event on which the exporter itself fails is set aside after some tries', async () => {
  const { exporter, push, advance, world } = setUp();
  exporter.otherwise = (events) => {
    if (events[0]?.title === 'poison') throw new TypeError('cannot read');
    return { kind: 'sent' };
  };
  push('poison', 'b');
  await turn();
  for (let count = 0; count < 10; count += 1) await advance(60_000);
  expect(world.letters.map(({ reason, attempts }) => [reason, attempts])).toEqual([
    ['the exporter failed: TypeError', 5],
  ]);
  expect(exporter.titles.at(-1)).toBe('b');
});

test('a bug of the exporter’s that one event of a batch meets costs that event only', async () => {
  const { exporter, push, advance, world } = setUp({ batch: { maxEvents: 8, maxWaitMs: 0 } });
  exporter.otherwise = (events) => {
    if (events.some(({ title }) => title === 'poison')) throw new TypeError('cannot read');
    return { kind: 'sent' };
  };
  push('a', 'b', 'c', 'poison', 'd', 'e', 'f', 'g');
  await turn(100);
  for (let count = 0; count < 10; count += 1) await advance(60_000);
  expect(world.letters.map(({ events }) => events.map(({ title }) => title))).toEqual([['poison']]);
  expect(world.count('lnmt_collector_exporter_sent_events_total', { exporter: 'it' })).toBe(7);
});

const count = (world: ReturnType<typeof setUp>['world'], name: string) =>
  world.count(`lnmt_collector_exporter_${name}_events_total`, { exporter: 'it' });

test('what gathered while a chat room made us wait is told in one message, and each is counted', async () => {
  const { exporter, queue, push, advance, world } = setUp({}, { graveFirst: true, coalesces: true });
  exporter.verdicts.push({ kind: 'later', reason: 'answered 429', notBeforeMs: 30_000 });
  push('first');
  await turn();
  push(...Array.from({ length: 100 }, (_, n) => `event ${n}`));
  queue.push([event({ title: 'fire', level: 'critical' })], () => {});
  await advance(30_000);
  expect(exporter.titles).toEqual(['first', 'first', 'fire', '100 events from test that had to wait, in one message']);
  expect([count(world, 'sent'), count(world, 'coalesced'), queue.events]).toEqual([102, 100, 0]);
  push('a', 'b');
  await turn();
  expect(exporter.titles.slice(-2)).toEqual(['a', 'b']);
});

test('a burst that nobody asked to slow down is not coalesced', async () => {
  const { exporter, push, world } = setUp({}, { coalesces: true });
  push(...Array.from({ length: 100 }, (_, n) => `event ${n}`));
  await turn(1_000);
  expect([exporter.requests.length, count(world, 'coalesced')]).toEqual([100, 0]);
});

test('a telling that is refused is given up for what it tells', async () => {
  const { exporter, push, advance, world } = setUp({}, { coalesces: true });
  exporter.verdicts.push({ kind: 'later', reason: 'answered 503' });
  exporter.otherwise = ([one]) =>
    one!.tags.includes('coalesced') ? { kind: 'refused', reason: 'answered 400' } : { kind: 'sent' };
  push(...Array.from({ length: 50 }, (_, n) => `event ${n}`));
  await turn();
  await advance(1_000);
  await turn(1_000);
  expect([count(world, 'sent'), count(world, 'coalesced'), world.letters.length]).toEqual([50, 0, 0]);
  expect(exporter.titles.filter((title) => title === 'event 49')).toHaveLength(1);
});

test('a stop gives back what a telling stands for', async () => {
  const { exporter, push, advance, it, queue } = setUp({}, { coalesces: true });
  exporter.verdicts.push({ kind: 'later', reason: 'answered 503' }, { kind: 'sent' });
  exporter.otherwise = () => ({ kind: 'later', reason: 'answered 503' });
  push(...Array.from({ length: 50 }, (_, n) => `event ${n}`));
  await turn();
  await advance(1_000);
  const deadline = new AbortController();
  const stopping = it.stop(deadline.signal);
  deadline.abort(new Error('time is up'));
  await stopping;
  expect([queue.events, queue.waiting]).toEqual([49, 49]);
});

test('keeps a known pace', async () => {
  const { exporter, push, advance } = setUp({}, { minIntervalMs: 1_000 });
  push('a', 'b', 'c');
  await turn();
  expect(exporter.titles).toEqual(['a']);
  await advance(1_000);
  expect(exporter.titles).toEqual(['a', 'b']);
});

test('stop delivers what waits, then gives back what the deadline cut off', async () => {
  const { exporter, push, it, queue, world } = setUp();
  push('a', 'b');
  const deadline = new AbortController();
  await it.stop(deadline.signal);
  expect(exporter.titles).toEqual(['a', 'b']);

  const second = setUp();
  second.exporter.otherwise = () => ({ kind: 'later', reason: 'answered 503' });
  second.push('a', 'b');
  await turn();
  const stopping = second.it.stop(deadline.signal);
  await turn();
  deadline.abort(new Error('time is up'));
  await stopping;
  expect(second.queue.waiting).toBe(2);
  expect([queue.events, world.clock.pending]).toEqual([0, 0]);
});

test('where people read, critical events go before a backlog of others', async () => {
  const { exporter, queue, push, advance } = setUp({}, { graveFirst: true });
  exporter.verdicts.push({ kind: 'later', reason: 'answered 503' });
  push('a', 'b');
  await turn();
  queue.push([event({ title: 'fire', level: 'critical' })], () => {});
  await advance(1_000);
  expect(exporter.titles).toEqual(['a', 'a', 'fire', 'b']);
});

test('what a request turned out not to carry is encoded anew, in order', async () => {
  const { exporter, push, queue, world } = setUp({ batch: { maxEvents: 5, maxWaitMs: 0 } });
  exporter.encode = (events) => {
    const encoded = { request: [...events], events: events.length };
    exporter.verdicts.push(() => {
      encoded.events = Math.min(2, events.length);
      return { kind: 'sent' };
    });
    return [encoded];
  };
  push('a', 'b', 'c', 'd', 'e');
  await turn();
  expect(titlesOf(exporter.requests)).toEqual(['a+b+c+d+e', 'c+d+e', 'e']);
  expect([queue.events, world.count('lnmt_collector_exporter_sent_events_total', { exporter: 'it' })]).toEqual([0, 5]);
});
