import type { Sink } from '../../component/component.ts';
import type { Event } from '../../component/event.ts';
import { Refusal, tooMany } from './answer.ts';

/** Resolves once the events are in the hands of every queue. Throws a Refusal where none of them is taken. */
export async function deliver(sink: Sink, events: Event[]): Promise<void> {
  if (events.length === 0) return;
  checkRoom(sink, events.length);
  // What push answers is about the next batch: whoever sends that one is told by hasRoom.
  const settlement = await new Promise((resolve) => void sink.push(events, resolve));
  if (settlement === 'full') throw tooMany(FULL);
  if (settlement !== 'safe') throw notStored();
}

/** Throws a Refusal, and counts the events as refused, while nothing would be taken. */
export function checkRoom(sink: Sink, events: number): void {
  if (sink.hasRoom()) return;
  const failed = sink.obstacle?.() === 'failed';
  sink.refused(failed ? 'storage_failed' : 'queue_full', events);
  throw failed ? notStored() : tooMany(FULL);
}

const FULL = 'a queue is full: nothing was taken, send the request again later';

function notStored(): Refusal {
  return new Refusal(503, 'the events could not be stored: send the request again later', {}, { 'retry-after': '5' });
}
