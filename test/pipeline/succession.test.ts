import { expect, test } from 'vitest';
import type { Settlement } from '../../src/component/component.ts';
import type { Lease } from '../../src/pipeline/queue.ts';
import { MemoryQueue } from '../../src/pipeline/memory-queue.ts';
import { succeed, Succession } from '../../src/pipeline/succession.ts';
import { DiskQueue } from '../../src/storage/disk-queue.ts';
import { eventually } from '../support/eventually.ts';
import { event, FakeClock } from '../support/fakes.ts';
import { turn } from '../support/pipeline.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const queue = (...titles: string[]): MemoryQueue => {
  const made = new MemoryQueue({ maxBytes: 1_000_000, onFull: 'block' }, () => 0);
  push(made, ...titles);
  return made;
};

function push(into: Pick<MemoryQueue, 'push'>, ...titles: string[]): void {
  into.push(
    titles.map((title) => event({ title })),
    () => {},
  );
}

function pushed(into: Pick<MemoryQueue, 'push'>, title: string): Promise<Settlement> {
  return new Promise((resolve) => into.push([event({ title })], resolve));
}

async function onDisk(): Promise<DiskQueue> {
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const limits = { maxBytes: 1_000_000, onFull: 'block' as const };
  return DiskQueue.open({ directory: await temporaryDirectory(), limits, clock: new FakeClock(), log });
}

const titlesOf = (lease: Lease | undefined) => lease?.events.map(({ title }) => title);

test('what waited in the queue before is delivered first, what comes goes to the new one', async () => {
  const [before, after] = [queue('a', 'b'), queue()];
  const both = await succeed(before, async () => after, []);
  push(both, 'c');
  expect([both.events, both.waiting, before.events, after.events]).toEqual([3, 3, 2, 1]);
  const first = both.take(10, false)!;
  expect(titlesOf(first)).toEqual(['a', 'b']);
  first.giveBack(first.events.slice(1));
  const again = both.take(10, false)!;
  expect(titlesOf(again)).toEqual(['b']);
  again.settle();
  expect(titlesOf(both.take(10, false))).toEqual(['c']);
});

test('an edit back goes back to the queue that still holds events', async () => {
  const before = queue('a');
  const there = await succeed(before, async () => queue(), []);
  push(there, 'b');
  const back = await succeed(there, () => Promise.reject(new Error('must not be opened twice')), []);
  expect(back.current).toBe(before);
  const titles: string[] = [];
  for (let lease = back.take(1, false); lease; lease = back.take(1, false)) {
    titles.push(...titlesOf(lease)!);
    lease.settle();
  }
  expect(titles.sort()).toEqual(['a', 'b']);
});

test('one that drains while an edit back to it is tried stays open for the edit, and is closed if that is refused', async () => {
  const undo: (() => Promise<void>)[] = [];
  const before = await onDisk();
  push(before, 'a');
  await eventually(() => before.events === 1, 'it is on disk');
  const there = await succeed(before, async () => queue(), []);
  const back = await succeed(there, () => Promise.reject(new Error('must not be opened twice')), undo);
  there.take(1, false)!.settle();
  expect(there.take(1, false)).toBeUndefined();
  await turn();
  expect(await pushed(back, 'b')).toBe('safe');
  back.take(1, false)!.settle();
  for (const step of undo) await step();
  const reopened = await succeed(there, async () => queue('anew'), []);
  expect([titlesOf(reopened.take(1, false)), await pushed(before, 'c')]).toEqual([['anew'], 'failed']);
});

test('one that has drained is closed before another is opened', async () => {
  const before = queue('a');
  const there = await succeed(before, async () => queue(), []);
  there.take(1, false)!.settle();
  const fresh = queue();
  const back = await succeed(there, async () => fresh, []);
  expect(back.current).toBe(fresh);
});

test('both are closed at the end, and both losses are told', async () => {
  const both = new Succession(queue('a'), queue('b', 'c'));
  expect(await both.close()).toEqual({ lost: 3 });
});

test('what was on its way to the disk is delivered first, and not left there', async () => {
  const before = await onDisk();
  push(before, 'a');
  expect([before.events, before.arriving]).toEqual([0, 1]);
  const both = await succeed(before, async () => queue('b'), []);
  let ready = 0;
  both.onReady = () => (ready += 1);
  expect(both.take(10, false)).toBeUndefined();
  await eventually(() => ready > 0, 'it is at hand');
  const first = both.take(10, false)!;
  expect(titlesOf(first)).toEqual(['a']);
  first.settle();
  expect(titlesOf(both.take(10, false))).toEqual(['b']);
  await both.close();
});
