import type { Settlement } from '../component/component.ts';
import type { DeadLetters } from './dead-letters.ts';

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

/** Settles once the dead letters of the batch are on disk too: what is in no queue is held by them alone. */
export function afterLetters(
  deadLetters: Pick<DeadLetters, 'flushed'>,
  settled: (settlement: Settlement) => void,
): (settlement: Settlement) => void {
  return (settlement) => {
    const writing = deadLetters.flushed?.();
    if (writing) void writing.then((written) => settled(written ? settlement : 'failed'));
    else settled(settlement);
  };
}

export function ignoreSettlement(): void {}
