/** What a delivery is made of. */
import type { Clock, Exporter, Logger } from '../component/component.ts';
import type { DeliveryOptions } from '../component/delivery-options.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { DeliveryHealth } from './delivery-health.ts';
import type { ExporterTallies } from './ledger.ts';
import type { Queue } from './queue.ts';

export interface DeliveryParts {
  readonly id: string;
  readonly queue: Queue;
  readonly exporter: Exporter;
  readonly options: DeliveryOptions;
  /** Critical events go first. */
  readonly graveFirst: boolean;
  /** After the destination made us wait, what has gathered is told in one message. */
  readonly coalesces?: boolean;
  readonly minIntervalMs: number;
  readonly tallies: ExporterTallies;
  readonly deadLetters: DeadLetters;
  readonly health: DeliveryHealth;
  readonly clock: Clock;
  readonly log: Logger;
  /** For jitter; Math.random unless said. */
  readonly random?: (() => number) | undefined;
}
