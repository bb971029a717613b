/** Rows of the fault matrix whose full size takes minutes. The quick ones are in `test/faults`. */
import { test } from 'vitest';
import { flood } from '../faults/flood.ts';
import { killAgainAndAgain } from '../faults/kills.ts';
import { outage } from '../faults/outage.ts';
import { reloadAgainAndAgain } from '../faults/reloads.ts';
import { said } from './said.ts';

test('row 1: twenty kills under load', async () => {
  said(1, await killAgainAndAgain({ kills: 20, longestMs: 2_800, startMs: 3_000 }));
});

test('row 3: ten minutes without a destination', async () => {
  said(3, await outage({ perSecond: 100, downMs: 10 * 60_000, mostMiB: 120 }));
});

test('row 13: a million events of 1 KB and nobody to take them', async () => {
  said(13, await flood(1_000_000));
});

test('row 28: a hundred reloads under load', async () => {
  said(28, await reloadAgainAndAgain(100));
});
