/**
 * POST /v1/events: one event, an array, or NDJSON. Answers 202 once every event is in the hands of
 * every queue; anything else means that nothing of the request was taken and it can be sent again.
 */
import { isUtf8 } from 'node:buffer';
import type { Event } from '../../component/event.ts';
import { eventFromJson } from '../../lib/event-json.ts';
import { Refusal } from './answer.ts';
import { deliver } from './deliver.ts';
import { recordsOf, type Records } from './records.ts';
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

async function eventsOf(body: Buffer, { bounds, isList }: Records, now: number): Promise<Event[]> {
  const events: Event[] = [];
  for (let at = 0; at < bounds.length;) {
    const next = endOfTurn(bounds, at);
    const values = isList ? together(body, bounds, at, next) : undefined;
    for (let record = at; record < next; record += 2) {
      const index = events.length;
      events.push(
        values
          ? checked(eventFromJson(values[(record - at) / 2], now, 'http'), index)
          : eventOf(body.toString('utf8', bounds[record], bounds[record + 1]), now, index),
      );
    }
    at = next;
    if (at < bounds.length) await new Promise(setImmediate);
  }
  return events;
}

/** Where the records of one turn of the event loop end, of which `at` is the first. */
function endOfTurn(bounds: readonly number[], at: number): number {
  const turnEnds = bounds[at]! + BYTES_PER_TURN;
  let next = at + 2;
  while (next < bounds.length && bounds[next - 1]! < turnEnds) next += 2;
  return next;
}

/** Records of a list, parsed in one go, which is a third cheaper than one by one. Undefined where one of them is no JSON. */
function together(body: Buffer, bounds: readonly number[], at: number, next: number): readonly unknown[] | undefined {
  try {
    const values = JSON.parse(`[${body.toString('utf8', bounds[at], bounds[next - 1])}]`) as readonly unknown[];
    return values.length === (next - at) / 2 ? values : undefined;
  } catch {
    return undefined;
  }
}

/** Throws a Refusal that names the record. */
export function eventOf(text: string, now: number, index: number): Event {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Refusal(400, `this is no JSON: ${(error as Error).message}`, { index });
  }
  return checked(eventFromJson(value, now, 'http'), index);
}

function checked(event: Event | string, index: number): Event {
  if (typeof event === 'string') throw new Refusal(400, event, { index });
  return event;
}
