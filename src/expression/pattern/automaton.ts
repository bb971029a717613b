/**
 * Finds a pattern in ASCII, in one pass whatever the pattern: a table says for each state and
 * character which state is next. Its rows are made when something is first looked at that needs them.
 */
import type { Program } from './program.ts';
import { type Place, WORD } from './tree.ts';

/** Steps of all states together: with more, it forgets them and starts over. */
const MAX_KEPT = 16_384;
/** Characters for each state: one that makes more states than that is no gain, and is given up. */
const LEAST_PROGRESS = 10;
const ASCII = 128;
/** In the table, in place of the row of the next state. */
const NOT_MADE = 0;
/** No row begins here or after. */
const FOUND = 65_535;

/** Where the pattern may be up to, before it is known what comes next. */
interface State {
  readonly steps: readonly number[];
  readonly before: Neighbour;
}

/** What is beside a place: nothing, something that is no letter of a word, or one. */
type Neighbour = 0 | 1 | 2;

const NOTHING = 0;
const OTHER = 1;
const WORDLIKE = 2;
const NEIGHBOURS: readonly Neighbour[] = Array.from({ length: ASCII }, (_, character) =>
  WORD.includes(String.fromCharCode(character)) ? WORDLIKE : OTHER,
);

export class Automaton {
  readonly #program: Program;
  /** Of each character; characters that the pattern does not tell apart share one. */
  readonly #classOf: Uint8Array;
  /** A character of each class. */
  readonly #characters: readonly number[];
  /** The class of the text's end. */
  readonly #end: number;
  readonly #width: number;
  readonly #states: State[] = [];
  readonly #rows = new Map<string, number>();
  #table = new Uint16Array();
  #left = 0;
  /** How much was looked at since it was empty. */
  #lookedAt = 0;
  #isSpent = false;

  constructor(program: Program) {
    this.#program = program;
    const { classOf, characters } = classesOf(program);
    this.#classOf = classOf;
    this.#characters = characters;
    this.#end = characters.length;
    this.#width = characters.length + 1;
    this.#startOver();
  }

  /** The pattern is one that it cannot hold: it will answer no more. */
  get isSpent(): boolean {
    return this.#isSpent;
  }

  /** Whether the pattern is in what lies from `start` to `end`. Undefined: not all of it ASCII, or not for a table. */
  isIn(bytes: Uint8Array, start: number, end: number): boolean | undefined {
    if (this.#isSpent) return undefined;
    this.#lookedAt += end - start;
    const classOf = this.#classOf;
    let row = this.#width;
    for (let at = start; ; at += 1) {
      let column = this.#end;
      // Nothing in this loop may change the table: that makes it much quicker.
      const table = this.#table;
      for (; at < end; at += 1) {
        const character = bytes[at]!;
        if (character >= ASCII) return undefined;
        column = classOf[character]!;
        const next = table[row + column]!;
        if (next === NOT_MADE || next === FOUND) break;
        row = next;
      }
      if (at >= end) column = this.#end;
      const next = table[row + column]! || this.#make(row, column);
      if (next === FOUND) return true;
      if (next === NOT_MADE) return undefined;
      if (at >= end) return false;
      row = next;
    }
  }

  /** What is next in `row` at a character of the class `column`: a row, FOUND, or NOT_MADE when it is spent. */
  #make(row: number, column: number): number {
    const { steps, before } = this.#states[row / this.#width]!;
    const character = this.#characters[column];
    const after = character === undefined ? NOTHING : NEIGHBOURS[character]!;
    const next = new Set<number>();
    const reached = this.#reachable(steps, before, after);
    for (const index of reached) {
      const step = this.#program.steps[index]!;
      if (step.kind === 'found') return (this.#table[row + column] = FOUND);
      if (step.kind === 'one' && character !== undefined && step.set[character] === 1) next.add(step.next);
    }
    // At each place the pattern may begin anew.
    next.add(this.#program.start);
    const state: State = { steps: [...next].toSorted((a, b) => a - b), before: after };
    const made = this.#rowOf(state);
    if (made !== NOT_MADE) return (this.#table[row + column] = made);
    if (this.#lookedAt < this.#states.length * LEAST_PROGRESS) {
      this.#isSpent = true;
      return NOT_MADE;
    }
    this.#startOver();
    return this.#rowOf(state);
  }

  #startOver(): void {
    this.#rows.clear();
    this.#table = new Uint16Array(this.#width * 8);
    this.#left = MAX_KEPT;
    this.#lookedAt = 0;
    // Row 0 is nobody's, so that no state is NOT_MADE; the next is where a text begins.
    this.#states.length = 0;
    this.#states.push({ steps: [], before: NOTHING });
    this.#rowOf({ steps: [this.#program.start], before: NOTHING });
  }

  /** All steps that are reached from some without taking a character, between these neighbours. */
  #reachable(steps: readonly number[], before: Neighbour, after: Neighbour): Set<number> {
    const reached = new Set<number>();
    const open = [...steps];
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      if (reached.has(index)) continue;
      reached.add(index);
      const step = this.#program.steps[index]!;
      if (step.kind === 'fork') open.push(...step.next);
      if (step.kind === 'place' && isAt(step.where, before, after)) open.push(step.next);
    }
    return reached;
  }

  /** NOT_MADE where there are too many. */
  #rowOf(state: State): number {
    const key = `${state.before} ${state.steps.join(' ')}`;
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    const row = this.#states.length * this.#width;
    if (this.#left < state.steps.length || row + this.#width >= FOUND) return NOT_MADE;
    this.#left -= state.steps.length;
    this.#states.push(state);
    this.#rows.set(key, row);
    if (row + this.#width > this.#table.length) {
      const larger = new Uint16Array(this.#table.length * 2);
      larger.set(this.#table);
      this.#table = larger;
    }
    return row;
  }
}

function isAt(place: Place, before: Neighbour, after: Neighbour): boolean {
  switch (place) {
    case 'start':
      return before === NOTHING;
    case 'end':
      return after === NOTHING;
    case 'boundary':
      return (before === WORDLIKE) !== (after === WORDLIKE);
    case 'no boundary':
      return (before === WORDLIKE) === (after === WORDLIKE);
  }
}

function classesOf({ steps }: Program): { classOf: Uint8Array; characters: number[] } {
  const sets = [...new Set(steps.flatMap((step) => (step.kind === 'one' ? [step.set] : [])))];
  const classes = new Map<string, number>();
  const classOf = new Uint8Array(ASCII);
  const characters: number[] = [];
  for (let character = 0; character < ASCII; character += 1) {
    const kind = `${NEIGHBOURS[character]} ${sets.map((set) => set[character]).join('')}`;
    let known = classes.get(kind);
    if (known === undefined) {
      known = characters.push(character) - 1;
      classes.set(kind, known);
    }
    classOf[character] = known;
  }
  return { classOf, characters };
}
