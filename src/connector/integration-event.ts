/**
 * The event as programs see it: the documented `IntegrationEvent`, with camelCase names and a Date.
 * Inside the collector an event is a plain record (`component/event.ts`); this is its public face.
 */
import { LEVELS, type Event, type EVENT_TYPES, type Level } from '../component/event.ts';
import { eventFromJson, stringifyEvent, eventToJson, type WireEvent } from '../lib/event-json.ts';
import { plainMetadata } from './plain.ts';

export const AlertLevel = {
  DEBUG: 'debug',
  INFO: 'info',
  WARNING: 'warning',
  ERROR: 'error',
  CRITICAL: 'critical',
} as const satisfies Record<string, Level>;
export type AlertLevel = Level;

export const EventType = {
  SYSTEM_HEALTH: 'system_health',
  THRESHOLD_BREACH: 'threshold_breach',
  CRITICAL_ERROR: 'critical_error',
  PERFORMANCE_ALERT: 'performance_alert',
  SECURITY_EVENT: 'security_event',
  CUSTOM: 'custom',
} as const satisfies Record<string, (typeof EVENT_TYPES)[number]>;

/** One of the documented event types, or any other lower-case word. */
export type EventType = (typeof EVENT_TYPES)[number] | (string & {});

/** What an event is made of. A title or a message is needed; the rest has defaults. */
export interface EventFields {
  /** `info` unless said. */
  readonly level?: AlertLevel | undefined;
  readonly title?: string | undefined;
  /** The title unless said. */
  readonly message?: string | undefined;
  /** The system or component it comes from; `lnmt` unless said. */
  readonly source?: string | undefined;
  /** `custom` unless said. */
  readonly eventType?: EventType | undefined;
  /** Anything JSON can hold; dates become texts, errors their name, message and stack. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  readonly tags?: readonly string[] | undefined;
  /** A UUID unless said. */
  readonly eventId?: string | undefined;
  /** Now unless said. */
  readonly timestamp?: Date | undefined;
}

const FIELDS = ['level', 'title', 'message', 'source', 'eventType', 'metadata', 'tags', 'eventId', 'timestamp'];

/** What happened, to whom and how bad it is. Changing one changes nothing that was already sent. */
export class IntegrationEvent {
  eventId: string;
  timestamp: Date;
  eventType: EventType;
  level: AlertLevel;
  source: string;
  title: string;
  message: string;
  metadata: Record<string, unknown>;
  tags: string[];

  /** Throws a TypeError that says which field is wrong, and what it should be. */
  constructor(fields: EventFields) {
    const event = checked(fields);
    this.eventId = event.eventId;
    this.timestamp = new Date(event.timestamp);
    this.eventType = event.eventType;
    this.level = event.level;
    this.source = event.source;
    this.title = event.title;
    this.message = event.message;
    this.metadata = event.metadata;
    this.tags = event.tags;
  }

  /** The documented snake_case names; `timestamp` as RFC 3339. */
  toDict(): WireEvent {
    return eventToJson(recordOf(this));
  }

  toJson(): string {
    return stringifyEvent(recordOf(this));
  }

  toJSON(): WireEvent {
    return this.toDict();
  }
}

/** The record that goes through the pipelines: a copy, checked again, since a program may have set anything. */
export function recordOf(event: EventFields): Event {
  return checked(event);
}

/** A copy for code that is not ours to keep: what it does to it reaches nobody else. */
export function integrationEventOf(event: Event): IntegrationEvent {
  return new IntegrationEvent({ ...event, timestamp: new Date(event.timestamp) });
}

function checked(fields: EventFields): Event {
  if (typeof fields !== 'object' || fields === null)
    throw new TypeError('an event is made of an object: { level, title, message, … }');
  if (!(fields instanceof IntegrationEvent)) refuseUnknown(fields);
  const { level, title, message, source, eventType, metadata, tags, eventId, timestamp } = fields;
  if (level !== undefined && !LEVELS.includes(level))
    throw new TypeError(`level must be one of ${LEVELS.join(', ')}, not ${JSON.stringify(level)}`);
  if (timestamp !== undefined && !(timestamp instanceof Date && Number.isFinite(timestamp.getTime())))
    throw new TypeError('timestamp must be a valid Date');
  if (metadata !== undefined && (typeof metadata !== 'object' || metadata === null))
    throw new TypeError('metadata must be an object');
  const wire = {
    event_id: eventId,
    event_type: eventType,
    level,
    source,
    title,
    message,
    tags: tags && [...tags],
    timestamp: timestamp?.toISOString(),
    metadata: metadata && plainMetadata(metadata),
  };
  const given = Object.fromEntries(Object.entries(wire).filter(([, value]) => value !== undefined));
  const event = eventFromJson(given, Date.now(), 'lnmt');
  if (typeof event === 'string')
    throw new TypeError(event.replace('event_type', 'eventType').replace('event_id', 'eventId'));
  return event;
}

/** Python's names, and slips of the pen, would otherwise be dropped in silence. */
function refuseUnknown(fields: object): void {
  for (const key of Object.keys(fields)) {
    if (FIELDS.includes(key) || key === 'received' || key === 'copy') continue;
    const camel = key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
    const meant = FIELDS.includes(camel) ? `; did you mean "${camel}"?` : `; an event has ${FIELDS.join(', ')}`;
    throw new TypeError(`an event has no field "${key}"${meant}`);
  }
}
