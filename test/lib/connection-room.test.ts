import { expect, test } from 'vitest';
import { roomOf } from '../../src/lib/connection-room.ts';

test.for([
  [20, 1],
  [64, 16],
  [1_024, 768],
  [Infinity, Infinity],
])('of %i descriptors, connections may have %i', ([descriptors, connections]) => {
  expect(roomOf(descriptors!)).toBe(connections);
});
