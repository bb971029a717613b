/**
 * enrich: writes what an event should have: values, tags, a host, what a table knows, another level or type.
 *
 * In which order? rename, set, host, lookup, level, event_type, tags, remove; each sees what those before
 * it wrote. A value that a field cannot be, such as a level called "loud", is counted and not written.
 */
import { retainSound } from '../component/batch.ts';
import {
  defineProcessor,
  type Context,
  type Counter,
  type Processor,
  type ProcessorOutput,
} from '../component/component.ts';
import { ConfigError } from '../component/errors.ts';
import type { Event, Level } from '../component/event.ts';
import { compileCondition } from '../expression/expression.ts';
import { fieldReader, OWN_FIELDS } from '../lib/field-path.ts';
import { fieldWriter, removeField } from '../lib/field-write.ts';
import { compileTemplate } from '../lib/template.ts';
import { hostFacts } from './enrich/host-facts.ts';
import { Lookup } from './enrich/lookup.ts';
import { problemsOf, schema, type Options } from './enrich/options.ts';
import { compileValue, isTemplate } from './enrich/value-template.ts';

export default defineProcessor({
  type: 'enrich',
  stability: 'stable',
  summary: 'Adds and edits what events have: values, tags, the host, and level and type by rules.',
  schema,
  example: {
    set: { site: 'fra1', title: '{{ source }}: {{ title }}' },
    tags: ['production'],
    level: [{ when: 'message.contains("out of memory")', value: 'critical' }],
  },
  samples: [
    {
      options: {
        set: { site: 'fra1', title: '{{ metadata.hostname }}: {{ title }}' },
        tags: 'production',
        level: [{ when: 'message.contains("out of memory")', value: 'critical' }],
      },
      before: {
        level: 'error',
        title: 'out of memory',
        message: 'kernel: out of memory',
        metadata: { hostname: 'web1' },
      },
      after: {
        level: 'critical',
        title: 'web1: out of memory',
        metadata: { hostname: 'web1', site: 'fra1' },
        tags: ['production'],
      },
    },
  ],
  mutates: true,
  check: problemsOf,
  create: (options, context) => new Enrich(options, context),
});

type Edit = (event: Event) => void;

class Enrich implements Processor {
  readonly #edits: readonly Edit[];
  readonly #host: boolean;
  readonly #lookups: readonly Lookup[];
  readonly #refused: Counter;
  #facts: object | undefined;

  constructor(options: Options, context: Context) {
    const wrong = problemsOf(options).find(({ severity }) => severity === 'error');
    if (wrong) throw new ConfigError(wrong.message, { path: wrong.path });
    this.#host = options.host;
    this.#refused = context.counter(
      'refused_values',
      'Values that a field could not be, and that enrich therefore did not write.',
    );
    this.#lookups = (options.lookup ?? []).map(
      (lookup, index) => new Lookup(lookup, context, { path: ['lookup', index, 'file'] }),
    );
    this.#edits = this.#compile(options);
  }

  async verify(): Promise<void> {
    for (const lookup of this.#lookups) await lookup.verify();
  }

  async start(): Promise<void> {
    if (this.#host) this.#facts = hostFacts();
    try {
      await Promise.all(this.#lookups.map((lookup) => lookup.start()));
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    for (const lookup of this.#lookups) lookup.stop();
  }

  process(batch: Event[], output: ProcessorOutput): void {
    retainSound(batch, this.#edit, output);
  }

  readonly #edit = (event: Event): boolean => {
    const edits = this.#edits;
    for (let at = 0; at < edits.length; at += 1) edits[at]!(event);
    return true;
  };

  #compile({ rename = {}, set = {}, host, level, event_type, tags = [], remove = [] }: Options): Edit[] {
    const edits: Edit[] = [];
    for (const [from, to] of Object.entries(rename)) edits.push(this.#renaming(from, to));
    for (const [path, value] of Object.entries(set)) edits.push(this.#setting(path, value));
    if (host) edits.push((event) => (event.metadata['host'] = this.#facts ??= hostFacts()));
    for (const lookup of this.#lookups) edits.push((event) => lookup.apply(event));
    if (level) edits.push(ruling(level, 'level', (event, value: Level) => (event.level = value)));
    if (event_type) edits.push(ruling(event_type, 'event_type', (event, value) => (event.eventType = value)));
    if (tags.length > 0) edits.push((event) => addTags(event, tags));
    for (const path of remove) edits.push((event) => void removeField(event, path));
    return edits;
  }

  #renaming(from: string, to: string): Edit {
    const read = fieldReader(from);
    const write = fieldWriter(to);
    if (OWN_FIELDS.has(to)) {
      return (event) => {
        const value = read(event);
        if (value === undefined) return;
        if (write(event, value)) removeField(event, from);
        else this.#refused.add(1);
      };
    }
    return (event) => {
      const value = read(event);
      // Taken away first: the new place may lie below the old one, or the old one below the new.
      if (value !== undefined && removeField(event, from)) write(event, value);
    };
  }

  #setting(path: string, value: unknown): Edit {
    const write = fieldWriter(path);
    // The event's own fields are texts: what a template copies is printed for them.
    const read = OWN_FIELDS.has(path) && isTemplate(value) ? compileTemplate(value) : compileValue(value);
    return (event) => {
      if (!write(event, read(event))) this.#refused.add(1);
    };
  }
}

interface Rule<V> {
  readonly when?: string;
  readonly value: V;
}

function ruling<V extends string>(
  rules: readonly Rule<V>[],
  option: string,
  write: (event: Event, value: V) => void,
): Edit {
  const compiled = rules.map(({ when, value }, index) => ({
    applies: when === undefined ? always : compileCondition(when, [option, index, 'when']),
    value,
  }));
  return (event) => {
    for (let index = 0; index < compiled.length; index += 1) {
      const { applies, value } = compiled[index]!;
      if (!applies(event)) continue;
      write(event, value);
      return;
    }
  };
}

function always(): boolean {
  return true;
}

function addTags(event: Event, tags: readonly string[]): void {
  for (const tag of tags) if (!event.tags.includes(tag)) event.tags = [...event.tags, tag];
}
