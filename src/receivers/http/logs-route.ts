/**
 * POST /v1/logs: OpenTelemetry logs, as protobuf or JSON, answered in the type they came in.
 *
 * Was it taken: 200 says that every record is in the hands of every queue. A 429 or 503 may be sent
 * again as it was, and an OpenTelemetry SDK or collector does so by itself.
 * https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
import type { IncomingMessage } from 'node:http';
import type { Event } from '../../component/event.ts';
import { logsText, readLogsText } from '../../lib/otlp/read-logs-json.ts';
import { readLogsProtobuf } from '../../lib/otlp/read-logs-protobuf.ts';
import { MalformedLogs } from '../../lib/otlp/received.ts';
import { writeStatus, writeWarning } from '../../lib/otlp/write-answer.ts';
import { Refusal, type Answer } from './answer.ts';
import { deliver } from './deliver.ts';
import { eventOfRecord } from './otlp-event.ts';
import type { Route } from './route.ts';

const PROTOBUF = 'application/x-protobuf';

/** Records that become events before the event loop has its turn: about 2 ms of usual ones. */
const RECORDS_PER_TURN = 512;

/** Bytes of JSON after whose scan the event loop has its turn. */
const LARGE = 256 * 1_024;

/** An empty record is two bytes and an event several hundred: a small body could fill the memory. */
const MAX_RECORDS = 100_000;

/** Codes of google.rpc.Status for what a request can be answered. */
const CODES: Readonly<Partial<Record<number, number>>> = {
  400: 3,
  401: 16,
  403: 7,
  405: 12,
  408: 4,
  411: 3,
  413: 8,
  415: 3,
  429: 8,
  500: 13,
  503: 14,
};

export const logsRoute: Route = {
  path: '/v1/logs',
  mediaTypes: [PROTOBUF, 'application/json'],
  exactType: true,
  hint: 'POST OpenTelemetry logs (OTLP/HTTP) as application/x-protobuf or application/json',
  async take(body, mediaType, { sink, clock }) {
    const warnings = new Set<string>();
    const events = await eventsOf(body, mediaType, clock.now(), (what) => void warnings.add(what));
    await deliver(sink, events);
    return taken(mediaType, [...warnings].join(', '));
  },
  answerOf({ message, status, headers }, request) {
    const code = CODES[status] ?? 2;
    if (!isProtobuf(request)) return { status, body: { code, message }, headers };
    return { status, body: writeStatus(code, message), headers: { ...headers, 'content-type': PROTOBUF } };
  },
};

async function eventsOf(body: Buffer, mediaType: string, now: number, warn: (what: string) => void): Promise<Event[]> {
  const events: Event[] = [];
  try {
    for (const record of mediaType === PROTOBUF ? readLogsProtobuf(body) : readLogsText(await scanned(body))) {
      if (events.length === MAX_RECORDS) {
        throw new Refusal(413, `a request has at most ${MAX_RECORDS} log records: send them in several`);
      }
      events.push(eventOfRecord(record, now, warn));
      if (events.length % RECORDS_PER_TURN === 0) await new Promise(setImmediate);
    }
  } catch (error) {
    throw error instanceof MalformedLogs ? new Refusal(400, error.message) : error;
  }
  return events;
}

async function scanned(body: Buffer): Promise<string> {
  const text = logsText(body);
  if (body.length > LARGE) await new Promise(setImmediate);
  return text;
}

/** Records are never rejected one by one: what is odd about one is said, and it is kept. */
function taken(mediaType: string, warning: string): Answer {
  const errorMessage = warning === '' ? '' : `all records were taken, but without ${warning}`;
  if (mediaType !== PROTOBUF) {
    return { status: 200, body: warning === '' ? {} : { partialSuccess: { errorMessage } } };
  }
  const body = warning === '' ? Buffer.alloc(0) : writeWarning(errorMessage);
  return { status: 200, body, headers: { 'content-type': PROTOBUF } };
}

function isProtobuf({ headers }: IncomingMessage): boolean {
  return headers['content-type']?.toLowerCase().startsWith(PROTOBUF) ?? false;
}
