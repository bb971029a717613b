/**
 * POST /v1/events: one event, an array, or NDJSON. Answers 202 once every event is in the hands of
 * every queue; anything else means that nothing of the request was taken and it can be sent again.
 */
import { isUtf8 } from 'node:buffer';
import type { Event } from '../../component/event.ts';
import { eventFromJson } from '../../lib/event-json.ts';
import { Refusal } from './answer.ts';
import { deliver } from './deliver.ts';
import { recordsOf } from './records.ts';
import type { Route } from './route.ts';

/** Bytes of records parsed before the event loop has its turn: about 1 ms of usual events, 40 ms of the worst. */
const BYTES_PER_TURN = 128 * 1_024;

const NDJSON = [
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
  'application/x-jsonlines',
  'application/json-lines',
];

export const eventsRoute: Route = {
  path: '/v1/events',
  mediaTypes: ['application/json', ...NDJSON],
  hint: 'POST one event such as {"level": "error", "title": "Backup failed"}, an array of them, or NDJSON',
  async take(body, mediaType, { sink, clock }) {
    if (!isUtf8(body)) throw new Refusal(400, 'the body is not valid UTF-8');
    const records = recordsOf(body, NDJSON.includes(mediaType) ? 'ndjson' : 'json');
    const events = await eventsOf(body, records, clock.now());
    const accepted = events.length;
    await deliver(sink, events);
    return { status: 202, body: { accepted } };
  },
};

async function eventsOf(body: Buffer, records: readonly number[], now: number): Promise<Event[]> {
  const events: Event[] = [];
  let turnEnds = BYTES_PER_TURN;
  for (let at = 0; at < records.length; at += 2) {
    const start = records[at]!;
    const end = records[at + 1]!;
    events.push(eventOf(body.toString('utf8', start, end), now, events.length));
    if (end > turnEnds) {
      turnEnds = end + BYTES_PER_TURN;
      await new Promise(setImmediate);
    }
  }
  return events;
}

/** Throws a Refusal that names the record. */
export function eventOf(text: string, now: number, index: number): Event {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Refusal(400, `this is no JSON: ${(error as Error).message}`, { index });
  }
  const event = eventFromJson(value, now, 'http');
  if (typeof event === 'string') throw new Refusal(400, event, { index });
  return event;
}
