import type { Settlement } from '../component/component.ts';

const GRAVITY: Readonly<Record<Settlement, number>> = { safe: 0, full: 1, failed: 2 };

/** Calls `settled` once, with the gravest of `count` settlements. */
export function worstOf(count: number, settled: (settlement: Settlement) => void): (settlement: Settlement) => void {
  if (count === 1) return settled;
  let worst: Settlement = 'safe';
  let left = count;
  return (settlement) => {
    if (GRAVITY[settlement] > GRAVITY[worst]) worst = settlement;
    left -= 1;
    if (left === 0) settled(worst);
  };
}

export function ignoreSettlement(): void {}
