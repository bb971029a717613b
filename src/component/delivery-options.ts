import type { ObjectField } from './schema.ts';

/**
 * Options that every exporter has beside its own: how its queue holds events and how they are
 * sent. The catalog adds them to each exporter's schema; the pipeline, not the exporter, acts on them.
 */
export interface DeliveryOptions {
  readonly timeoutMs: number;
  readonly retry: {
    readonly initialIntervalMs: number;
    readonly maxIntervalMs: number;
    /** 0: for ever. */
    readonly maxElapsedTimeMs: number;
  };
  readonly queue: {
    readonly type: 'disk' | 'memory';
    readonly maxBytes: number;
    readonly onFull: 'block' | 'drop_oldest';
    /** When a batch in memory counts as safe: at once, or where the exporter writes to disk itself, when it has. */
    readonly safe: 'held' | 'delivered';
  };
  /** Events of one request at the most, and how long to wait for them. One and 0 where the destination takes no batches. */
  readonly batch: { readonly maxEvents: number; readonly maxWaitMs: number };
  readonly concurrency: number;
}

export const deliveryProperties = {
  timeout: {
    type: 'number',
    format: 'duration',
    default: 30_000,
    exclusiveMinimum: 0,
    description: 'How long one request may take before it is given up and tried again.',
  },
  retry: {
    type: 'object',
    additionalProperties: false,
    default: {},
    description: 'How long to wait between tries, and when to give up.',
    properties: {
      initial_interval: {
        type: 'number',
        format: 'duration',
        default: 1_000,
        minimum: 1,
        description: 'Wait before the second try; it doubles from try to try, with jitter.',
      },
      max_interval: {
        type: 'number',
        format: 'duration',
        default: 60_000,
        minimum: 1,
        description: 'Longest wait between two tries.',
      },
      max_elapsed_time: {
        type: 'number',
        format: 'duration',
        default: 0,
        minimum: 0,
        description: 'Events that could not be delivered for so long are dead-lettered as expired. 0: tried for ever.',
      },
    },
  },
  queue: {
    type: 'object',
    additionalProperties: false,
    default: {},
    description: 'Where events wait for this destination, how many, and what happens when it is full.',
    properties: {
      type: {
        type: 'string',
        enum: ['disk', 'memory'],
        description:
          'disk survives a crash and a restart; memory does not. Default: disk, but memory for file and console, which write here themselves.',
      },
      max_size: {
        type: 'number',
        format: 'size',
        minimum: 1_024,
        description: 'Bytes the queue holds at the most: 32MiB in memory, 256MiB on disk unless said.',
      },
      on_full: {
        type: 'string',
        enum: ['block', 'drop_oldest'],
        description:
          'block asks the senders to wait; drop_oldest makes room, counted. Default: block for stores, drop_oldest for chat and mail.',
      },
    },
  },
  concurrency: {
    type: 'integer',
    minimum: 1,
    maximum: 256,
    default: 1,
    description: 'Requests under way at once. With 1, events of one file or connection arrive in order.',
  },
} as const satisfies ObjectField['properties'];

export const batchProperty = {
  type: 'object',
  additionalProperties: false,
  description: 'Sends several events in one request.',
  properties: {
    max_events: { type: 'integer', minimum: 1, maximum: 100_000, description: 'Events of one request at the most.' },
    max_wait: {
      type: 'number',
      format: 'duration',
      minimum: 0,
      description: 'How long to wait for a batch to fill up.',
    },
  },
} as const satisfies ObjectField['properties'][string];
