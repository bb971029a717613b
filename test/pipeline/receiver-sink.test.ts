import { expect, test } from 'vitest';
import type { Pipeline } from '../../src/pipeline/pipeline.ts';
import { ReceiverSink } from '../../src/pipeline/receiver-sink.ts';
import { Room } from '../../src/pipeline/room.ts';
import { event } from '../support/fakes.ts';
import { fakeWorld } from '../support/pipeline.ts';

test.for([
  ['a queue is full', [false], 'full', 'queue_full'],
  ['a queue cannot be written', [true], 'failed', 'storage_failed'],
  ['one queue is full and another cannot be written', [false, true], 'failed', 'storage_failed'],
] as const)('%s: nothing is taken, and the sender is told which', ([, failing, settlement, reason]) => {
  const { meter, count } = fakeWorld();
  const sink = new ReceiverSink('http', meter, new Room());
  sink.lead(
    failing.map(
      (fails) =>
        ({ hasRoom: () => false, failing: () => fails, push: () => expect.unreachable() }) as unknown as Pipeline,
    ),
  );
  const settled: string[] = [];
  expect(sink.push([event(), event()], (how) => settled.push(how))).toBe(false);
  expect(settled).toEqual([settlement]);
  expect(count('lnmt_collector_receiver_refused_events_total', { receiver: 'http', reason })).toBe(2);
});
