import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { Recorder, recorded } from '../../src/storage/recorder.ts';
import { eventually } from '../support/eventually.ts';
import { event, fakeContext } from '../support/fakes.ts';
import { temporaryDirectory } from '../support/temporary.ts';

test('the record has a size that it does not outgrow, and forgets the oldest first', async () => {
  const directory = await temporaryDirectory();
  const { clock, log, lines } = fakeContext();
  const make = () =>
    new Recorder({ directory, maxBytes: 80_000, maxAgeMs: 1e15, redact: [], clock, log, mask: (text) => text });
  for (let round = 0; round < 40; round += 1) {
    const recorder = make();
    recorder.accepted(
      'http',
      Array.from({ length: 10 }, (_, index) => event({ title: `${round}.${index}`, message: 'x'.repeat(500) })),
    );
    await recorder.close();
  }
  const titles: string[] = [];
  let bytes = 0;
  for await (const { event: one } of recorded(directory)) {
    titles.push((one as { title: string }).title);
    bytes += JSON.stringify(one).length;
  }
  expect(bytes).toBeLessThan(90_000);
  expect(titles.at(-1)).toBe('39.9');
  expect(titles).toEqual(titles.toSorted((a, b) => Number(a) - Number(b)));
  expect((await readdir(directory)).length).toBeLessThanOrEqual(10);
  expect(lines).toEqual([]);
});

test('while the disk takes nothing, a bounded share of the traffic waits in memory, and the rest is said', async () => {
  const directory = await temporaryDirectory();
  const { clock, log, lines } = fakeContext();
  const recorder = new Recorder({ directory, maxBytes: 1e9, maxAgeMs: 1e15, redact: [], clock, log, mask: String });
  const minute = (titles: string[]) => {
    for (const title of titles) {
      recorder.accepted('http', [event({ title, message: 'x'.repeat(1_000_000) })]);
      clock.advance(1_000);
    }
  };
  // No write can end before this does.
  minute(Array.from({ length: 60 }, (_, n) => String(n)));
  const counted = async () => {
    let events = 0;
    for await (const _ of recorded(directory)) events += 1;
    return events;
  };
  await eventually(async () => (await counted()) === 5, 'what waited is written');
  expect(lines.length).toBe(55);
  minute(['later']);
  await recorder.close();
  expect(await counted()).toBe(6);
  expect(lines.length).toBe(55);
});

test('traffic that comes faster than the disk takes it is left out, counted and said', async () => {
  const { clock, log, lines } = fakeContext();
  const recorder = new Recorder({
    directory: await temporaryDirectory(),
    maxBytes: 1e9,
    maxAgeMs: 1e15,
    redact: [],
    clock,
    log,
    mask: (text) => text,
  });
  recorder.accepted(
    'http',
    Array.from({ length: 10_000 }, () => event({ message: 'x'.repeat(2_000) })),
  );
  await recorder.close();
  expect(lines).toEqual([
    expect.objectContaining({
      level: 'warn',
      message: expect.stringMatching(/\d+ events are missing from the record/),
    }),
  ]);
});
