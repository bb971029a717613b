/**
 * The documented `BaseConnector`: a destination of a program's own. A subclass says how one event is
 * sent; queueing, retries, filters and limits are the collector's. Registered from code, or named in
 * `service.plugins` as the default export of a module, with static `type` and `schema`.
 */
import type { Logger } from '../component/component.ts';
import { LEVELS, rankOf, type Level } from '../component/event.ts';
import type { IntegrationEvent } from './integration-event.ts';

/** What the collector needs of a connector, whichever copy of the library its class comes from. */
export interface Connector {
  logger?: Logger;
  /** `config.filters`, `config.rate_limit`, `config.timeout`, `config.retry` and `config.queue` mean what they mean in the file. */
  readonly config?: unknown;
  /** True, or nothing, when it is sent; false, or an exception, to be tried again. The signal ends a try that takes too long. */
  sendEvent(event: IntegrationEvent, signal?: AbortSignal): Promise<boolean | void> | boolean | void;
  /** False for an event it is not to have. */
  shouldSend?(event: IntegrationEvent): boolean;
  /** Releases what the constructor or `sendEvent` took. */
  close?(): Promise<void> | void;
}

/** Used until the collector lends its own. */
const ownLogger: Logger = {
  debug() {},
  info() {},
  warn: say,
  error: say,
};

function say(message: string, fields?: object): void {
  process.stderr.write(`${message}${fields ? ` ${JSON.stringify(fields)}` : ''}\n`);
}

export abstract class BaseConnector<C extends object = Readonly<Record<string, unknown>>> implements Connector {
  readonly name: string;
  readonly config: C;
  /** `lnmt.connectors.NAME`. */
  logger: Logger = ownLogger;

  constructor(name: string, config: C = {} as C) {
    this.name = name;
    this.config = config;
  }

  abstract sendEvent(event: IntegrationEvent, signal?: AbortSignal): Promise<boolean | void> | boolean | void;

  /** Whether the event should be sent: whether it passes `config.filters`, unless a subclass knows better. */
  shouldSend(event: IntegrationEvent): boolean {
    return passes(event, filtersOf(this.config));
  }
}

interface DocumentedFilters {
  readonly min_level?: Level;
  readonly event_types?: readonly string[];
  readonly required_tags?: readonly string[];
}

function filtersOf(config: object): DocumentedFilters {
  return 'filters' in config && typeof config.filters === 'object' && config.filters !== null ? config.filters : {};
}

function passes(
  { level, eventType, tags }: IntegrationEvent,
  { min_level: least, event_types: types, required_tags: required }: DocumentedFilters,
): boolean {
  if (least !== undefined && LEVELS.includes(least) && rankOf(level) < rankOf(least)) return false;
  if (types !== undefined && !types.includes(eventType)) return false;
  return required === undefined || required.every((tag) => tags.includes(tag));
}
