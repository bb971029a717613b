/**
 * filter: lets through the events that meet all of its conditions, and drops the others, counted.
 *
 * Why was an event dropped? `explain` asks each filter for its objection: the first condition
 * that did not hold, in words. The `filters` of an exporter are this, at the exporter's door.
 */
import { retainSound } from '../component/batch.ts';
import { defineProcessor, type OptionProblem, type Processor, type ProcessorOutput } from '../component/component.ts';
import { EVENT_TYPES, LEVELS, rankOf, type Event, type Level } from '../component/event.ts';
import type { ConfigOf } from '../component/schema.ts';
import { compileCondition, conditionOf } from '../expression/expression.ts';
import { compileGlob } from '../lib/text-glob.ts';

const schema = {
  type: 'object',
  additionalProperties: false,
  required: [],
  properties: {
    min_level: {
      type: 'string',
      enum: LEVELS,
      description: 'The least grave level that passes: debug < info < warning < error < critical.',
    },
    event_types: {
      type: 'array',
      items: { type: 'string', pattern: '^[a-z][a-z0-9_]*$', maxLength: 64 },
      minItems: 1,
      orOne: true,
      description: `Event types that pass: ${EVENT_TYPES.join(', ')}, or any other lower-case word.`,
      examples: [['system_health', 'critical_error']],
    },
    required_tags: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      minItems: 1,
      orOne: true,
      description: 'Tags that an event must have, all of them, to pass.',
      examples: [['production']],
    },
    sources: {
      type: 'array',
      items: { type: 'string', minLength: 1, maxLength: 512 },
      minItems: 1,
      orOne: true,
      description: 'Sources that pass, as globs: * is any text, ? any character. One of them must match.',
      examples: [['nginx*', 'sshd']],
    },
    when: {
      type: 'string',
      format: 'expression',
      description:
        'An expression that must be true for an event to pass. A missing metadata key makes a comparison false.',
      examples: ['metadata.status >= 500'],
    },
    drop_when: {
      type: 'string',
      format: 'expression',
      description: 'An expression that drops the events for which it is true.',
      examples: ['message.contains("healthcheck")'],
    },
  },
} as const;

type Options = ConfigOf<typeof schema>;

export default defineProcessor({
  type: 'filter',
  stability: 'stable',
  summary: 'Lets only events through that meet all its conditions: level, type, tags, source, expressions.',
  schema,
  example: { min_level: 'warning', sources: ['nginx*', 'sshd'], drop_when: 'message.contains("healthcheck")' },
  samples: [
    {
      options: { min_level: 'warning', drop_when: 'message.contains("healthcheck")' },
      before: [
        { level: 'info', message: 'started' },
        { level: 'error', message: 'healthcheck failed' },
        { level: 'error', message: 'disk full' },
      ],
      after: [{ level: 'error', message: 'disk full' }],
    },
  ],
  check: hints,
  create: (options) => new Filter(conditionsOf(options)),
});

interface Condition {
  readonly option: keyof Options;
  readonly holds: (event: Event) => boolean;
  readonly objection: (event: Event) => string;
  readonly needles?: readonly string[] | undefined;
}

class Filter implements Processor {
  readonly needles: readonly string[] | undefined;
  readonly #conditions: readonly Condition[];
  readonly #passes: (event: Event) => boolean;

  constructor(conditions: readonly Condition[]) {
    this.#conditions = conditions;
    this.needles = conditions.find(({ needles }) => needles)?.needles;
    this.#passes = allOf(conditions.map(({ holds }) => holds));
  }

  process(batch: Event[], output: ProcessorOutput): void {
    const dropped = retainSound(batch, this.#passes, output);
    if (dropped > 0) output.dropped('filtered', dropped);
  }

  objection(event: Event): string | undefined {
    return this.#conditions.find(({ holds }) => !holds(event))?.objection(event);
  }

  objector(event: Event): string | undefined {
    return this.#conditions.find(({ holds }) => !holds(event))?.option;
  }
}

/** Cheapest first: what is dropped by level is never decoded further. */
function conditionsOf(options: Options): Condition[] {
  const conditions: Condition[] = [];
  const { min_level, event_types, required_tags, sources, when, drop_when } = options;
  if (min_level !== undefined) conditions.push(levelCondition(min_level));
  if (event_types !== undefined) conditions.push(typeCondition(event_types));
  if (sources !== undefined) conditions.push(sourceCondition(sources));
  if (required_tags !== undefined) conditions.push(tagCondition(required_tags));
  if (drop_when !== undefined) {
    const drops = compileCondition(drop_when, ['drop_when']);
    conditions.push({
      option: 'drop_when',
      holds: (event) => !drops(event),
      objection: () => `drop_when is true: ${drop_when}`,
    });
  }
  if (when !== undefined) {
    conditions.push({
      option: 'when',
      ...conditionOf(when, ['when']),
      objection: () => `when is not true: ${when}`,
    });
  }
  return conditions;
}

function levelCondition(level: Level): Condition {
  const least = rankOf(level);
  return {
    option: 'min_level',
    holds: (event) => rankOf(event.level) >= least,
    objection: (event) => `level ${event.level} is below ${level}`,
  };
}

function typeCondition(types: readonly string[]): Condition {
  const wanted = new Set(types);
  return {
    option: 'event_types',
    holds: (event) => wanted.has(event.eventType),
    objection: (event) => `event_type ${event.eventType} is not ${oneOf(types)}`,
  };
}

function sourceCondition(globs: readonly string[]): Condition {
  const tests = globs.map(compileGlob);
  return {
    option: 'sources',
    holds: ({ source }) => {
      for (let index = 0; index < tests.length; index += 1) if (tests[index]!(source)) return true;
      return false;
    },
    objection: ({ source }) => `source ${source === '' ? '(empty)' : source} does not match ${globs.join(' or ')}`,
  };
}

function tagCondition(required: readonly string[]): Condition {
  return {
    option: 'required_tags',
    holds: ({ tags }) => {
      for (let index = 0; index < required.length; index += 1) if (!tags.includes(required[index]!)) return false;
      return true;
    },
    objection: ({ tags }) => {
      const missing = required.filter((tag) => !tags.includes(tag));
      return missing.length === 1 ? `tag ${missing[0]} is missing` : `tags ${missing.join(', ')} are missing`;
    },
  };
}

function oneOf(names: readonly string[]): string {
  return names.length === 1 ? names[0]! : `one of ${names.join(', ')}`;
}

function allOf(tests: readonly ((event: Event) => boolean)[]): (event: Event) => boolean {
  const [first, second] = tests;
  if (!first) return () => true;
  if (!second) return first;
  if (tests.length === 2) return (event) => first(event) && second(event);
  return (event) => {
    for (let index = 0; index < tests.length; index += 1) if (!tests[index]!(event)) return false;
    return true;
  };
}

function hints(options: Options): OptionProblem[] {
  if (Object.values(options).some((value) => value !== undefined)) return [];
  return [{ severity: 'hint', message: 'this filter has no condition, so every event passes', path: [] }];
}
