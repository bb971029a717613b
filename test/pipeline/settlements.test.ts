import { expect, test } from 'vitest';
import type { Settlement } from '../../src/component/component.ts';
import { worstOf } from '../../src/pipeline/settlements.ts';

test.for([
  [['safe', 'safe', 'safe'], 'safe'],
  [['safe', 'full', 'safe'], 'full'],
  [['failed', 'full', 'safe'], 'failed'],
  [['safe', 'safe', 'failed'], 'failed'],
] as const)('%j is %s, said once and when the last of them is known', ([settlements, worst]) => {
  const said: Settlement[] = [];
  const settled = worstOf(settlements.length, (settlement) => void said.push(settlement));
  for (const settlement of settlements.slice(0, -1)) settled(settlement);
  expect(said).toEqual([]);
  settled(settlements.at(-1)!);
  expect(said).toEqual([worst]);
});
