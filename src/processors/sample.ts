/**
 * sample: lets a part of the events through, and drops the others, counted.
 *
 * Which part? Of each key, the first and then every nth, evenly, not by chance; with `hash`, those
 * whose value falls into the part: all events of one request, on every collector alike. Errors and
 * graver always pass unless `always_pass` says otherwise.
 */
import { retainSound } from '../component/batch.ts';
import { defineProcessor, type OptionProblem, type Processor, type ProcessorOutput } from '../component/component.ts';
import { ConfigError } from '../component/errors.ts';
import { LEVELS, rankOf, type Event } from '../component/event.ts';
import type { ConfigOf } from '../component/schema.ts';
import { compileKey, keyOfParts, problemsWithKey } from '../expression/event-key.ts';
import { hashText } from '../lib/hash-text.ts';

/** Counters for the keys of `by`: a power of two. Keys that share one are sampled together. */
const SLOTS = 16_384;

const schema = {
  type: 'object',
  additionalProperties: false,
  required: [],
  properties: {
    ratio: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 1,
      description: 'The part that passes: 0.1 is a tenth. Either this or every.',
      examples: [0.1],
    },
    every: {
      type: 'integer',
      minimum: 1,
      maximum: 1_000_000_000,
      description: 'One of so many passes. Either this or ratio.',
      examples: [100],
    },
    by: {
      type: 'array',
      items: { type: 'string', minLength: 1, maxLength: 8_192 },
      default: [],
      orOne: true,
      description: `Fields or expressions whose values are sampled each by itself, so that rare ones are not lost among common ones. Counted in ${SLOTS} places; with more keys than that, several share one.`,
      examples: [['source', 'metadata.path']],
    },
    hash: {
      type: 'array',
      items: { type: 'string', minLength: 1, maxLength: 8_192 },
      minItems: 1,
      orOne: true,
      description:
        'Fields or expressions that decide instead of counting: events with the same values pass together or not at all, on every collector.',
      examples: ['metadata.trace_id'],
    },
    always_pass: {
      type: 'string',
      enum: [...LEVELS, 'none'],
      default: 'error',
      description: 'Events of this level and graver all pass, and do not count; none samples them too.',
    },
  },
} as const;

type Options = ConfigOf<typeof schema>;

export default defineProcessor({
  type: 'sample',
  stability: 'beta',
  summary: 'Lets a part of the events through: a ratio or every nth, of each key, evenly or by a hash.',
  schema,
  example: { every: 100, by: ['source'], always_pass: 'warning' },
  samples: [
    {
      options: { every: 2 },
      before: [
        { level: 'info', title: 'one' },
        { level: 'info', title: 'two' },
        { level: 'error', title: 'three' },
        { level: 'info', title: 'four' },
      ],
      after: [
        { level: 'info', title: 'one' },
        { level: 'error', title: 'three' },
        { level: 'info', title: 'four' },
      ],
    },
  ],
  check: problemsOf,
  create: (options) => new Sampler(options),
});

class Sampler implements Processor {
  readonly #ratio: number;
  readonly #exemptRank: number;
  readonly #keyOf: ((event: Event) => string) | undefined;
  readonly #hashed: boolean;
  /** How much of a pass each slot has saved up; 1 is one. */
  readonly #saved: Float64Array;

  constructor(options: Options) {
    const wrong = problemsOf(options).find(({ severity }) => severity === 'error');
    if (wrong) throw new ConfigError(wrong.message, { path: wrong.path });
    const { ratio, every, by, hash, always_pass } = options;
    this.#ratio = every === undefined ? ratio! : 1 / every;
    this.#exemptRank = always_pass === 'none' ? Infinity : rankOf(always_pass);
    this.#hashed = hash !== undefined;
    const parts = compileKey(hash ?? by, hash ? 'hash' : 'by');
    this.#keyOf = parts.length > 0 ? keyOfParts(parts) : undefined;
    // The first of each key passes.
    this.#saved = new Float64Array(this.#hashed ? 0 : this.#keyOf ? SLOTS : 1).fill(1 - this.#ratio);
  }

  process(batch: Event[], output: ProcessorOutput): void {
    const dropped = retainSound(batch, this.#passes, output);
    if (dropped > 0) output.dropped('filtered', dropped);
  }

  objection(event: Event): string | undefined {
    if (rankOf(event.level) >= this.#exemptRank) return undefined;
    const part = `${Number((this.#ratio * 100).toPrecision(3))}%`;
    if (this.#hashed) return this.#isInPart(event) ? undefined : `its hash is not in the ${part} that pass`;
    const due = this.#saved[this.#slotOf(event)]! + this.#ratio >= DUE;
    return due ? undefined : `${part} pass, and its turn has not come`;
  }

  readonly #passes = (event: Event): boolean => {
    if (rankOf(event.level) >= this.#exemptRank) return true;
    if (this.#hashed) return this.#isInPart(event);
    const slot = this.#slotOf(event);
    const saved = this.#saved[slot]! + this.#ratio;
    const due = saved >= DUE;
    this.#saved[slot] = due ? saved - 1 : saved;
    return due;
  };

  #isInPart(event: Event): boolean {
    return hashText(this.#keyOf!(event)) < this.#ratio * 0x1_0000_0000;
  }

  #slotOf(event: Event): number {
    return this.#keyOf ? hashText(this.#keyOf(event)) & (SLOTS - 1) : 0;
  }
}

/** A hundred hundredths do not add up to quite one. */
const DUE = 1 - 1e-6;

function problemsOf({ ratio, every, by, hash }: Options): OptionProblem[] {
  const problems = [...problemsWithKey(by), ...problemsWithKey(hash ?? [], 'hash')];
  const add = (severity: OptionProblem['severity'], message: string, path: readonly string[]) =>
    void problems.push({ severity, message, path });
  if (ratio === undefined && every === undefined) add('error', 'say how much passes: ratio: 0.1, or every: 10', []);
  if (ratio !== undefined && every !== undefined)
    add('error', 'ratio and every say the same; keep one of them', ['every']);
  if (hash !== undefined && by.length > 0) add('error', 'hash decides alone; by has no say with it', ['by']);
  if (ratio === 1 || every === 1) add('hint', 'everything passes', [ratio === 1 ? 'ratio' : 'every']);
  return problems;
}
