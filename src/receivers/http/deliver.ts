import type { Sink } from '../../component/component.ts';
import type { Event } from '../../component/event.ts';
import { Refusal, tooMany } from './answer.ts';

/** Resolves once the events are in the hands of every queue. Throws a Refusal where none of them is taken. */
export async function deliver(sink: Sink, events: Event[]): Promise<void> {
  if (events.length === 0) return;
  if (!sink.hasRoom()) {
    sink.refused('queue_full', events.length);
    throw tooMany('a queue is full: nothing was taken, send the request again later');
  }
  // What push answers is about the next batch: whoever sends that one is told by hasRoom.
  const settlement = await new Promise((resolve) => void sink.push(events, resolve));
  if (settlement === 'full') throw tooMany('a queue is full: nothing was taken, send the request again later');
  if (settlement !== 'safe') {
    throw new Refusal(503, 'the events could not be stored: send the request again later', {}, { 'retry-after': '5' });
  }
}
