import type { Verdict } from '../../component/component.ts';

/** How frames reach the destination. It connects at the first request, and again when it has to. */
export interface Transport {
  /** Each frame is one event, as on the wire. Throws only when the signal ends it. */
  send(frames: readonly string[], signal: AbortSignal): Promise<Verdict>;
  close(): Promise<void>;
}
