import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { expectAllDelivered, killAgainAndAgain, underLoad } from './kills.ts';

test('killed at random moments under load: nothing acknowledged is lost', async () => {
  await killAgainAndAgain(3, 500);
});

test.for(['record_appended:20', 'segment_created:2', 'segment_sealed:2', 'checkpoint_written:3', 'segment_unlinked:1'])(
  'killed at %s: nothing acknowledged is lost',
  async (point) => {
    const under = await underLoad({ LNMT_COLLECTOR_KILL_AT: point });
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
  expect(performance.now() - from).toBeLessThan(11_000);
  sink.answer = () => ({});
  await collector.start();
  await poster.stop();
  await expectAllDelivered(under, 0);
});
