import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { expectAllDelivered, killAgainAndAgain, underLoad } from './kills.ts';
import { killWhileStreaming } from './streams.ts';

test('killed at random moments under load: nothing acknowledged is lost', async () => {
  await killAgainAndAgain({ kills: 3, longestMs: 500, startMs: 10_000 });
});

test('killed while senders stream to it: what is lost is the end of what was sent, and no more than may be on its way', async () => {
  await killWhileStreaming(2);
});

test.for(['record_appended:20', 'segment_created:2', 'segment_sealed:2', 'checkpoint_written:3', 'segment_unlinked:1'])(
  'killed at %s: nothing acknowledged is lost',
  async (point) => {
    const under = await underLoad({ env: { LNMT_COLLECTOR_KILL_AT: point } });
    under.poster.start();
    expect(await under.collector.ended).toBe('SIGKILL');
    await under.collector.start();
    const before = under.poster.acked.size;
    await eventually(() => under.poster.acked.size > before, 'it takes events again');
    await under.poster.stop();
    await expectAllDelivered(under, 1);
  },
);

test('SIGTERM under load with a slow destination: nothing is lost, nothing comes twice, the rest waits for the next start', async () => {
  const under = await underLoad();
  const { collector, sink, poster } = under;
  sink.answer = () => ({ delayMs: 30 });
  poster.start();
  await eventually(() => poster.acked.size > 2_000, 'there is a backlog');
  const from = performance.now();
  collector.signal('SIGTERM');
  expect(await collector.ended).toBe(0);
  expect(performance.now() - from).toBeLessThan(10_000);
  sink.answer = () => ({});
  await collector.start();
  await poster.stop();
  await expectAllDelivered(under, 0);
});

test('a backlog is sent after the start in the order in which it came', async () => {
  const { collector, sink, poster } = await underLoad({ concurrency: 1 });
  await sink.down();
  await poster.all(3_000);
  await collector.kill9();
  await collector.start();
  await poster.all(3_200);
  await sink.up();
  await poster.stop();
  await expectAllDelivered({ collector, sink, poster }, 0);
  const numbers = [...sink.taken.keys()];
  expect(numbers).toEqual(numbers.toSorted((one, other) => one - other));
});
