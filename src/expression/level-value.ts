/**
 * Levels as values of an expression: ordered, so that `level >= warning` means what it says. As
 * texts they would be in the order of the alphabet, critical before debug.
 */
import { LEVELS, type Level } from '../component/event.ts';

export class LevelValue {
  readonly name: Level;
  readonly rank: number;

  constructor(name: Level, rank: number) {
    this.name = name;
    this.rank = rank;
  }
}

const VALUES: ReadonlyMap<unknown, LevelValue> = new Map(
  LEVELS.map((name, rank) => [name, new LevelValue(name, rank)]),
);

/** The one value of a level's name; undefined for any other text. */
export function levelValue(name: unknown): LevelValue | undefined {
  return VALUES.get(name);
}
