/** Who follows events on their way: `tap`, `explain`, `check`. While nobody does, it costs one comparison a batch. */
import type { StageSpec } from '../component/configuration.ts';
import type { Event } from '../component/event.ts';
import type { Fate } from './followers.ts';

/** An event and its copies are one by their `eventId`. None of the calls may edit an event, keep the array, or throw. */
export interface Watcher {
  /** A receiver took them. */
  accepted(receiver: string, events: readonly Event[]): void;
  entered(pipeline: string, events: readonly Event[]): void;
  /** A stage is about to see it, and may edit it. */
  entering(stage: StageSpec, event: Event): void;
  passed(stage: StageSpec, event: Event): void;
  dropped(stage: StageSpec, event: Event, drop: Drop): void;
  /** A stage sends an event of its own, such as a summary. */
  generated(stage: StageSpec, event: Event): void;
  /** The exporter's own code did not want it. */
  unwanted(exporter: string, event: Event): void;
  queued(exporter: string, events: readonly Event[]): void;
  /** Sent, or refused for good. */
  ended(exporter: string, events: readonly Event[], fate: Fate): void;
}

export interface Drop {
  readonly how: 'filtered' | 'suppressed' | 'failed';
  /** What the processor objected to, asked before it saw the event; undefined where it does not say. */
  readonly reason: string | undefined;
  /** The option that objected. */
  readonly option: string | undefined;
}
