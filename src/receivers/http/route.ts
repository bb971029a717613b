import type { Clock, Sink } from '../../component/component.ts';
import type { Answer } from './answer.ts';

/** A path that takes events: the receiver has seen to access, size and room before it is asked. */
export interface Route {
  readonly path: string;
  /** Media types of bodies it reads, the first one first in an error; a request without one is given the first. */
  readonly mediaTypes: readonly string[];
  /** What to send, in one line, for those who come to the wrong door. */
  readonly hint: string;
  /** Takes a body, whole or not at all: answers once its events are safe, and throws a Refusal where they are not. */
  take(body: Buffer, mediaType: string, intake: Intake): Promise<Answer>;
}

/** Where a route's events go. */
export interface Intake {
  readonly sink: Sink;
  readonly clock: Clock;
}
