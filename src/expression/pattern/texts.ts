/**
 * What a pattern is made of, as far as texts go: `user=(alice|bob)` stands for two texts, and what
 * matches `user=\w+ failed` has ` failed` in it. Looking for a text is many times as quick as
 * running a pattern, and can be done in bytes that nobody has decoded.
 */
import { MAX_NEEDLES, needlesOfAll, needlesOfAny } from '../needles.ts';
import type { Pattern } from './tree.ts';

/** Of a pattern, or a part of one. */
export interface PatternTexts {
  /** All texts that it matches, where they are few: finding one of them is finding the pattern. */
  readonly exact?: readonly string[];
  /** Texts of which every match has at least one; undefined where none are known. */
  readonly needles: readonly string[] | undefined;
}

/** A pattern of more is run as it is. */
const MAX_TEXTS = 32;
/** Shorter texts are in most messages: looking for them tells little. */
const SHORTEST_NEEDLE = 3;

const UNKNOWN: PatternTexts = { needles: undefined };
const NOTHING = exactly(['']);

export function textsOf(pattern: Pattern): PatternTexts {
  switch (pattern.kind) {
    case 'one':
      return pattern.negated || pattern.members.length > MAX_TEXTS
        ? UNKNOWN
        : exactly([...new Set(pattern.members.split(''))]);
    case 'place':
      return UNKNOWN;
    case 'sequence':
      return inOrder(pattern.parts.map(textsOf));
    case 'choice':
      return oneOf(pattern.branches.map(textsOf));
    case 'repeat': {
      const texts = textsOf(pattern.part);
      if (pattern.least > 0) return { needles: texts.needles };
      return pattern.most === 1 && texts.exact ? oneOf([texts, NOTHING]) : UNKNOWN;
    }
  }
}

function exactly(exact: readonly string[]): PatternTexts {
  const areNeedles = exact.length <= MAX_NEEDLES && exact.every((text) => text.length >= SHORTEST_NEEDLE);
  return { exact, needles: areNeedles ? exact : undefined };
}

function inOrder(parts: readonly PatternTexts[]): PatternTexts {
  const runs: PatternTexts[] = [];
  let run: PatternTexts = NOTHING;
  for (const part of parts) {
    const longer = joined(run, part);
    if (!longer) runs.push(run);
    run = longer ?? part;
  }
  return runs.length === 0 ? run : { needles: needlesOfAll([...runs, run].map(({ needles }) => needles)) };
}

function joined({ exact: heads }: PatternTexts, { exact: tails }: PatternTexts): PatternTexts | undefined {
  if (!heads || !tails || heads.length * tails.length > MAX_TEXTS) return undefined;
  return exactly(heads.flatMap((head) => tails.map((tail) => head + tail)));
}

function oneOf(branches: readonly PatternTexts[]): PatternTexts {
  const exact = new Set(branches.flatMap((branch) => branch.exact ?? []));
  const isExact = branches.every((branch) => branch.exact) && exact.size <= MAX_TEXTS;
  return isExact ? exactly([...exact]) : { needles: needlesOfAny(branches.map(({ needles }) => needles)) };
}
