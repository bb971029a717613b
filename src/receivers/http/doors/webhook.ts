/**
 * A path of the user's own: what its sender means is said by expressions over the body, in the YAML.
 *
 * An operator asks: what if a field is missing? The expression has no value then, and the event does
 * without: only a title or a message is needed. What is no level is info, and kept as metadata.level.
 */
import { randomUUID } from 'node:crypto';
import type { Place } from '../../../component/errors.ts';
import { newMetadata, type Event, type Metadata } from '../../../component/event.ts';
import { valueExpressions } from '../../../expression/over-values.ts';
import { levelOf } from '../../../lib/level-names.ts';
import { timeOf } from '../../../lib/timestamp.ts';
import { titleOf } from '../../../lib/title.ts';
import { Refusal } from '../answer.ts';
import type { Route } from '../route.ts';
import { asObject, door, MAX_EVENTS } from './door.ts';

/** Expressions by the event's field. */
export interface WebhookOptions {
  readonly each?: string;
  readonly when?: string;
  readonly title?: string;
  readonly message?: string;
  readonly level?: string;
  readonly source?: string;
  readonly event_type?: string;
  readonly event_id?: string;
  readonly timestamp?: string;
  readonly tags?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

const compile = valueExpressions(['body', 'headers', 'item']);

type Value = ReturnType<typeof compile>;
type Values = Parameters<Value>[0];

const NOTHING: Value = () => undefined;

const EVENT_TYPE = /^[a-z][a-z0-9_.-]{0,63}$/;

const MAX_EVENT_ID = 256;

/** A ConfigError, with its place below `path`, for an expression that is wrong. */
export function webhookRoute(url: string, options: WebhookOptions, path: NonNullable<Place['path']>): Route {
  const value = (name: Exclude<keyof WebhookOptions, 'metadata'>): Value => {
    const text = options[name];
    return text === undefined ? NOTHING : compile(text, [...path, name]);
  };
  const fields = {
    when: options.when === undefined ? undefined : value('when'),
    title: value('title'),
    message: value('message'),
    level: value('level'),
    source: value('source'),
    eventType: value('event_type'),
    eventId: value('event_id'),
    timestamp: value('timestamp'),
    tags: value('tags'),
    metadata: Object.entries(options.metadata ?? {}).map(
      ([key, text]) => [key, compile(text, [...path, 'metadata', key])] as const,
    ),
  };
  const each = options.each === undefined ? undefined : value('each');
  // Without a mapping of its own, an event keeps all that it was made from.
  const whole = options.metadata === undefined;

  return door(url, 'POST JSON as this receiver’s webhooks option describes it', ({ body, headers, now }) => {
    const items = each ? each({ body, headers, item: body }) : [body];
    if (!Array.isArray(items)) throw new Refusal(400, `the body has no list at ${options.each}`);
    if (items.length > MAX_EVENTS) throw new Refusal(413, `a request has at most ${MAX_EVENTS} events`);
    const events: Event[] = [];
    for (const item of items as unknown[]) {
      const values: Values = { body, headers, item };
      if (fields.when && fields.when(values) !== true) continue;
      events.push(eventOf(fields, values, whole, now));
    }
    return events;
  });
}

interface Fields {
  readonly title: Value;
  readonly message: Value;
  readonly level: Value;
  readonly source: Value;
  readonly eventType: Value;
  readonly eventId: Value;
  readonly timestamp: Value;
  readonly tags: Value;
  readonly metadata: readonly (readonly [string, Value])[];
}

function eventOf(fields: Fields, values: Values, whole: boolean, now: number): Event {
  const title = text(fields.title(values));
  const message = text(fields.message(values));
  if (title === '' && message === '') {
    throw new Refusal(
      400,
      'neither the expression for the title nor the one for the message has a value for this body',
    );
  }
  const metadata = whole ? Object.assign(newMetadata(), asObject(values.item)) : newMetadata();
  for (const [key, value] of fields.metadata) {
    const found = value(values);
    if (found !== undefined) metadata[key] = found;
  }
  const eventId = text(fields.eventId(values));
  const eventType = text(fields.eventType(values));
  return {
    eventId: eventId !== '' && eventId.length <= MAX_EVENT_ID ? eventId : randomUUID(),
    timestamp: timeOf(fields.timestamp(values)) ?? now,
    eventType: EVENT_TYPE.test(eventType) ? eventType : 'custom',
    level: levelFor(fields.level(values), metadata),
    source: text(fields.source(values)) || 'webhook',
    title: titleOf(title || message),
    message: message || title,
    metadata,
    tags: tagsOf(fields.tags(values)),
  };
}

function levelFor(value: unknown, metadata: Metadata): Event['level'] {
  const level = levelOf(value);
  if (level === undefined && value !== undefined) metadata['level'] = value;
  return level ?? 'info';
}

function tagsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.map(text).filter((tag) => tag !== '') : [];
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}
