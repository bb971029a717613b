import type { IncomingMessage } from 'node:http';
import type { Clock, Sink } from '../../component/component.ts';
import type { Answer, Refusal } from './answer.ts';

/** A path that takes events: the receiver has seen to access, size and room before it is asked. */
export interface Route {
  readonly path: string;
  /** Media types of bodies it reads, the first one first in an error; a request that is vague about it is given the first. */
  readonly mediaTypes: readonly string[];
  /** Vague types are refused too. */
  readonly exactType?: boolean;
  /** What to send, in one line, for those who come to the wrong door. */
  readonly hint: string;
  /** Takes a body, whole or not at all: answers once its events are safe, and throws a Refusal where they are not. */
  take(body: Buffer, mediaType: string, intake: Intake, request: IncomingMessage): Promise<Answer>;
  /** A refusal in the form that this route's senders understand, where that is not the usual JSON. */
  answerOf?(refusal: Refusal, request: IncomingMessage): Answer;
}

/** Where a route's events go. */
export interface Intake {
  readonly sink: Sink;
  readonly clock: Clock;
}
