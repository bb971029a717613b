/** Rows of the fault matrix whose full size takes minutes. The quick ones are in `test/faults`. */
import { test } from 'vitest';
import { flood } from '../faults/flood.ts';
import { flapping } from '../faults/flapping.ts';
import { killAgainAndAgain } from '../faults/kills.ts';
import { outage } from '../faults/outage.ts';
import { fullDisk } from '../faults/own-disk.ts';
import { reloadAgainAndAgain } from '../faults/reloads.ts';
import { killWhileStreaming } from '../faults/streams.ts';
import { chaos } from '../faults/tails.ts';
import { said } from './said.ts';

test('row 1: twenty kills under load', async () => {
  said(1, await killAgainAndAgain({ kills: 20, longestMs: 2_800, startMs: 3_000 }));
});

test('row 1, unanswered: ten kills under streams', async () => {
  said(1, await killWhileStreaming(10));
});

test('row 3: ten minutes without a destination', async () => {
  said(3, await outage({ perSecond: 100, downMs: 10 * 60_000, mostMiB: 114 }));
});

test('row 7: five minutes of two seconds down and two seconds up', async () => {
  said(7, await flapping({ phaseMs: 2_000, phases: 150 }));
});

test('row 8: a disk that is full for a minute', async () => {
  said(8, await fullDisk(60_000));
});

test('row 13: a million events of 1 KB and nobody to take them', async () => {
  said(13, await flood(1_000_000));
});

test('row 28: a hundred reloads under load', async () => {
  said(28, await reloadAgainAndAgain({ reloads: 100, warmUp: 60, mostMiB: 10 }));
});

test('row 32: a file of 5,000 lines a second that is renamed every 200 ms for a minute', async () => {
  said(32, await chaos({ seconds: 60, rotateMs: 200, kills: 0 }));
});

test('row 32, killed: the same, and ten kills', async () => {
  said(32, await chaos({ seconds: 60, rotateMs: 200, kills: 10 }));
});
