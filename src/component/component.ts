/**
 * The contract between the pipeline and its components.
 *
 * create → (restore or adopt) → start → (running) → stop. `create` is pure, so `validate`,
 * `plan`, `explain` and a reload can build a whole configuration without touching the world.
 */
import type { Event } from './event.ts';
import type { Happenings } from './happenings.ts';
import type { ConfigOf, ConfigSchema } from './schema.ts';

/** What every component is handed; nothing else reaches it from outside. */
export interface Context {
  /** The id in the YAML: `type`, `type/name`, or the documented free name. */
  readonly id: string;
  readonly log: Logger;
  readonly clock: Clock;
  /** For exporters: whether the YAML or the definition asks for several events a request. */
  readonly batched?: boolean;
  /** For receivers: what happens to the collector itself. */
  readonly happenings?: Happenings;
  /**
   * A counter of the component's own, in `/metrics` as `lnmt_collector_<kind>_<name>_total`. It outlives the
   * instance. `labels` beside the id, of which there must be few.
   */
  counter(name: string, description: string, labels?: Readonly<Record<string, string>>): Counter;
}

export interface Counter {
  add(count: number): void;
}

export interface Logger {
  debug(message: string, fields?: object): void;
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
}

/** `check` and the tests pass one that they advance by hand. */
export interface Clock {
  /** Unix milliseconds, for time stamps. */
  now(): number;
  /** Milliseconds that only go forward, for windows, time-outs and back-off. */
  monotonic(): number;
  /** Calls back after `delayMs`; the returned function cancels. */
  schedule(delayMs: number, callback: () => void): () => void;
}

export interface Component {
  /** Reads what `start` would read, sockets aside, keeps nothing, and throws the StartError that it would: for `validate`. */
  verify?(): Promise<void>;
  /**
   * Resolves once ready to work: bound, watching. Called at most once; a failure releases what
   * it took, throws a StartError, and the instance is not used again. Exporters do not connect here.
   */
  start?(signal: AbortSignal): Promise<void>;
  /** Releases everything `start` took. Safe without `start`, and twice. */
  stop?(): Promise<void>;
  /**
   * What outlives this instance, as plain JSON: handed to its successor on a reload, and kept
   * across restarts. Synchronous; asked for every second, and less often where that takes long.
   */
  snapshot?(): unknown;
  /** Takes a predecessor's snapshot before `start`; ignores one whose meaning has changed. */
  restore?(snapshot: unknown): void;
}

/** How a batch ended, for receivers that can ask again: in the hands of every queue; no room; failed. */
export type Settlement = 'safe' | 'full' | 'failed';

/** Where a receiver puts its events. It stays the same object while pipelines change behind it. */
export interface Sink {
  /**
   * Takes ownership of `batch`, or, when there is no room, refuses it whole, counts it as refused
   * and settles it as full. `settled` is called exactly once, also for a batch of which every event
   * was dropped. Like `stream.write`, false asks to pause until `drained`.
   */
  push(batch: Event[], settled?: (settlement: Settlement) => void): boolean;
  /** False while a queue that blocks is full: nothing would be taken. For receivers that can say so to their sender. */
  hasRoom(): boolean;
  /** Why `hasRoom` is false: a queue is at its limit, or the storage fails and somebody has to mend it. */
  obstacle?(): 'full' | 'failed' | undefined;
  /**
   * True while so many events wait for some destination that whoever can should read only so much in one turn of
   * the event loop, for deliveries to get theirs: what waits long grows old in memory, and costs more to collect.
   * Nobody is to be held up by it, since the destination may be one that takes nothing for hours.
   */
  crowded?(): boolean;
  /** Resolves when there is room again, at once if there is; rejects when the signal ends it. */
  drained(signal: AbortSignal): Promise<void>;
  /** Counts events that the receiver itself had to turn away, by reason. */
  refused(reason: string, events: number): void;
  /**
   * What need not become an event, since the first processor would drop it unseen. For one piece of
   * input, to be asked anew for the next: undefined while somebody follows events.
   */
  sieve?(): Sieve | undefined;
}

export interface Sieve {
  /**
   * UTF-8. A message of which no bytes are one of these may be left out, and counted with `dropped`: only
   * where the message is a part of the received bytes as they are, nothing unescaped or put together.
   */
  readonly needles: readonly Buffer[];
  /** Counts events that were left out: as accepted, and as dropped by the processor. */
  dropped(events: number): void;
}

export interface Receiver extends Component {
  start(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
  /**
   * Takes over from an instance with other options what its own options still want: bound sockets,
   * connections with their half-read frames, open files. Synchronous, before `start`; what was not
   * taken, the predecessor's `stop` releases. A reload that fails calls it the other way round.
   */
  adopt?(predecessor: this): void;
  /** Bound addresses, for the log and for tests that listen on port 0. */
  addresses?(): readonly string[];
}

export interface Processor extends Component {
  /**
   * Edits or drops in place. Synchronous, so no batch is ever half-way through a reload. An event that it fails on
   * it hands to `output.failed`, as `retainSound` does; what it throws instead costs the whole batch.
   */
  process(batch: Event[], output: ProcessorOutput): void;
  /** Texts of which a message must have one for its event to pass: it filters out all others, whatever else they are. */
  readonly needles?: readonly string[] | undefined;
  /** Why `event` would not pass now, such as `level info is below warning`; undefined if it would. Changes nothing. */
  objection?(event: Event): string | undefined;
  /** The option that objects to it, so that its line in the file can be shown. */
  objector?(event: Event): string | undefined;
}

export interface ProcessorOutput {
  /** Counts events that left the batch: `filtered` by a rule's choice, `suppressed` by a limit. */
  dropped(reason: 'filtered' | 'suppressed', events: number): void;
  /** Takes an event that left the batch because of a bug: it is kept as a dead letter. */
  failed(error: unknown, event: Event): void;
  /** Sends an event of the processor's own (a summary) on through the stages after it, now or later. */
  emit(event: Event): void;
}

export interface Exporter<Request = unknown> extends Component {
  /** False for an event it is not to have: `shouldSend` of a connector of the user's own. Asked once, before the queue. */
  wants?(event: Event): boolean;
  /** Pure: the requests that carry these events, in order. `explain` prints them, `send` sends them. */
  encode(events: readonly Event[]): readonly Encoded<Request>[];
  /**
   * Makes one request. Queueing, pacing, retries, time-outs and counting are the pipeline's. The signal
   * serves later requests too: listeners are removed from it when the request has ended.
   */
  send(request: Request, signal: AbortSignal): Promise<Verdict>;
}

export interface Encoded<Request> {
  readonly request: Request;
  /** How many of the events it carries, in order. One that is made elsewhere may turn out, once sent, to carry fewer: the rest is encoded anew. */
  readonly events: number;
}

export type Verdict =
  /** `notBeforeMs`: the destination asks for no further request within so many milliseconds from now. */
  | { readonly kind: 'sent'; readonly notBeforeMs?: number | undefined }
  /** May be taken later: time-out, 408, 429, 5xx. */
  | Later
  /** Will never be taken: the request, or only these of its events (the others were taken). */
  | { readonly kind: 'refused'; readonly reason: string; readonly events?: readonly RefusedEvent[] }
  /** Each event of the request had its own answer: those in neither list were taken. */
  | {
      readonly kind: 'mixed';
      readonly refused: readonly RefusedEvent[];
      readonly later: Later & { readonly events: readonly number[] };
    }
  /** The exporter's options are wrong: hold the queue, probe slowly, tell the operator. */
  | { readonly kind: 'misconfigured'; readonly reason: string };

interface Later {
  readonly kind: 'later';
  readonly reason: string;
  readonly notBeforeMs?: number | undefined;
}

/** One event of a request that was refused for good. */
export interface RefusedEvent {
  readonly index: number;
  readonly reason: string;
}

/** What a component type is. `C` is what its schema makes of the options; `never` where that is unknown. */
interface Definition<S> {
  readonly type: string;
  readonly stability: 'alpha' | 'beta' | 'stable';
  /** One sentence for `components` and the reference: what it is for. */
  readonly summary: string;
  /** The one source of the options: the check, the TypeScript type, `components`, the reference, editors' completion. */
  readonly schema: S;
  /** Options as a person would write them, for the reference and `sample-config`; loaded by a test. */
  readonly example: object;
}

/** Rules a schema cannot say: problems and hints about checked options. Pure. */
type Check<C> = (config: C) => readonly OptionProblem[];

export interface OptionProblem {
  readonly severity: 'error' | 'hint';
  readonly message: string;
  /** Keys and indexes from the component's options down. */
  readonly path: readonly (string | number)[];
}

/** Events before and after a processor, one or a batch: their fields as on the wire, those that matter. */
export interface Sample {
  readonly options: object;
  readonly before: object | readonly object[];
  readonly after: object | readonly object[];
}

/** What a receiver makes of some bytes, by its `decode`. */
export interface ReceiverSample {
  readonly options: object;
  readonly received: string;
  readonly after: object | readonly object[];
}

export interface ReceiverDefinition<S = ConfigSchema, C = never> extends Definition<S> {
  readonly check?: Check<C>;
  /** For the reference; a test holds them true. */
  readonly samples?: readonly ReceiverSample[];
  create(config: C, context: Context, sink: Sink): Receiver;
  /**
   * What these bytes become, received as one datagram, request body or piece of a file: `explain`,
   * `check` and `replay` ask. `origin` is the sender's address or the file's path. Pure. An Error
   * says why they would be refused.
   */
  decode?(config: C, context: Context, bytes: Buffer, origin?: string): Decoded;
}

export interface Decoded {
  /** What they were taken for, such as `RFC 5424` or `a JSON line`. */
  readonly format: string;
  readonly events: readonly Event[];
}

export interface ProcessorDefinition<S = ConfigSchema, C = never> extends Definition<S> {
  readonly check?: Check<C>;
  /** True if `process` edits events: they are then copied where pipelines share them. */
  readonly mutates?: boolean;
  /** What it makes of an event, for the reference; a test holds it true. */
  readonly samples?: readonly Sample[];
  create(config: C, context: Context): Processor;
}

export interface ExporterDefinition<S = ConfigSchema, C = never> extends Definition<S> {
  readonly check?: Check<C>;
  /** `store` blocks when full and keeps strict order; `people` drops the oldest, and lets critical events go first. */
  readonly audience: 'store' | 'people';
  /** False for `people` that want each event, such as incidents: else what gathered while they made us wait is told in one message. */
  readonly coalesces?: false;
  /**
   * Where the destination takes several events a request: how many, and how long to wait for them,
   * unless the YAML says. `optional`: one at a time, unless the YAML has a `batch`.
   */
  readonly batch?: { readonly maxEvents: number; readonly maxWaitMs: number } | 'optional';
  /**
   * `file`: its `send` writes to this machine's disk itself, so that a disk queue would only write everything
   * twice; `terminal`: it shows events to whoever looks. Their queues are in memory unless the YAML says.
   */
  readonly local?: 'file' | 'terminal';
  /** Events taken from the queue at a time where there is no `batch` option; 1 unless said. Requests still carry what `encode` makes. */
  readonly take?: number;
  /**
   * Its instances may live in a thread of their own: of the context they use the clock, the log and
   * counters, and have no `start`, `snapshot` or `wants`.
   */
  readonly threaded?: true;
  /** A destination's limit that is known beforehand: the least milliseconds between two requests. */
  readonly minIntervalMs?: number;
  create(config: C, context: Context): Exporter;
}

// Identity functions: they infer the schema literally, and type `create` by it.
export const defineReceiver = <const S extends ConfigSchema>(definition: ReceiverDefinition<S, ConfigOf<S>>) =>
  definition;
export const defineProcessor = <const S extends ConfigSchema>(definition: ProcessorDefinition<S, ConfigOf<S>>) =>
  definition;
export const defineExporter = <const S extends ConfigSchema>(definition: ExporterDefinition<S, ConfigOf<S>>) =>
  definition;
