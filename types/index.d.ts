/** The types of the library: what `import … from 'lnmt-collector'` gives. docs/library.md explains each with an example. */

/** The documented levels, least grave first: debug, info, warning, error, critical. */
export type AlertLevel = 'debug' | 'info' | 'warning' | 'error' | 'critical';

export declare const AlertLevel: {
  readonly DEBUG: 'debug';
  readonly INFO: 'info';
  readonly WARNING: 'warning';
  readonly ERROR: 'error';
  readonly CRITICAL: 'critical';
};

/** One of the documented event types, or any other lower-case word. */
export type EventType =
  | 'system_health'
  | 'threshold_breach'
  | 'critical_error'
  | 'performance_alert'
  | 'security_event'
  | 'custom'
  | (string & {});

export declare const EventType: {
  readonly SYSTEM_HEALTH: 'system_health';
  readonly THRESHOLD_BREACH: 'threshold_breach';
  readonly CRITICAL_ERROR: 'critical_error';
  readonly PERFORMANCE_ALERT: 'performance_alert';
  readonly SECURITY_EVENT: 'security_event';
  readonly CUSTOM: 'custom';
};

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

/** The event under its documented names, as it goes over the wire. */
export interface WireEvent {
  readonly event_id: string;
  /** RFC 3339. */
  readonly timestamp: string;
  readonly event_type: string;
  readonly level: AlertLevel;
  readonly source: string;
  readonly title: string;
  readonly message: string;
  readonly metadata: Record<string, unknown>;
  readonly tags: readonly string[];
}

/** What happened, to whom and how bad it is. Changing one changes nothing that was already sent. */
export declare class IntegrationEvent {
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
  constructor(fields: EventFields);
  /** The documented snake_case names; `timestamp` as RFC 3339. */
  toDict(): WireEvent;
  toJson(): string;
  toJSON(): WireEvent;
}

export interface Logger {
  debug(message: string, fields?: object): void;
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
}

/** What the collector needs of a connector; `BaseConnector` is the usual way to make one. */
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

/** A destination of a program's own. A plugin module's default export is a subclass with static `type` and `schema`. */
export declare abstract class BaseConnector<C extends object = Readonly<Record<string, unknown>>> implements Connector {
  readonly name: string;
  readonly config: C;
  /** `lnmt.connectors.NAME`. */
  logger: Logger;
  constructor(name: string, config?: C);
  abstract sendEvent(event: IntegrationEvent, signal?: AbortSignal): Promise<boolean | void> | boolean | void;
  /** Whether the event should be sent: whether it passes `config.filters`, unless a subclass knows better. */
  shouldSend(event: IntegrationEvent): boolean;
}

/** What became of an event at one connector. */
export interface Outcome {
  /** `queued`: it is safe in the connector's queue, and tried again. `failed`: it will not be sent unless somebody acts. */
  readonly status: 'sent' | 'queued' | 'filtered' | 'limited' | 'failed';
  /** Why, in words; holds no secret. Absent when sent. */
  readonly reason?: string;
  /** What dropped it: `filters`, `rate_limit`, `shouldSend`, or a processor of a pipeline. */
  readonly by?: string;
  readonly tookMs: number;
}

/** What became of an event, by connector. */
export type Delivery = Readonly<Record<string, Outcome>>;

export interface ConnectorStatus {
  readonly type: string;
  readonly enabled: boolean;
  /** `retrying`: the destination is in trouble. `misconfigured`: its options are. `unused`: no pipeline leads to it. */
  readonly state: 'ok' | 'retrying' | 'misconfigured' | 'disabled' | 'unused' | 'starting' | 'closed';
  /** What the destination said last, while the state is not ok. */
  readonly lastError?: string;
  /** Events that wait for it now. */
  readonly queued: number;
  readonly sent: number;
  readonly filtered: number;
  /** Held back by a rate limit. */
  readonly limited: number;
  /** Refused for good, or lost with a full queue. */
  readonly failed: number;
}

export interface ServiceSettings {
  /** Lends a logger by name (`lnmt.integration_connectors`, `lnmt.connectors.NAME`); standard error unless said. */
  readonly logger?: (name: string) => Logger;
  /** What `${env:…}` reads; the process's environment unless said. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export type EventHook = (event: IntegrationEvent) => unknown;

/** Sends a program's alerts through the connectors of a file and those the program registers. */
export declare class IntegrationConnectorService {
  /** Starts to load `file`, if there is one; what is wrong with it is logged, and thrown by `alert`. */
  constructor(file?: string, settings?: ServiceSettings);
  /** Goes over to the file's configuration. Rejects with a ConfigurationError, and goes on with what it had. */
  loadConfig(file: string): Promise<void>;
  /** Makes an event and sends it to the connectors. Rejects for an event that is none and a file that cannot be used; never for a destination. */
  alert(fields: EventFields): Promise<Delivery>;
  /** Sends to these connectors, or to all; filters and limits apply. */
  sendEvent(event: IntegrationEvent | EventFields, connectors?: string | readonly string[]): Promise<Delivery>;
  /** An event that is not sent yet. Throws a TypeError that says what is wrong. */
  createEvent(fields: EventFields): IntegrationEvent;
  /** Calls back for each event of the type that is sent, whatever connectors make of it. The returned function ends that. */
  registerHook(eventType: EventType, callback: EventHook): () => void;
  /** Adds a connector from code. Rejects where the name is taken or its config is not right. */
  registerConnector(name: string, connector: Connector): Promise<void>;
  /** How each connector fares, by name; before the file is loaded, what it says of them. */
  getConnectorStatus(): Record<string, ConnectorStatus>;
  /** Delivers what waits within `service.shutdown_timeout` and releases everything. Safe twice. */
  close(): Promise<void>;
}

/** Something about a file that is wrong (`error`), or valid and probably not meant (`hint`). */
export interface Problem {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in characters. */
  readonly column: number;
  readonly severity: 'error' | 'hint';
  readonly message: string;
  readonly length?: number;
  readonly suggestion?: string;
  readonly text: string;
}

/** A file cannot be used. Its message says what is wrong, where, and what was probably meant. */
export declare class ConfigurationError extends Error {
  override readonly name: 'ConfigurationError';
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]);
}

/** Sends a critical `critical_error`, unless told otherwise, with the service made last, else one from `collector.yaml` or `config.yaml` here. */
export declare function sendCriticalAlert(fields: EventFields): Promise<Delivery>;

/** Sends a `system_health` warning, unless told otherwise. */
export declare function sendHealthAlert(fields: EventFields): Promise<Delivery>;

/** Sends a `threshold_breach` warning, unless told otherwise. */
export declare function sendThresholdAlert(fields: EventFields): Promise<Delivery>;

/** How much is logged: by one logger and those below it, or by all. It wins over `service.log` of the file. */
export declare function setLogLevel(level: 'debug' | 'info' | 'warn' | 'error', logger?: string): void;
