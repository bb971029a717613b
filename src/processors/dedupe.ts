/**
 * dedupe: lets the first of several equal events through, and not its repeats within the window.
 *
 * What is equal? Events with the same values of `by`: source, level and message unless said. The
 * window begins with the event that passed; when it ends, the next one passes again, and one event
 * says how many were left out. What is remembered belongs to the component's id: neither a reload
 * nor a restart forgets it, but an edit of `by` does.
 */
import { retainSound } from '../component/batch.ts';
import { defineProcessor, type Context, type Processor, type ProcessorOutput } from '../component/component.ts';
import type { Event } from '../component/event.ts';
import type { ConfigOf } from '../component/schema.ts';
import { compileKey, keyOfParts, problemsWithKey } from '../expression/event-key.ts';
import { formatDuration } from '../lib/duration.ts';
import { WallOffset } from '../lib/wall-offset.ts';
import { Repeats } from './dedupe/repeats.ts';
import { SeenKeys } from './dedupe/seen.ts';

/** Node's timers know no delay above 24 days. */
const MAX_DELAY_MS = 86_400_000;

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['window'],
  properties: {
    window: {
      type: 'number',
      format: 'duration',
      minimum: 1,
      description: 'How long after an event passed its repeats do not: seconds, or 30s, 5m, 1h.',
      examples: ['5m'],
    },
    by: {
      type: 'array',
      items: { type: 'string', minLength: 1, maxLength: 8_192 },
      minItems: 1,
      default: ['source', 'level', 'message'],
      orOne: true,
      description: 'What makes events equal: fields such as source or metadata.hostname, or expressions.',
      examples: [['title'], ['source', 'metadata.msgid']],
    },
    summary: {
      type: 'boolean',
      default: true,
      description: 'When the window ends, sends one event on that says how many repeats there were, and when.',
    },
    max_keys: {
      type: 'integer',
      minimum: 1,
      maximum: 1_000_000,
      default: 10_000,
      description: 'Different events that are remembered; beyond them the oldest is forgotten before its window ends.',
    },
  },
} as const;

type Options = ConfigOf<typeof schema>;

export default defineProcessor({
  type: 'dedupe',
  stability: 'beta',
  summary: 'Lets the first of several equal events through, and says later how often it was repeated.',
  schema,
  example: { window: '5m', by: ['source', 'title'] },
  samples: [
    {
      options: { window: '5m' },
      before: [
        { level: 'error', source: 'db', message: 'no connection' },
        { level: 'error', source: 'db', message: 'no connection' },
        { level: 'error', source: 'web', message: 'no connection' },
      ],
      after: [
        { level: 'error', source: 'db', message: 'no connection' },
        { level: 'error', source: 'web', message: 'no connection' },
      ],
    },
  ],
  check: ({ by }) => problemsWithKey(by),
  create: (options, context) => new Dedupe(options, context),
});

class Dedupe implements Processor {
  readonly #context: Context;
  readonly #wallOffset: WallOffset;
  readonly #by: readonly string[];
  readonly #windowMs: number;
  readonly #summary: boolean;
  readonly #keyOf: (event: Event) => string;
  readonly #seen: SeenKeys;
  /** Repeats that are to be told once there is an output. */
  #owed: Repeats[] = [];
  #output: ProcessorOutput | undefined;
  #cancel: (() => void) | undefined;
  #armedFor = Infinity;

  constructor({ window, by, summary, max_keys }: Options, context: Context) {
    this.#context = context;
    this.#wallOffset = new WallOffset(context.clock);
    this.#by = by;
    this.#windowMs = window;
    this.#summary = summary;
    this.#keyOf = keyOfParts(compileKey(by));
    this.#seen = new SeenKeys(window, max_keys, (repeats) => this.#owed.push(repeats));
  }

  process(batch: Event[], output: ProcessorOutput): void {
    this.#output = output;
    const { clock } = this.#context;
    const now = clock.monotonic();
    const wallNow = clock.now();
    this.#seen.expire(now);
    const dropped = retainSound(batch, (event) => this.#passes(event, now, wallNow), output);
    if (dropped > 0) output.dropped('suppressed', dropped);
    this.#tell();
    this.#arm();
  }

  objection(event: Event): string | undefined {
    const now = this.#context.clock.monotonic();
    const seen = this.#seen.get(this.#keyOf(event), now);
    if (!seen) return undefined;
    return `the same passed ${formatDuration(Math.floor((now - seen.at) / 1_000) * 1_000)} ago, within the window of ${formatDuration(this.#windowMs)}`;
  }

  async stop(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#armedFor = Infinity;
    this.#output = undefined;
  }

  /** Wall-clock times: the monotonic clock begins anew with each process. */
  snapshot(): unknown {
    return {
      by: this.#by,
      seen: this.#seen.export(this.#wallOffset.ms),
      ...(this.#owed.length > 0 && { owed: this.#owed.map((repeats) => repeats.export()) }),
    };
  }

  restore(snapshot: unknown): void {
    if (typeof snapshot !== 'object' || snapshot === null) return;
    const { by, seen, owed } = snapshot as Partial<Record<string, unknown>>;
    // With other keys, what passed says nothing about repeats; what was left out is still to be told.
    const sameKeys = JSON.stringify(by) === JSON.stringify(this.#by);
    const now = this.#context.clock.monotonic();
    const offset = this.#wallOffset.ms;
    for (const saved of Array.isArray(seen) ? (seen as unknown[]) : []) {
      if (!Array.isArray(saved)) continue;
      const [key, at, exported] = saved as unknown[];
      if (typeof key !== 'string' || typeof at !== 'number') continue;
      const repeats = Repeats.import(exported);
      if (sameKeys) this.#seen.restore(key, at - offset, now, repeats);
      else if (repeats) this.#owed.push(repeats);
    }
    for (const exported of Array.isArray(owed) ? (owed as unknown[]) : []) {
      const repeats = Repeats.import(exported);
      if (repeats) this.#owed.push(repeats);
    }
  }

  #passes(event: Event, now: number, wallNow: number): boolean {
    const key = this.#keyOf(event);
    const seen = this.#seen.get(key, now);
    if (!seen) {
      this.#seen.add(key, now);
      return true;
    }
    if (!this.#summary) return false;
    if (!seen.repeats) this.#seen.addRepeats(seen, new Repeats(event, wallNow));
    seen.repeats!.add(event.level, wallNow);
    return false;
  }

  #tell(): void {
    if (this.#owed.length === 0 || !this.#output) return;
    const owed = this.#owed;
    this.#owed = [];
    if (!this.#summary) return;
    for (const repeats of owed) this.#output.emit(repeats.summary(this.#windowMs, this.#context.clock.now()));
  }

  /** So that a summary comes though nothing else does. */
  #arm(): void {
    const { dueAt } = this.#seen;
    if (dueAt >= this.#armedFor || !this.#output) return;
    this.#cancel?.();
    this.#armedFor = dueAt;
    const { clock } = this.#context;
    const delay = Math.min(Math.max(dueAt - clock.monotonic(), 0), MAX_DELAY_MS);
    this.#cancel = clock.schedule(delay, () => {
      this.#cancel = undefined;
      this.#armedFor = Infinity;
      this.#seen.expire(clock.monotonic());
      this.#tell();
      this.#arm();
    });
  }
}
