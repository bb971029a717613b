import type { Event } from '../component/event.ts';

/** Where events go that a destination, or a processor's bug, will never let through. `src/storage` keeps them on disk. */
export interface DeadLetters {
  /** `holder` is the exporter's id, or the processor's key; `reason` holds no secret. Never throws, never waits. */
  add(holder: string, events: readonly Event[], reason: string, attempts: number): void;
  /** Undefined if all that was added is on disk; else resolves with whether it got there. */
  flushed?(): Promise<boolean> | undefined;
}
