/**
 * The documented `IntegrationConnectorService`: sends a program's alerts through the connectors of a
 * file and those the program registers. It is the collector's own graph without receivers.
 *
 * Why does `await alert()` take long, or not? It resolves when each connector's destination has
 * answered, or the event is safe in its queue because the destination is in trouble; after ten
 * seconds at the latest. What is queued is tried again until `close()`, which drains the queues
 * within `service.shutdown_timeout`; a program that just ends closes its services itself.
 */
import { resolve } from 'node:path';
import { alertThrough } from '../agent/alert.ts';
import { faultsOf } from '../agent/reloader.ts';
import { load, problemsOf, type LoadedFile } from '../agent/loading.ts';
import { sendingOnly, sendingWorld, Tallies } from '../agent/sender.ts';
import { catalog as builtIn } from '../catalog.ts';
import type { Catalog } from '../component/catalog.ts';
import type { Logger } from '../component/component.ts';
import type { Configuration, ExporterSpec } from '../component/configuration.ts';
import { defaultStorage } from '../config/service.ts';
import type { Connector } from '../connector/base-connector.ts';
import { IntegrationEvent, recordOf, type EventFields, type EventType } from '../connector/integration-event.ts';
import { guestClock, systemClock } from '../lib/clock.ts';
import type { Outcome } from '../pipeline/dispatch.ts';
import { Graph } from '../pipeline/graph.ts';
import { NO_NODES } from '../pipeline/nodes.ts';
import { StateKeeper } from '../pipeline/state-keeper.ts';
import type { World } from '../pipeline/world.ts';
import { KnownSecrets } from '../telemetry/known-secrets.ts';
import { secretMask } from '../telemetry/secret-mask.ts';
import { ConfigurationError } from './configuration-error.ts';
import { Hooks, type EventHook } from './hooks.ts';
import { KeepAlive, openServices } from './lifetime.ts';
import { loggers } from './logging.ts';
import { peek } from './peek.ts';
import { including, specOf, withRegistered } from './registered.ts';
import { connectorStatus, type ConnectorStatus } from './status.ts';
import { openLibraryStorage, type LibraryStorage } from './storage.ts';

/** What became of an event, by connector. */
export type Delivery = Readonly<Record<string, Outcome>>;

/** How long an answer is waited for; then the event counts as queued. */
const ANSWER_MS = 10_000;

const NOTHING: Configuration = {
  file: '',
  receivers: new Map(),
  processors: new Map(),
  exporters: new Map(),
  pipelines: new Map(),
  service: {
    storageDirectory: '',
    admin: { listen: '127.0.0.1:0', chosen: false },
    log: { level: 'info', format: 'auto', levels: {} },
    shutdownTimeoutMs: 10_000,
    reload: { requireTests: false },
    plugins: [],
    workers: 0,
  },
  secrets: [],
};

export interface ServiceSettings {
  /** Lends a logger by name (`lnmt.integration_connectors`, `lnmt.connectors.NAME`); standard error unless said. */
  readonly logger?: (name: string) => Logger;
  /** What `${env:…}` reads; the process's environment unless said. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

interface Running {
  readonly graph: Graph;
  readonly storage: LibraryStorage | undefined;
  readonly keeper: StateKeeper | undefined;
}

export class IntegrationConnectorService {
  readonly #settings: ServiceSettings;
  readonly #log: Logger;
  readonly #hooks: Hooks;
  readonly #tallies = new Tallies();
  readonly #connectors = new Map<string, Connector>();
  readonly #specs = new Map<string, ExporterSpec>();
  readonly #keepAlive = new KeepAlive();
  readonly #secrets = new KnownSecrets();
  #file: string | undefined;
  #loaded: LoadedFile | undefined;
  #catalog: Catalog = builtIn;
  /** Made with the first configuration, which says whether there is a storage. */
  #running: Running | undefined;
  /** What was asked for so far is done, or why it could not be. */
  #ready: Promise<void> = Promise.resolve();
  /** Why there is no configuration of the file's; alerts fail with it. */
  #failure: Error | undefined;
  #closing: Promise<void> | undefined;
  /** What ran when it was closed. */
  #closed: Configuration | undefined;

  /** Starts to load `file`, if there is one; what is wrong with it is logged, and thrown by `alert`. */
  constructor(file?: string, settings: ServiceSettings = {}) {
    this.#settings = settings;
    this.#log = this.#logger('lnmt.integration_connectors');
    this.#hooks = new Hooks(this.#log);
    openServices.opened(this);
    if (file !== undefined) this.loadConfig(file).catch(() => {});
  }

  /** Goes over to the file's configuration. Rejects with a ConfigurationError, and goes on with what it had. */
  loadConfig(file: string): Promise<void> {
    this.#file = resolve(file);
    return this.#afterwards(async () => {
      try {
        await this.#load(resolve(file));
        this.#failure = undefined;
      } catch (error) {
        if (!this.#loaded) this.#failure = error as Error;
        this.#log.error((error as Error).message);
        throw error;
      }
    });
  }

  /** Makes an event and sends it to the connectors. Rejects for an event that is none and a file that cannot be used; never for a destination. */
  async alert(fields: EventFields): Promise<Delivery> {
    return this.sendEvent(this.createEvent(fields));
  }

  /** Sends to these connectors, or to all; filters and limits apply. */
  async sendEvent(event: IntegrationEvent | EventFields, connectors?: string | readonly string[]): Promise<Delivery> {
    if (this.#closing) throw new Error('the service is closed');
    const record = recordOf(event);
    const names = typeof connectors === 'string' ? [connectors] : connectors;
    return this.#keepAlive.during(async () => {
      try {
        await this.#ready;
        if (this.#failure) throw this.#failure;
        const { graph } = await this.#start();
        const known = graph.configuration?.exporters;
        const unknown = (names ?? []).filter((name) => !known?.has(name));
        if (unknown.length > 0)
          throw new Error(
            `there is no connector ${unknown.join(', ')}; there are ${[...(known?.keys() ?? [])].join(', ') || 'none'}`,
          );
        return Object.fromEntries(
          await alertThrough(
            record,
            { exporters: names, waitMs: ANSWER_MS },
            { graph, meter: this.#tallies, clock: guestClock },
          ),
        );
      } finally {
        this.#hooks.run(record);
      }
    });
  }

  /** An event that is not sent yet. Throws a TypeError that says what is wrong. */
  createEvent(fields: EventFields): IntegrationEvent {
    return new IntegrationEvent(fields);
  }

  /** Calls back for each event of the type that is sent, whatever connectors make of it. The returned function ends that. */
  registerHook(eventType: EventType, callback: EventHook): () => void {
    return this.#hooks.register(eventType, callback);
  }

  /** Adds a connector from code. Rejects where the name is taken or its config is not right. */
  registerConnector(name: string, connector: Connector): Promise<void> {
    if (typeof name !== 'string' || name === '') throw new TypeError('a connector needs a name');
    if (typeof connector?.sendEvent !== 'function')
      throw new TypeError(`the connector ${name} has no sendEvent(event)`);
    return this.#afterwards(async () => {
      if (this.#connectors.has(name) || this.#loaded?.configuration?.exporters.has(name))
        throw new Error(`there is a connector ${name} already`);
      const spec = await specOf(name, connector);
      this.#connectors.set(name, connector);
      this.#specs.set(name, spec);
      await this.#apply();
    }, `the connector ${name} is not registered`);
  }

  /** How each connector fares, by name; before the file is loaded, what it says of them. */
  getConnectorStatus(): Record<string, ConnectorStatus> {
    const nodes = this.#running?.graph.nodes ?? NO_NODES;
    const configuration = this.#running?.graph.configuration ?? this.#closed;
    if (configuration) return connectorStatus(configuration, nodes, this.#tallies, configuration === this.#closed);
    return this.#file === undefined ? {} : peek(this.#file);
  }

  /** Delivers what waits within `service.shutdown_timeout` and releases everything. Safe twice. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close().finally(() => loggers.forget(this.#secrets)));
  }

  async #close(): Promise<void> {
    await this.#ready.catch(() => {});
    openServices.closed(this);
    if (!this.#running) return;
    const { graph, storage, keeper } = this.#running;
    this.#closed = graph.configuration;
    keeper?.stop();
    const deadline = new AbortController();
    const timeoutMs = graph.configuration?.service.shutdownTimeoutMs ?? NOTHING.service.shutdownTimeoutMs;
    const cancel = systemClock.schedule(timeoutMs, () => deadline.abort(new Error('service.shutdown_timeout is over')));
    await graph.stop(deadline.signal, async () => keeper?.save());
    cancel();
    await storage?.close();
  }

  /** Does one thing after the other; a failure is the asker's, and stops nothing that comes later. */
  #afterwards(step: () => Promise<void>, failure?: string): Promise<void> {
    const done = this.#ready.then(step);
    this.#ready = done.catch((error: unknown) => {
      if (failure) this.#log.error(`${failure}: ${error instanceof Error ? error.message : String(error)}`);
    });
    return done;
  }

  async #load(file: string): Promise<void> {
    const loaded = await load(file, { env: this.#settings.env ?? process.env });
    if (!loaded.configuration) throw new ConfigurationError(loaded.problems);
    for (const name of this.#connectors.keys()) {
      if (loaded.configuration.exporters.has(name))
        throw new Error(`${file} has a connector ${name}, which the program has registered already`);
    }
    this.#secrets.tried(loaded.configuration.secrets);
    if (!this.#settings.logger) loggers.configure(loaded.configuration.service.log, this.#secrets);
    await this.#apply(loaded);
    this.#secrets.tookEffect();
    this.#loaded = loaded;
  }

  async #apply(loaded = this.#loaded): Promise<void> {
    this.#catalog = withRegistered(loaded?.catalog ?? builtIn, this.#connectors);
    const { graph, storage } = await this.#start(loaded?.configuration);
    const base = sendingOnly(loaded?.configuration ?? NOTHING, { memory: storage === undefined });
    try {
      await graph.apply(including(base, this.#specs));
    } catch (error) {
      const faults = faultsOf(error);
      throw loaded ? new ConfigurationError([...loaded.problems, ...problemsOf(faults, loaded.problemAt)]) : error;
    }
  }

  async #start(configuration?: Configuration): Promise<Running> {
    if (this.#running) return this.#running;
    const parts = { clock: guestClock, meter: this.#tallies, logger: (name: string) => this.#logger(name) };
    const directory = configuration?.service.storageDirectory;
    const wanted =
      directory !== undefined && directory !== defaultStorage(configuration!.file, this.#settings.env ?? process.env);
    const mask = secretMask(() => this.#secrets.list);
    const storage = wanted ? await openLibraryStorage(directory, { ...parts, mask }) : undefined;
    const world: World = sendingWorld({ catalog: () => this.#catalog, ...parts, ...storage });
    const graph = new Graph(world);
    const keeper = storage && new StateKeeper(() => graph.nodes, storage.state, guestClock);
    keeper?.start();
    this.#running = { graph, storage, keeper };
    return this.#running;
  }

  #logger(name: string): Logger {
    return this.#settings.logger?.(name) ?? loggers.logger(name);
  }
}
