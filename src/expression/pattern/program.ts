/** A pattern as steps, each with where to go on: what Thompson's construction makes of its tree. */
import type { Pattern, Place } from './tree.ts';

export type Step =
  /** Takes a character of `set`, which has a 1 for each of ASCII's that is in it. */
  | { readonly kind: 'one'; readonly set: Uint8Array; readonly next: number }
  | { readonly kind: 'place'; readonly where: Place; readonly next: number }
  | { readonly kind: 'fork'; readonly next: number[] }
  | { readonly kind: 'found' };

export interface Program {
  readonly steps: readonly Step[];
  readonly start: number;
}

/** Counted repeats are written out: more steps than that are not worth it. */
const MAX_STEPS = 1_000;
const ASCII = 128;

/** Undefined for a pattern that is too long written out. */
export function programOf(tree: Pattern, anyCase: boolean): Program | undefined {
  const steps: Step[] = [{ kind: 'found' }];
  // What a repeat writes out again has the same set.
  const sets = new Map<Pattern, Uint8Array>();
  const start = write(tree, 0);
  return start === undefined ? undefined : { steps, start };

  /** Where to begin in order to match `pattern` and go on at `next`. */
  function write(pattern: Pattern, next: number): number | undefined {
    switch (pattern.kind) {
      case 'one':
        return add({ kind: 'one', set: setOf(pattern), next });
      case 'place':
        return add({ kind: 'place', where: pattern.where, next });
      case 'sequence':
        return pattern.parts.reduceRight<number | undefined>(
          (after, part) => (after === undefined ? undefined : write(part, after)),
          next,
        );
      case 'choice': {
        const branches = pattern.branches.map((branch) => write(branch, next));
        return branches.every((branch) => branch !== undefined) ? add({ kind: 'fork', next: branches }) : undefined;
      }
      case 'repeat':
        return writeRepeat(pattern.part, pattern.least, pattern.most, next);
    }
  }

  function writeRepeat(part: Pattern, least: number, most: number, next: number): number | undefined {
    let begin = most === Infinity ? writeLoop(part, next) : writeOptional(part, most - least, next);
    for (let times = 0; times < least && begin !== undefined; times += 1) begin = write(part, begin);
    return begin;
  }

  function writeOptional(part: Pattern, most: number, next: number): number | undefined {
    let begin: number | undefined = next;
    for (let times = 0; times < most && begin !== undefined; times += 1) {
      const once = write(part, begin);
      begin = once === undefined ? undefined : add({ kind: 'fork', next: [once, next] });
    }
    return begin;
  }

  function writeLoop(part: Pattern, next: number): number | undefined {
    const fork: Step = { kind: 'fork', next: [next] };
    const begin = add(fork);
    const body = begin === undefined ? undefined : write(part, begin);
    if (body === undefined) return undefined;
    fork.next.push(body);
    return begin;
  }

  function setOf(pattern: Extract<Pattern, { kind: 'one' }>): Uint8Array {
    const set = sets.get(pattern) ?? membersOf(pattern.members, pattern.negated, anyCase);
    sets.set(pattern, set);
    return set;
  }

  function add(step: Step): number | undefined {
    return steps.length < MAX_STEPS ? steps.push(step) - 1 : undefined;
  }
}

function membersOf(members: string, negated: boolean, anyCase: boolean): Uint8Array {
  const set = new Uint8Array(ASCII).fill(negated ? 1 : 0);
  const all = anyCase ? members.toLowerCase() + members.toUpperCase() : members;
  for (let index = 0; index < all.length; index += 1) {
    const code = all.charCodeAt(index);
    if (code < ASCII) set[code] = negated ? 0 : 1;
  }
  return set;
}
