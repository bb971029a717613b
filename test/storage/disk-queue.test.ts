import { open as openFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Settlement } from '../../src/component/component.ts';
import type { Event } from '../../src/component/event.ts';
import type { Lease, Queue } from '../../src/pipeline/queue.ts';
import { DeadLetterLog } from '../../src/storage/dead-letters.ts';
import { DiskQueue, type DiskQueueOptions } from '../../src/storage/disk-queue.ts';
import { eventually } from '../support/eventually.ts';
import { event, FakeClock, fakeContext } from '../support/fakes.ts';
import { temporaryDirectory } from '../support/temporary.ts';

async function setup(options: Partial<DiskQueueOptions> = {}) {
  const directory = await temporaryDirectory();
  const { log, lines } = fakeContext();
  const context = { clock: new FakeClock() };
  const dropped: number[] = [];
  const open = async () => {
    const opened = await DiskQueue.open({
      directory,
      limits: { maxBytes: 1_000_000, onFull: 'block' },
      clock: context.clock,
      log,
      ...options,
    });
    onTestFinished(async () => void (await opened.close()));
    opened.onDropped = (events) => void dropped.push(events);
    // It is what the pipeline calls a queue.
    return opened satisfies Queue;
  };
  const kill = () => {
    context.clock = new FakeClock();
    return open();
  };
  return { directory, lines, dropped, context, open, kill };
}

const titled = (...titles: (string | number)[]) => titles.map((title) => event({ title: String(title) }));
const titlesOf = (lease: Lease | undefined) => lease?.events.map(({ title }) => title) ?? [];
const push = (queue: Queue, events: readonly Event[]) =>
  new Promise<Settlement>((resolve) => queue.push(events, resolve));
const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0);
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => from + n);

/** Takes, waiting until something is at hand. */
async function take(queue: Queue, max = 100, graveFirst = false): Promise<Lease> {
  let lease: Lease | undefined;
  await eventually(() => (lease = queue.take(max, graveFirst)) !== undefined, 'events are at hand');
  return lease!;
}

async function drain(queue: Queue): Promise<string[]> {
  const titles: string[] = [];
  while (queue.waiting > 0) {
    const lease = await take(queue, 300);
    titles.push(...titlesOf(lease));
    lease.settle();
  }
  return titles;
}

test('events are taken in order, and forgotten when they are settled', async () => {
  const { open } = await setup();
  const queue = await open();
  expect(await push(queue, titled(1, 2, 3))).toBe('safe');
  expect(queue).toMatchObject({ events: 3, waiting: 3, oldestSince: Date.UTC(2026, 0, 15, 12), full: false });
  const lease = queue.take(2, false)!;
  expect(titlesOf(lease)).toEqual(['1', '2']);
  expect(queue).toMatchObject({ events: 3, waiting: 1 });
  lease.settle();
  expect(queue).toMatchObject({ events: 1, waiting: 1 });
  expect(await drain(queue)).toEqual(['3']);
  expect(queue).toMatchObject({ events: 0, waiting: 0, bytes: 0, oldestSince: undefined });
  expect(queue.take(1, false)).toBeUndefined();
});

test('what was not settled comes again after a restart, as it was', async () => {
  const { open } = await setup();
  const first = await open();
  const full = event({ title: 'a', level: 'error', metadata: { n: 1, deep: { x: [1] } }, tags: ['t'] });
  await push(first, [full, ...titled('b', 'c')]);
  first.take(1, false);
  first.take(1, false)!.settle();
  expect(await first.close()).toEqual({ lost: 0 });
  const second = await open();
  expect(second).toMatchObject({ recovered: 2, events: 2 });
  expect((await take(second)).events).toEqual([full, titled('c')[0]]);
});

test('a killed process repeats only what was not settled', async () => {
  const { open, kill } = await setup();
  const first = await open();
  for (const n of range(0, 10)) await push(first, titled(n));
  first.take(4, false)!.settle();
  first.take(2, false);
  expect(await drain(await kill())).toEqual(['4', '5', '6', '7', '8', '9']);
});

test('what is given back is first again, and the rest of its lease is forgotten', async () => {
  const { open } = await setup();
  const queue = await open();
  await push(queue, titled(1, 2, 3, 4, 5));
  const lease = queue.take(4, false)!;
  lease.giveBack([lease.events[1]!, lease.events[3]!]);
  expect(queue).toMatchObject({ events: 3, waiting: 3 });
  expect(await drain(queue)).toEqual(['2', '4', '5']);
});

test('the same event twice in one batch is two events', async () => {
  const { open } = await setup();
  const queue = await open();
  const [one] = titled(1);
  await push(queue, [one!, one!]);
  const lease = queue.take(2, false)!;
  lease.giveBack(lease.events);
  expect(await drain(queue)).toEqual(['1', '1']);
});

test('a backlog is read back in order, however long', async () => {
  const { open } = await setup({ limits: { maxBytes: 1e9, onFull: 'block' } });
  const queue = await open();
  const filler = 'x'.repeat(1_000);
  for (let n = 0; n < 10_000; n += 500)
    await push(
      queue,
      range(n, n + 500).map((m) => event({ title: String(m), message: filler })),
    );
  expect(await drain(queue)).toEqual(range(0, 10_000).map(String));
});

test('onReady is called when events are at hand after there were none', async () => {
  const { open } = await setup();
  const queue = await open();
  let calls = 0;
  queue.onReady = () => (calls += 1);
  await push(queue, titled(1));
  await push(queue, titled(2));
  expect(calls).toBe(1);
  queue.take(5, false)!.giveBack([]);
  await push(queue, titled(3));
  expect(calls).toBe(2);
  await queue.close();
  const next = await open();
  next.onReady = () => (calls += 1);
  await eventually(() => calls === 3, 'what was found is at hand');
});

test('critical events go first, also from deep within a backlog and after a restart', async () => {
  const { open } = await setup({ limits: { maxBytes: 1e9, onFull: 'drop_oldest' } });
  const first = await open();
  const filler = 'x'.repeat(2_000);
  const event_ = (n: number) =>
    event({ title: String(n), message: filler, level: n % 1_000 === 999 ? 'critical' : 'info' });
  for (let n = 0; n < 6_000; n += 500) await push(first, range(n, n + 500).map(event_));
  await first.close();
  const second = await open();
  const delivered: string[] = [];
  while (second.waiting > 0) {
    const lease = await take(second, 50, true);
    delivered.push(...titlesOf(lease));
    lease.settle();
  }
  expect(delivered.toSorted((a, b) => Number(a) - Number(b))).toEqual(range(0, 6_000).map(String));
  expect(delivered.indexOf('5999')).toBeLessThan(1_000);
  const others = delivered.filter((title) => Number(title) % 1_000 !== 999);
  expect(others).toEqual(others.toSorted((a, b) => Number(a) - Number(b)));
});

test('critical events are taken once, and the others stay in order', async () => {
  const { open } = await setup();
  const queue = await open();
  await push(
    queue,
    range(0, 10).map((n) => event({ title: String(n), level: n === 4 || n === 7 ? 'critical' : 'info' })),
  );
  const taken: string[] = [];
  while (queue.waiting > 0) {
    const lease = queue.take(3, true)!;
    taken.push(...titlesOf(lease));
    lease.settle();
  }
  expect(taken).toEqual(['4', '7', '0', '1', '2', '3', '5', '6', '8', '9']);
});

test('a queue that blocks is full at its limit, and says when there is room', async () => {
  const { open } = await setup({ limits: { maxBytes: 2_000, onFull: 'block' } });
  const queue = await open();
  let rooms = 0;
  queue.onRoom = () => (rooms += 1);
  let pushed = 0;
  while (!queue.full) {
    await push(queue, titled(pushed));
    pushed += 1;
  }
  expect(pushed).toBeGreaterThan(10);
  queue.take(1, false)!.settle();
  expect([rooms, queue.full]).toEqual([1, false]);
  await push(queue, titled(pushed));
  expect(queue.full).toBe(true);
  queue.configure({ maxBytes: 10_000, onFull: 'block' });
  expect([rooms, queue.full]).toEqual([2, false]);
});

test('what is on its way to the disk counts', async () => {
  const { open } = await setup({ limits: { maxBytes: 2_000, onFull: 'block' } });
  const queue = await open();
  queue.push(titled(...range(0, 50)), () => {});
  expect(queue.full).toBe(true);
});

test('a queue that drops is never full, and keeps the newest', async () => {
  const { open, dropped } = await setup({ limits: { maxBytes: 5_000, onFull: 'drop_oldest' } });
  const queue = await open();
  for (const n of range(0, 200)) await push(queue, titled(n));
  expect(queue.full).toBe(false);
  expect(queue.bytes).toBeLessThanOrEqual(5_000);
  const count = sumOf(dropped);
  expect(queue.events).toBe(200 - count);
  expect(await drain(queue)).toEqual(range(count, 200).map(String));
});

test('events however big are dropped for newer ones, each counted once', async () => {
  const { open, dropped } = await setup({ limits: { maxBytes: 3_000_000, onFull: 'drop_oldest' } });
  const queue = await open();
  const message = 'x'.repeat(1_200_000);
  for (const n of range(0, 12)) {
    await push(queue, [event({ title: String(n), message })]);
    await eventually(() => queue.bytes <= 3_000_000, 'room is made');
    expect(queue.events).toBe(n + 1 - sumOf(dropped));
  }
  expect(sumOf(dropped)).toBe(10);
  expect(await drain(queue)).toEqual(['10', '11']);
});

test('what a queue that drops has left is told to be at hand', async () => {
  const { open, dropped } = await setup({ limits: { maxBytes: 1e9, onFull: 'drop_oldest' } });
  const queue = await open();
  const message = 'x'.repeat(1_200_000);
  for (const n of range(0, 6)) await push(queue, [event({ title: String(n), message })]);
  const delivered: string[] = [];
  queue.onReady = () => {
    for (let lease = queue.take(1, false); lease; lease = queue.take(1, false)) {
      delivered.push(...titlesOf(lease));
      lease.settle();
    }
  };
  queue.configure({ maxBytes: 3_000_000, onFull: 'drop_oldest' });
  await eventually(() => queue.waiting === 0, 'the rest is delivered');
  expect(delivered.at(-1)).toBe('5');
  expect(delivered.length + sumOf(dropped)).toBe(6);
});

test('what is on lease is not dropped; a lower limit drops at once', async () => {
  const { open, dropped } = await setup({ limits: { maxBytes: 1_000_000, onFull: 'drop_oldest' } });
  const queue = await open();
  await push(queue, titled(...range(0, 100)));
  const lease = queue.take(2, false)!;
  queue.configure({ maxBytes: 2_000, onFull: 'drop_oldest' });
  await eventually(() => queue.bytes <= 2_000, 'room is made');
  expect(sumOf(dropped)).toBe(100 - queue.events);
  lease.giveBack(lease.events);
  expect((await drain(queue)).slice(0, 2)).toEqual(['0', '1']);
});

test('an event bigger than the limit is held by itself', async () => {
  const { open } = await setup({ limits: { maxBytes: 1_024, onFull: 'drop_oldest' } });
  const queue = await open();
  await push(queue, titled('small'));
  expect(await push(queue, [event({ title: 'big', message: 'x'.repeat(5_000) })])).toBe('safe');
  expect(await drain(queue)).toEqual(['big']);
});

test('events are forgotten only once their dead letters are safe', async () => {
  let safe = false;
  const { open, kill, context } = await setup({
    letters: { includeOneOf: () => !safe, flushed: () => (safe ? undefined : Promise.resolve(false)) },
  });
  const queue = await open();
  await push(queue, titled(1, 2));
  queue.take(1, false)!.settle();
  await Promise.resolve();
  expect(queue).toMatchObject({ events: 2, waiting: 1 });
  const after = await kill();
  await eventually(() => after.oldestSince !== undefined, 'it is read');
  expect(titlesOf(after.take(1, false))).toEqual(['1']);
  safe = true;
  await after.close();
  const last = await open();
  (await take(last, 1)).settle();
  expect(last.events).toBe(1);
  context.clock.advance(1_000);
  expect(context.clock.pending).toBeLessThanOrEqual(1);
});

test('a dead letter that cannot be written keeps its own delivery only, and one timer for any number', async () => {
  const directory = join(await temporaryDirectory(), 'dead-letters');
  const { clock, log } = fakeContext();
  const letters = new DeadLetterLog({ directory, clock, log });
  const { open, context } = await setup({
    letters: {
      includeOneOf: (events) => letters.awaits('slack', events),
      flushed: () => letters.flushed('slack'),
    },
  });
  await writeFile(directory, 'in the way');
  const queue = await open();
  await push(queue, titled(...range(0, 20)));
  const deliver = (refused: boolean) => {
    const lease = queue.take(2, false)!;
    if (refused) letters.add('slack', [lease.events[1]!], 'no', 1);
    lease.settle();
  };
  deliver(true);
  expect(queue).toMatchObject({ events: 20, waiting: 18 });
  expect(await letters.flushed()).toBe(false);
  deliver(false);
  expect(queue).toMatchObject({ events: 18, waiting: 16 });
  letters.add('teams', [queue.take(1, false)!.events[0]!], 'no', 1);
  const { pending } = context.clock;
  for (const refused of [true, true, true, false, true]) deliver(refused);
  await letters.flushed();
  expect(context.clock.pending).toBe(pending);
  expect(queue).toMatchObject({ events: 16, waiting: 5 });
  await rm(directory);
  clock.advance(2_000);
  expect(await letters.flushed()).toBe(true);
  context.clock.advance(1_000);
  await eventually(() => queue.events === 6, 'what was refused is forgotten');
  await letters.close();
});

test('a disk that fails: the batch is refused and counted, the queue is full until it works again', async () => {
  const { open, dropped, directory, context } = await setup();
  const queue = await open();
  await push(queue, titled(1));
  const file = await openFile(join(directory, 'other'), 'a');
  const sync = vi.spyOn(Object.getPrototypeOf(file) as typeof file, 'datasync');
  await file.close();
  onTestFinished(() => sync.mockRestore());
  sync.mockRejectedValue(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }));
  expect(await push(queue, titled(2, 3))).toBe('failed');
  expect([queue.full, dropped, queue.events]).toEqual([true, [2], 1]);
  let rooms = 0;
  queue.onRoom = () => (rooms += 1);
  sync.mockRestore();
  await eventually(() => {
    context.clock.advance(1_000);
    return rooms === 1;
  }, 'there is room again');
  expect(await push(queue, titled(4))).toBe('safe');
  expect(await drain(queue)).toEqual(['1', '4']);
});

test('damage is counted, and what is sound is delivered', async () => {
  const damaged: number[] = [];
  const { open, directory, lines } = await setup({ onDamaged: (events) => void damaged.push(events) });
  const first = await open();
  await push(first, titled(...range(0, 10)));
  await first.close();
  const name = (await readdir(directory)).find((file) => file.endsWith('.log'))!;

  const bytes = await readFile(join(directory, name));
  bytes[200]! ^= 1;
  await writeFile(join(directory, name), bytes);
  const second = await open();
  expect(second).toMatchObject({ recovered: 10, damaged: 1, events: 9 });
  expect(await drain(second)).toHaveLength(9);
  expect(lines.some(({ level }) => level === 'error')).toBe(true);
});

test(
  'a queue that drops keeps to its limit, and its books balance, whatever it is given (property)',
  { timeout: 60_000 },
  async () => {
    const step = fc.record({
      sizes: fc.array(fc.constantFrom(10, 100, 5_000, 300_000, 1_200_000, 2_500_000), { minLength: 1, maxLength: 4 }),
      level: fc.constantFrom('info' as const, 'critical' as const),
      take: fc.nat({ max: 3 }),
      settle: fc.constantFrom('settle', 'return', 'keep'),
    });
    const maxBytes = 3_000_000;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 10 }), async (steps) => {
        const { open, dropped } = await setup({ limits: { maxBytes, onFull: 'drop_oldest' } });
        const queue = await open();
        const kept: Lease[] = [];
        let [pushed, settled] = [0, 0];
        const leased = () => kept.reduce((sum, { events }) => sum + events.length, 0);
        for (const { sizes, level, take: max, settle } of steps) {
          await push(
            queue,
            sizes.map((size) => event({ title: String(pushed++), message: 'm'.repeat(size), level })),
          );
          const lease = max > 0 && queue.take(max, false);
          if (lease && settle === 'keep') kept.push(lease);
          else if (lease && settle === 'return') lease.giveBack(lease.events);
          else if (lease) {
            lease.settle();
            settled += lease.events.length;
          }
          await eventually(() => queue.bytes <= maxBytes || queue.waiting <= 1, 'room is made');
          expect(queue.events).toBe(pushed - settled - sumOf(dropped));
          expect(queue.waiting).toBe(queue.events - leased());
        }
        for (const lease of kept.reverse()) lease.giveBack(lease.events);
        const drained = await drain(queue);
        expect(drained.length + settled + sumOf(dropped)).toBe(pushed);
      }),
      { numRuns: 40 },
    );
  },
);

test(
  'a queue in use, restarted and killed at random loses nothing and keeps the order (property)',
  { timeout: 60_000 },
  async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('push' as const), count: fc.integer({ min: 1, max: 20 }), size: fc.nat(400) }),
      fc.record({
        kind: fc.constant('take' as const),
        max: fc.integer({ min: 1, max: 15 }),
        settle: fc.constantFrom('settle', 'return', 'half', 'keep'),
      }),
      fc.record({
        kind: fc.constantFrom('settle kept' as const, 'restart' as const, 'kill' as const, 'time' as const),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const { open, kill, context } = await setup({ limits: { maxBytes: 1e9, onFull: 'block' } });
        let queue = await open();
        let pushed = 0;
        /** Numbers not settled, which is what a restart brings back. */
        const held = new Set<number>();
        let kept: Lease[] = [];
        const settled = (lease: Lease) => {
          lease.settle();
          for (const { title } of lease.events) held.delete(Number(title));
        };
        for (const one of steps) {
          switch (one.kind) {
            case 'push':
              await push(
                queue,
                range(pushed, pushed + one.count).map((n) =>
                  event({ title: String(n), message: 'm'.repeat(one.size) }),
                ),
              );
              for (const n of range(pushed, pushed + one.count)) held.add(n);
              pushed += one.count;
              break;
            case 'take': {
              if (queue.waiting === 0) break;
              const lease = await take(queue, one.max);
              if (one.settle === 'settle') settled(lease);
              else if (one.settle === 'return') lease.giveBack(lease.events);
              else if (one.settle === 'keep') kept.push(lease);
              else {
                const half = lease.events.length >> 1;
                for (const { title } of lease.events.slice(0, half)) held.delete(Number(title));
                lease.giveBack(lease.events.slice(half));
              }
              break;
            }
            case 'settle kept':
              for (const lease of kept.splice(0)) settled(lease);
              break;
            case 'time':
              context.clock.advance(1_000);
              break;
            case 'restart':
              await queue.close();
              kept = [];
              queue = await open();
              break;
            case 'kill':
              kept = [];
              queue = await kill();
              break;
          }
          expect(queue.events).toBe(held.size);
        }
        for (const lease of kept) lease.giveBack(lease.events);
        const rest = (await drain(queue)).map(Number);
        expect(rest.toSorted((a, b) => a - b)).toEqual([...held]);
        if (kept.length === 0) expect(rest).toEqual([...held]);
      }),
      { numRuns: 60 },
    );
  },
);
