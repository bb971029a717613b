/** Lines that are JSON objects, by whatever keys their logger gives time, level and message. */
import { newMetadata, type Event } from '../../component/event.ts';
import { eventFromJson } from '../event-json.ts';
import { isDeepJson } from '../json-depth.ts';
import { exactSeverityOf, levelOf } from '../level-names.ts';
import { timeOf } from '../timestamp.ts';
import { titleOf } from '../title.ts';
import type { Origin } from './line-event.ts';

const MAX_DEPTH = 64;

const TIME_KEYS = ['timestamp', '@timestamp', 'time', 'ts', 'datetime', 'date', 't', 'eventTime'];
const LEVEL_KEYS = [
  'level',
  'severity',
  'lvl',
  'loglevel',
  'log_level',
  'log.level',
  'levelname',
  'severityText',
  'priority',
];
const MESSAGE_KEYS = ['message', 'msg', 'log', 'text', 'event', 'body', 'error'];

/** The line as an event; `newId` gives the id of one that holds none. What is no JSON object is text, with `metadata.parse_error`. */
export function decodeJson(text: string, origin: Origin, newId: () => string): Event {
  let value: unknown;
  let problem = 'the line is no JSON object';
  try {
    if (isDeepJson(text, MAX_DEPTH)) problem = `the line is nested more than ${MAX_DEPTH} levels deep`;
    else value = JSON.parse(text);
  } catch {
    problem = 'the line is no JSON';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return plain(text, origin, newId(), problem);
  const record = value as Record<string, unknown>;
  // What this collector or its libraries wrote comes back as it was.
  if (
    typeof record['title'] === 'string' &&
    (record['message'] === undefined || typeof record['message'] === 'string')
  ) {
    const event = eventFromJson(value, origin.readAt, origin.source, newId);
    if (typeof event === 'object') return event;
  }
  return logged(record, text, origin, newId());
}

function logged(record: Record<string, unknown>, text: string, origin: Origin, eventId: string): Event {
  const timeKey = TIME_KEYS.find((key) => timeOf(record[key]) !== undefined);
  const levelKey = LEVEL_KEYS.find((key) => levelOf(record[key]) !== undefined);
  const messageKey = MESSAGE_KEYS.find((key) => typeof record[key] === 'string' && record[key] !== '');
  const metadata = newMetadata();
  for (const key of Object.keys(record)) {
    if (key !== timeKey && key !== levelKey && key !== messageKey) metadata[key] = record[key];
  }
  const level = levelKey === undefined ? undefined : levelOf(record[levelKey]);
  const severity = levelKey === undefined ? undefined : exactSeverityOf(record[levelKey]);
  if (severity !== undefined) metadata['severity'] ??= severity;
  // Docker's json-file ends each message with a line end.
  const message = messageKey === undefined ? text : (record[messageKey] as string).replace(/\r?\n$/, '');
  return {
    eventId,
    timestamp: (timeKey === undefined ? undefined : timeOf(record[timeKey])) ?? origin.readAt,
    eventType: 'custom',
    level: level ?? 'info',
    source: origin.source,
    title: titleOf(message),
    message,
    metadata,
    tags: [],
  };
}

function plain(text: string, origin: Origin, eventId: string, problem: string): Event {
  const metadata = newMetadata();
  metadata['parse_error'] = problem;
  return {
    eventId,
    timestamp: origin.readAt,
    eventType: 'custom',
    level: 'info',
    source: origin.source,
    title: titleOf(text),
    message: text,
    metadata,
    tags: [],
  };
}
