import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { NO_NODES, type Nodes } from '../../src/pipeline/nodes.ts';
import { StateKeeper } from '../../src/pipeline/state-keeper.ts';
import { FakeClock } from '../support/fakes.ts';

type Kind = 'receiver' | 'processor' | 'exporter';

/** A keeper, and components whose state is how often they were asked for it. */
class Keeping {
  readonly clock = new FakeClock();
  readonly saved: string[] = [];
  /** Until they are called, nothing is on disk. */
  readonly #writes: (() => void)[] = [];
  diskIsSlow = false;
  readonly keeper: StateKeeper;
  readonly #receivers = new Map<string, unknown>();
  readonly #stages = new Map<string, unknown>();
  readonly #exporters = new Map<string, unknown>();

  constructor() {
    const nodes = {
      ...NO_NODES,
      receivers: this.#receivers,
      stages: this.#stages,
      exporters: this.#exporters,
    } as unknown as Nodes;
    const store = {
      load: () => undefined,
      save: (key: string, json: string) => {
        this.saved.push(`${key} ${json}`);
        return this.diskIsSlow ? new Promise<void>((resolve) => this.#writes.push(resolve)) : Promise.resolve();
      },
    };
    this.keeper = new StateKeeper(() => nodes, store, this.clock);
  }

  /** Puts a component in, or another in its place. */
  has(kind: Kind, id: string, { costMs = 0, state = (asked: number): unknown => asked } = {}): void {
    let asked = 0;
    const component = {
      snapshot: () => {
        asked += 1;
        this.clock.time += costMs;
        return state(asked);
      },
    };
    if (kind === 'receiver') this.#receivers.set(id, { receiver: component });
    else if (kind === 'exporter') this.#exporters.set(id, { exporter: component });
    else this.#stages.set(id, { processor: component });
  }

  lacks(id: string): void {
    for (const nodes of [this.#receivers, this.#stages, this.#exporters]) nodes.delete(id);
  }

  timesSaved(id: string): number {
    return this.saved.filter((line) => line.includes(`/${id} `)).length;
  }

  finishWrites(): void {
    for (const resolve of this.#writes.splice(0)) resolve();
  }

  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      this.clock.advance(1_000);
      await turn();
    }
  }
}

test('the state of each component is written every second, if it changed', async () => {
  const keeping = new Keeping();
  keeping.has('receiver', 'r');
  keeping.has('processor', 'p');
  keeping.has('exporter', 'e', { state: () => ({ threads: [] }) });
  keeping.has('exporter', 'stateless', { state: () => undefined });
  keeping.keeper.start();
  await keeping.pass(2);
  expect(keeping.saved).toEqual([
    'receiver/r 1',
    'exporter/e {"threads":[]}',
    'processor/p 1',
    'receiver/r 2',
    'processor/p 2',
  ]);
});

test('state that takes long to put into words is asked for less often, and at the end all the same; others are not kept waiting', async () => {
  const keeping = new Keeping();
  keeping.has('processor', 'slow', { costMs: 100 });
  keeping.has('processor', 'quick');
  keeping.has('receiver', 'slow-receiver', { costMs: 100 });
  keeping.keeper.start();
  await keeping.pass(5);
  expect(keeping.timesSaved('slow')).toBe(1);
  expect(keeping.timesSaved('quick')).toBe(5);
  expect(keeping.timesSaved('slow-receiver')).toBe(5);
  await keeping.pass(2);
  expect(keeping.timesSaved('slow')).toBe(2);
  await keeping.keeper.save();
  expect(keeping.timesSaved('slow')).toBe(3);
});

test('however long it took, it is asked for every ten seconds', async () => {
  const keeping = new Keeping();
  keeping.has('processor', 'stalled', { costMs: 60_000 });
  keeping.keeper.start();
  await keeping.pass(1);
  expect(keeping.timesSaved('stalled')).toBe(1);
  // The stall is over by its own clock.
  await keeping.pass(60 + 11);
  expect(keeping.timesSaved('stalled')).toBe(2);
});

test('another component in its place is asked at once; one that went and came back is written anew', async () => {
  const keeping = new Keeping();
  keeping.has('processor', 'p', { costMs: 150 });
  keeping.keeper.start();
  await keeping.pass(1);
  keeping.has('processor', 'p', { state: () => 'another' });
  await keeping.pass(1);
  expect(keeping.saved).toEqual(['processor/p 1', 'processor/p "another"']);
  keeping.lacks('p');
  await keeping.pass(1);
  keeping.has('processor', 'p', { state: () => 'another' });
  await keeping.pass(1);
  expect(keeping.timesSaved('p')).toBe(3);
});

test('saving has ended once it is on disk; a keeper that was stopped meanwhile stays so', async () => {
  const keeping = new Keeping();
  keeping.has('processor', 'p');
  keeping.diskIsSlow = true;
  keeping.keeper.start();
  await keeping.pass(1);
  keeping.keeper.stop();
  let isOver = false;
  const over = keeping.keeper.save().then(() => (isOver = true));
  await turn();
  expect(isOver).toBe(false);
  keeping.finishWrites();
  await over;
  await keeping.pass(5);
  expect(keeping.timesSaved('p')).toBe(2);
  expect(keeping.clock.pending).toBe(0);
});
