import type { Pausable } from '../../lib/flow.ts';
import type { Intake } from './intake.ts';

/** One bound address. It outlives the receiver's instance: a reload attaches it to the next one. */
export interface Listener extends Pausable {
  /** Binds. Throws what the socket reports. */
  open(): Promise<void>;
  /** Works for another receiver from now on. */
  attach(intake: Intake): void;
  /** Acts on options that concern what is open already, such as `allow`. */
  enforce(): void | Promise<void>;
  /** Once a second. */
  tick(): void;
  /** Delivers what was read, and lets go of the address and the connections. */
  close(): Promise<void>;
  /** `udp://127.0.0.1:43211` or `unix:///run/x.sock`; undefined while not bound. */
  address(): string | undefined;
}
