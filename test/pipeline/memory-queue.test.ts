import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Event, Level, Received } from '../../src/component/event.ts';
import { MemoryQueue } from '../../src/pipeline/memory-queue.ts';
import type { Lease } from '../../src/pipeline/queue.ts';
import { event } from '../support/fakes.ts';

const ONE = 256 + 'message'.length + 't1'.length;
const queueOf = (maxEvents: number, onFull: 'block' | 'drop_oldest' = 'block') =>
  new MemoryQueue({ maxBytes: maxEvents * ONE, onFull }, () => 0);
const events = (...titles: string[]) => titles.map((title) => event({ title }));
const titles = (lease: Lease | undefined) => lease?.events.map(({ title }) => title);
const ignore = () => {};

test('gives events in the order they came, across pushes', () => {
  const queue = queueOf(100);
  queue.push(events('t1', 't2', 't3'), ignore);
  queue.push(events('t4'), ignore);
  expect(titles(queue.take(2, false))).toEqual(['t1', 't2']);
  expect(titles(queue.take(5, false))).toEqual(['t3', 't4']);
  expect(queue.take(1, false)).toBeUndefined();
});

test('what is given back comes first again', () => {
  const queue = queueOf(100);
  queue.push(events('t1', 't2', 't3'), ignore);
  const lease = queue.take(2, false)!;
  lease.giveBack(lease.events.slice(1));
  expect(queue.events).toBe(2);
  expect(titles(queue.take(9, false))).toEqual(['t2', 't3']);
});

test('critical events go before others, which keep their order', () => {
  const queue = queueOf(100);
  queue.push([event({ title: 't1' }), event({ title: 'c1', level: 'critical' })], ignore);
  queue.push([event({ title: 't2' }), event({ title: 'c2', level: 'critical' })], ignore);
  expect(titles(queue.take(3, true))).toEqual(['c1', 'c2', 't1']);
  expect(titles(queue.take(3, true))).toEqual(['t2']);
});

test('is full at its limit and says when it is not any more', () => {
  const queue = queueOf(2);
  let room = 0;
  queue.onRoom = () => (room += 1);
  queue.push(events('t1', 't2'), ignore);
  expect(queue.full).toBe(true);
  queue.take(1, false)?.settle();
  expect([queue.full, room]).toEqual([false, 1]);
});

test('told to drop, it drops the oldest and counts them', () => {
  const queue = queueOf(2, 'drop_oldest');
  let dropped = 0;
  queue.onDropped = (count) => (dropped += count);
  queue.push(events('t1', 't2', 't3'), ignore);
  expect([dropped, queue.full, queue.events]).toEqual([1, false, 2]);
  expect(titles(queue.take(9, false))).toEqual(['t2', 't3']);
});

test('tells its listener of each push', () => {
  const queue = queueOf(100);
  let woken = 0;
  queue.onReady = () => (woken += 1);
  queue.push(events('t1'), ignore);
  queue.push(events('t2'), ignore);
  expect(woken).toBe(2);
});

test.for([
  ['moves lines out of chunks that hardly anything is needed of, once many batches wait', 25, 6],
  ['leaves lines in chunks that are mostly needed', 10, 0],
] as const)('%s', ([, chunkBytes, expected]) => {
  const queue = queueOf(10_000);
  let detached = 0;
  const line = (): Event => {
    const bytes = Buffer.alloc(chunkBytes);
    const received: Received = { bytes, start: 0, end: 10, detach: () => void (detached += 1) };
    return { ...event(), received };
  };
  for (let count = 0; count < 70; count += 1) queue.push([line()], ignore);
  expect(detached).toBe(expected);
});

test('before an exporter that writes to disk itself, a push is safe once all of it is delivered', () => {
  const queue = new MemoryQueue({ maxBytes: 100 * ONE, onFull: 'block' }, () => 0, 'delivered');
  const settled: string[] = [];
  queue.push(events('t1', 't2'), (settlement) => settled.push(`first ${settlement}`));
  queue.push(events('t3'), (settlement) => settled.push(`second ${settlement}`));
  const lease = queue.take(3, false)!;
  lease.giveBack([lease.events[1]!]);
  expect(settled).toEqual(['second safe']);
  queue.take(3, false)!.settle();
  expect(settled).toEqual(['second safe', 'first safe']);
});

test('what is dropped for want of room is settled, so that nobody waits for it', () => {
  const queue = new MemoryQueue({ maxBytes: 2 * ONE, onFull: 'drop_oldest' }, () => 0, 'delivered');
  const settled: string[] = [];
  queue.push(events('t1', 't2'), (settlement) => settled.push(`first ${settlement}`));
  queue.push(events('t3'), (settlement) => settled.push(`second ${settlement}`));
  expect(settled).toEqual([]);
  queue.push(events('t4'), (settlement) => settled.push(`third ${settlement}`));
  expect(settled).toEqual(['first safe']);
});

test('what is closed undelivered has failed', async () => {
  const queue = new MemoryQueue({ maxBytes: 100 * ONE, onFull: 'block' }, () => 0, 'delivered');
  const settled: string[] = [];
  queue.push(events('t1'), (settlement) => settled.push(settlement));
  expect(await queue.close()).toEqual({ lost: 1 });
  expect(settled).toEqual(['failed']);
});

test('never loses, repeats or miscounts an event (property)', () => {
  const action = fc.oneof(
    fc.record({
      do: fc.constant('push' as const),
      levels: fc.array(fc.constantFrom<Level>('info', 'critical'), { maxLength: 5 }),
    }),
    fc.record({ do: fc.constant('take' as const), max: fc.integer({ min: 1, max: 4 }), grave: fc.boolean() }),
    fc.record({ do: fc.constant('settle' as const) }),
    fc.record({ do: fc.constant('giveBack' as const), keep: fc.nat(4) }),
  );
  fc.assert(
    fc.property(
      fc.array(action, { maxLength: 60 }),
      fc.constantFrom<'block' | 'drop_oldest'>('block', 'drop_oldest'),
      (actions, onFull) => {
        const queue = queueOf(8, onFull);
        let pushed = 0;
        let done = 0;
        let dropped = 0;
        queue.onDropped = (count) => (dropped += count);
        const leases: Lease[] = [];
        for (const step of actions) {
          if (step.do === 'push') {
            queue.push(
              step.levels.map((level) => event({ title: `t${pushed++}`, level })),
              ignore,
            );
          } else if (step.do === 'take') {
            const lease = queue.take(step.max, step.grave);
            if (lease) leases.push(lease);
          } else if (step.do === 'settle') {
            const lease = leases.shift();
            lease?.settle();
            done += lease?.events.length ?? 0;
          } else {
            const lease = leases.shift();
            if (!lease) continue;
            const rest = lease.events.slice(-step.keep || lease.events.length);
            lease.giveBack(rest);
            done += lease.events.length - rest.length;
          }
          const leased = leases.reduce((sum, { events: held }) => sum + held.length, 0);
          expect(queue.events).toBe(pushed - done - dropped);
          expect(queue.waiting).toBe(queue.events - leased);
          if (queue.events === 0) expect(queue.bytes).toBe(0);
        }
        const seen = new Set(leases.flatMap(({ events: held }) => held.map(({ title }) => title)));
        let rest = 0;
        for (let lease = queue.take(3, false); lease; lease = queue.take(3, false)) {
          for (const { title } of lease.events) {
            expect(seen.has(title)).toBe(false);
            seen.add(title);
            rest += 1;
          }
        }
        expect(queue.waiting).toBe(0);
        expect(rest).toBe(queue.events - leases.reduce((sum, { events: held }) => sum + held.length, 0));
      },
    ),
  );
});
