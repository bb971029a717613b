import { expect, onTestFinished, test } from 'vitest';
import type { Event } from '../../src/component/event.ts';
import { AtHand } from '../../src/storage/at-hand.ts';
import { DiskLog } from '../../src/storage/disk-log.ts';
import { encodeEvents } from '../../src/storage/event-codec.ts';
import { eventually } from '../support/eventually.ts';
import { event, fakeContext } from '../support/fakes.ts';
import { temporaryDirectory } from '../support/temporary.ts';

async function setup() {
  const { clock, log } = fakeContext();
  const diskLog = await DiskLog.open({ directory: await temporaryDirectory(), segmentBytes: 1e6, clock, log });
  const atHand = new AtHand(diskLog, [], clock, log);
  onTestFinished(async () => {
    await atHand.stop();
    await diskLog.close();
  });
  const push = async (events: readonly Event[]) => {
    const records = encodeEvents(events, clock.now());
    atHand.pushed(await diskLog.append(records), events, clock.now(), records.sizes);
  };
  /** Takes and delivers, as many as are at hand. */
  const deliver = (max: number, graveFirst: boolean) => {
    const taken = atHand.take(max, graveFirst);
    diskLog.acknowledge(taken.map(({ sequence }) => sequence));
    return taken.map(({ event: { title } }) => title);
  };
  return { atHand, push, deliver };
}

const message = 'x'.repeat(30_000);
const info = (count: number) => Array.from({ length: count }, () => event({ title: 'info', message }));
const critical = (count: number) =>
  Array.from({ length: count }, (_, n) => event({ title: `critical ${n}`, level: 'critical' }));

test('where critical events have no precedence, nothing is kept of those that wait on disk', async () => {
  const { atHand, push, deliver } = await setup();
  await push(critical(1));
  deliver(1, false);
  await push(info(100));
  await push(info(100));
  for (let round = 0; round < 10; round += 1) await push(critical(100));
  expect(atHand.noted).toBe(0);
});

test('critical events that are no more ahead of others leave no trace', async () => {
  const { atHand, push, deliver } = await setup();
  await push(info(1));
  deliver(1, true);
  await push(info(100));
  await push(info(100));
  await push(critical(100));
  expect(atHand.noted).toBe(100);
  const delivered: string[] = [];
  await eventually(() => {
    delivered.push(...deliver(20, true));
    return delivered.length === 300;
  }, 'all are delivered');
  expect(delivered.lastIndexOf('critical 63')).toBeLessThan(200);
  await eventually(() => atHand.noted === 0, 'nothing is kept of them');
});

test('after all that was at hand is dropped, the next are read without being asked for', async () => {
  const { atHand, push } = await setup();
  await push(info(100));
  await push(critical(3));
  let more = 0;
  atHand.onMore = () => (more += 1);
  expect(atHand.drop(Infinity, 100)).toHaveLength(100);
  await eventually(() => more === 1, 'it is told');
  expect(atHand.take(10, false)).toHaveLength(3);
});
