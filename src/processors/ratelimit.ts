/**
 * ratelimit: caps what passes of one key, by a sliding window.
 *
 * Of one key, no span of `window` ever sees more than `max_per_window` events pass. Windows belong
 * to the component's id: neither a reload nor a restart opens them, nor does an edit of the limit
 * or the window; an edit of `by` starts anew. With `summary`, nothing held back goes unmentioned:
 * when the window opens again, one event says what it was; at most one a window for each key.
 */
import { retainSound } from '../component/batch.ts';
import { defineProcessor, type Context, type Processor, type ProcessorOutput } from '../component/component.ts';
import type { Event } from '../component/event.ts';
import type { ConfigOf } from '../component/schema.ts';
import { compileKey, keyOfParts, keyText, problemsWithKey, type KeyPart } from '../expression/event-key.ts';
import { formatDuration } from '../lib/duration.ts';
import { ownText } from '../lib/own-text.ts';
import { WallOffset } from '../lib/wall-offset.ts';
import { Held, type Label } from './ratelimit/held.ts';
import { Summaries } from './ratelimit/summaries.ts';
import { limitsOf, type Limits } from './ratelimit/window.ts';
import { keyed, Windows } from './ratelimit/windows.ts';

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['max_per_window', 'window'],
  properties: {
    max_per_window: {
      type: 'integer',
      minimum: 1,
      maximum: 1_000_000_000,
      description:
        'Events of one key that pass in any span of `window`. Above 1,000 of them, times are kept to a thousandth of the window.',
      examples: [10],
    },
    window: {
      type: 'number',
      format: 'duration',
      minimum: 1,
      description: 'Length of the window: seconds, or 30s, 5m, 1h.',
      examples: ['1h'],
    },
    by: {
      type: 'array',
      items: { type: 'string', minLength: 1, maxLength: 8_192 },
      default: ['event_type', 'level'],
      orOne: true,
      description:
        'What makes the key: fields such as source or metadata.hostname, or expressions. Events with the same values share a window; with [], all do.',
      examples: [['source'], ['metadata.hostname', 'metadata.status >= 500']],
    },
    max_keys: {
      type: 'integer',
      minimum: 1,
      maximum: 10_000_000,
      default: 10_000,
      description:
        'Keys with a window of their own at the same time; further ones share one until a key has been idle for a window.',
    },
    summary: {
      type: 'boolean',
      default: false,
      description:
        'When the window opens again, sends one event on that says what was held back: how many, when, by level and source.',
    },
  },
} as const;

type Options = ConfigOf<typeof schema>;

export default defineProcessor({
  type: 'ratelimit',
  stability: 'stable',
  summary:
    'Caps the events of one source, type or other key that pass in a sliding window, and sums up what it held back.',
  schema,
  example: { max_per_window: 10, window: '1h', by: ['source'], summary: true },
  samples: [
    {
      options: { max_per_window: 2, window: '1h', by: 'source' },
      before: [
        { source: 'web', title: 'one' },
        { source: 'web', title: 'two' },
        { source: 'web', title: 'three' },
        { source: 'db', title: 'four' },
      ],
      after: [
        { source: 'web', title: 'one' },
        { source: 'web', title: 'two' },
        { source: 'db', title: 'four' },
      ],
    },
  ],
  check: ({ by }) => problemsWithKey(by),
  create: (options, context) => new RateLimit(options, context),
});

class RateLimit implements Processor {
  readonly #context: Context;
  readonly #limits: Limits;
  readonly #by: readonly KeyPart[];
  readonly #keyOf: (event: Event) => string;
  readonly #windows: Windows<Held>;
  readonly #wallOffset: WallOffset;
  readonly #summaries: Summaries | undefined;

  constructor({ max_per_window, window, by, max_keys, summary }: Options, context: Context) {
    this.#context = context;
    this.#limits = limitsOf(max_per_window, window);
    this.#by = compileKey(by);
    this.#keyOf = keyOfParts(this.#by);
    this.#windows = new Windows(max_keys, this.#limits);
    this.#wallOffset = new WallOffset(context.clock);
    this.#summaries = summary
      ? new Summaries(context.clock, this.#limits, (event, key) => this.#label(event, key))
      : undefined;
  }

  process(batch: Event[], output: ProcessorOutput): void {
    const { clock } = this.#context;
    const now = clock.monotonic();
    const wallNow = clock.now();
    const admits = (event: Event): boolean => {
      const entry = this.#windows.of(this.#keyOf(event), now);
      if (entry.window.admit(now, this.#limits)) return true;
      this.#summaries?.hold(entry, event, now, wallNow);
      return false;
    };
    const dropped = retainSound(batch, admits, output);
    if (dropped > 0) output.dropped('suppressed', dropped);
    this.#summaries?.sendTo(output);
  }

  objection(event: Event): string | undefined {
    const { window, key } = this.#windows.peek(this.#keyOf(event));
    if (!window.isFull(this.#context.clock.monotonic(), this.#limits)) return undefined;
    const { limit, windowMs } = this.#limits;
    const label = this.#label(event, key).key;
    return `the limit of ${limit} in ${formatDuration(windowMs)} is reached${label === '' ? '' : ` for ${label}`}`;
  }

  objector(): string {
    return 'max_per_window';
  }

  async start(): Promise<void> {
    this.#summaries?.arm();
  }

  async stop(): Promise<void> {
    this.#summaries?.stop();
  }

  /** Wall-clock times: the monotonic clock begins anew with each process. */
  snapshot(): unknown {
    const offset = this.#wallOffset.ms;
    const windows: object[] = [];
    for (const { key, window, held, summarisedAt } of this.#windows.active(this.#context.clock.monotonic())) {
      windows.push({
        key,
        passes: window.export(offset),
        ...(held && { held: held.export(offset) }),
        ...(summarisedAt > -Infinity && { summarised: summarisedAt + offset }),
      });
    }
    return { by: this.#by.map(({ text }) => text), windows };
  }

  restore(snapshot: unknown): void {
    if (typeof snapshot !== 'object' || snapshot === null) return;
    const { by, windows } = snapshot as { by?: unknown; windows?: unknown };
    if (!Array.isArray(windows)) return;
    // With other keys, what passed says nothing about what may pass; what was held back is still to be told.
    const sameKeys = JSON.stringify(by) === JSON.stringify(this.#by.map(({ text }) => text));
    const now = this.#context.clock.monotonic();
    const offset = this.#wallOffset.ms;
    for (const saved of windows as unknown[]) {
      if (typeof saved !== 'object' || saved === null) continue;
      const { key, passes, held, summarised } = saved as Partial<Record<string, unknown>>;
      if ((key !== undefined && typeof key !== 'string') || !Array.isArray(passes)) continue;
      const entry = sameKeys ? this.#windows.restore(key) : keyed<Held>(key);
      if (sameKeys) entry.window.import(passes, offset, now, this.#limits);
      if (typeof summarised === 'number') entry.summarisedAt = Math.min(summarised - offset, now);
      if (held !== undefined) this.#summaries?.restore(entry, Held.import(held, offset, now + this.#limits.windowMs));
    }
  }

  /** `key` is undefined for the keys that share a window. */
  #label(event: Event, key: string | undefined): Label {
    if (key === undefined) return { key: 'keys beyond max_keys', rest: 'keys beyond max_keys' };
    const others = this.#by.filter(({ text }) => text !== 'source');
    return { key: ownText(keyText(this.#by, event)), rest: ownText(keyText(others, event)) };
  }
}
