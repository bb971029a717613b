/** A pipeline's surroundings for tests: a world without disk or sockets, and configurations made by hand. */
import type { Catalog } from '../../src/component/catalog.ts';
import type { Exporter, Processor, Receiver, Sink, Verdict } from '../../src/component/component.ts';
import type {
  ComponentSpec,
  Configuration,
  ExporterSpec,
  PipelineSpec,
  StageSpec,
} from '../../src/component/configuration.ts';
import type { DeliveryOptions } from '../../src/component/delivery-options.ts';
import type { Event } from '../../src/component/event.ts';
import type { Meter, Tally } from '../../src/component/meter.ts';
import { Announcer } from '../../src/pipeline/announcer.ts';
import { MemoryQueue } from '../../src/pipeline/memory-queue.ts';
import type { World } from '../../src/pipeline/world.ts';
import { FakeClock, type LogLine } from './fakes.ts';

export const DELIVERY: DeliveryOptions = {
  timeoutMs: 30_000,
  retry: { initialIntervalMs: 1_000, maxIntervalMs: 60_000, maxElapsedTimeMs: 0 },
  queue: { type: 'memory', maxBytes: 32 * 1024 * 1024, onFull: 'block', safe: 'held' },
  batch: { maxEvents: 1, maxWaitMs: 0 },
  concurrency: 1,
};

export interface FakeWorld extends World {
  readonly clock: FakeClock;
  readonly lines: LogLine[];
  readonly letters: { holder: string; events: readonly Event[]; reason: string; attempts: number }[];
  readonly states: Map<string, unknown>;
  /** The value of a counter, by name and labels in any order. */
  count(name: string, labels?: Record<string, string>): number;
}

export function fakeWorld(catalog: Partial<Catalog> = {}): FakeWorld {
  const clock = new FakeClock();
  const lines: LogLine[] = [];
  const letters: FakeWorld['letters'] = [];
  const states = new Map<string, unknown>();
  const meter = new FakeMeter();
  const log = (level: LogLine['level']) => (message: string, fields?: object) =>
    void lines.push({ level, message, fields });
  return {
    catalog: { receivers: new Map(), processors: new Map(), exporters: new Map(), formats: {}, ...catalog },
    clock,
    meter,
    lines,
    letters,
    states,
    announcer: new Announcer(clock),
    deadLetters: {
      add: (holder, events, reason, attempts) => void letters.push({ holder, events: [...events], reason, attempts }),
    },
    state: { load: (key) => states.get(key), save: async (key, json) => void states.set(key, JSON.parse(json)) },
    logger: () => ({ debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }),
    openQueue: async (_, options) => new MemoryQueue(options, () => clock.now()),
    count: (name, labels = {}) => meter.value(name, labels),
  };
}

class FakeMeter implements Meter {
  readonly #tallies = new Map<string, Tally>();

  counter(name: string, _description: string, labels: Readonly<Record<string, string>>): Tally {
    const key = keyOf(name, labels);
    const known = this.#tallies.get(key);
    if (known) return known;
    const tally = {
      value: 0,
      add(count: number) {
        this.value += count;
      },
    };
    this.#tallies.set(key, tally);
    return tally;
  }

  gauge(): () => void {
    return () => {};
  }

  value(name: string, labels: Record<string, string>): number {
    return this.#tallies.get(keyOf(name, labels))?.value ?? 0;
  }
}

function keyOf(name: string, labels: Readonly<Record<string, string>>): string {
  return name + JSON.stringify(Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1)));
}

export function spec(id: string, options: object = {}, enabled = true): ComponentSpec {
  const position = { file: 'collector.yaml', line: 1, column: 1 };
  return { id, type: id.split('/')[0]!, enabled, options, position, locate: () => position };
}

export function stage(key: string, options: object = {}): StageSpec {
  return { ...spec(key.slice(key.indexOf('/') + 1), options), key };
}

export function exporter(
  id: string,
  options: object = {},
  more: { door?: StageSpec[]; delivery?: Partial<DeliveryOptions> } = {},
): ExporterSpec {
  return { ...spec(id, options), door: more.door ?? [], delivery: { ...DELIVERY, ...more.delivery } };
}

export interface Sketch {
  receivers?: ComponentSpec[];
  exporters?: ExporterSpec[];
  pipelines: Record<string, Partial<Omit<PipelineSpec, 'name'>>>;
}

export function configuration({ receivers = [], exporters = [], pipelines }: Sketch): Configuration {
  const position = { file: 'collector.yaml', line: 1, column: 1 };
  return {
    file: 'collector.yaml',
    receivers: new Map(receivers.map((one) => [one.id, one])),
    processors: new Map(),
    exporters: new Map(exporters.map((one) => [one.id, one])),
    pipelines: new Map(
      Object.entries(pipelines).map(([name, parts]) => [
        name,
        { name, receivers: [], stages: [], exporters: [], feeds: [], position, ...parts },
      ]),
    ),
    service: {
      storageDirectory: '/nonexistent',
      admin: { listen: '127.0.0.1:0', chosen: false },
      log: { level: 'info', format: 'auto', levels: {} },
      shutdownTimeoutMs: 10_000,
      reload: { requireTests: false },
      plugins: [],
      workers: 1,
    },
    secrets: [],
  };
}

/** Lets what is ready to go on go on: promises, not timers. */
export async function turn(times = 20): Promise<void> {
  for (let count = 0; count < times; count += 1) await Promise.resolve();
}

/** Keeps what it is sent, and answers as told; `sent` unless told. */
export class ScriptedExporter implements Exporter<readonly Event[]> {
  readonly requests: (readonly Event[])[] = [];
  readonly verdicts: (Verdict | ((events: readonly Event[], signal: AbortSignal) => Promise<Verdict> | Verdict))[] = [];
  /** Answers when `verdicts` has run out. */
  otherwise: (events: readonly Event[], signal: AbortSignal) => Promise<Verdict> | Verdict = () => ({ kind: 'sent' });
  started = false;
  stopped = false;
  perRequest = Infinity;

  encode(events: readonly Event[]) {
    const encoded = [];
    for (let at = 0; at < events.length; at += this.perRequest) {
      const request = events.slice(at, at + this.perRequest);
      encoded.push({ request, events: request.length });
    }
    return encoded;
  }

  async send(events: readonly Event[], signal: AbortSignal): Promise<Verdict> {
    signal.throwIfAborted();
    this.requests.push(events);
    const next = this.verdicts.shift() ?? this.otherwise;
    return typeof next === 'function' ? next(events, signal) : next;
  }

  get titles(): string[] {
    return this.requests.flat().map(({ title }) => title);
  }

  async start(): Promise<void> {
    this.started = true;
  }

  async stop(): Promise<void> {
    this.stopped = true;
  }
}

/** A receiver that the test pushes through. */
export class HandReceiver implements Receiver {
  readonly sink: Sink;
  readonly options: { fail?: boolean; hang?: boolean };
  running = false;
  readonly adopted: HandReceiver[] = [];

  constructor(sink: Sink, options: { fail?: boolean; hang?: boolean }) {
    this.sink = sink;
    this.options = options;
  }

  async start(signal: AbortSignal): Promise<void> {
    if (this.options.fail) throw new Error('the port is taken');
    if (this.options.hang)
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    this.running = true;
  }

  async stop(): Promise<void> {
    this.running = false;
  }

  adopt(predecessor: this): void {
    this.adopted.push(predecessor);
  }
}

/** Renames titles: `options.suffix` is added. */
export class SuffixProcessor implements Processor {
  readonly #suffix: string;

  constructor(suffix: string) {
    this.#suffix = suffix;
  }

  process(batch: Event[]): void {
    for (const event of batch) event.title += this.#suffix;
  }
}
