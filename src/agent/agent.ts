/** The collector as a whole: made of a pipeline file, running until it is stopped. */
import { setMaxListeners } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { catalog } from '../catalog.ts';
import type { Catalog } from '../component/catalog.ts';
import type { Logger } from '../component/component.ts';
import type { Configuration } from '../component/configuration.ts';
import type { Loaded } from '../config/load.ts';
import { formatProblems } from '../config/print.ts';
import { storageOf } from '../config/storage-of.ts';
import { watchFiles, type FileWatch } from '../config/watch.ts';
import { systemClock } from '../lib/clock.ts';
import { Announcer } from '../pipeline/announcer.ts';
import { Graph } from '../pipeline/graph.ts';
import { exporterTallies } from '../pipeline/ledger.ts';
import { QueueGauges } from '../pipeline/queue-gauges.ts';
import { QueueWatch } from '../pipeline/queue-watch.ts';
import { StateKeeper } from '../pipeline/state-keeper.ts';
import { DeadLetterLog } from '../storage/dead-letters.ts';
import { openStorage, type Storage } from '../storage/directory.ts';
import { FileState } from '../storage/state.ts';
import type { Route } from '../telemetry/admin.ts';
import type { Log, LogSettings } from '../telemetry/log.ts';
import type { KnownSecrets } from '../telemetry/known-secrets.ts';
import { Metrics } from '../telemetry/metrics.ts';
import { addProcessMetrics } from '../telemetry/process-metrics.ts';
import { secretMask } from '../telemetry/secret-mask.ts';
import type { Threads } from '../threads/threads.ts';
import { AdminDoor } from './admin-door.ts';
import { alertRoute } from './alert-route.ts';
import { commandRoutes } from './command-routes.ts';
import { Edits } from './edits.ts';
import { InvalidFile } from './invalid-file.ts';
import { deadLetterRoute } from './dead-letter-route.ts';
import { LetterGauges } from './letter-gauges.ts';
import { keepLastGood, lastGood } from './last-good.ts';
import { differsOnDisk, load, problemsOf, type LoadedFile, type Variables } from './loading.ts';
import { tellOrphans, type QueueParts } from './queues.ts';
import { Recording } from './recording.ts';
import { faultsOf, Reloader } from './reloader.ts';
import { routes } from './routes.ts';
import { status, type ReloadReport } from './status.ts';
import { realWorld, threadsOf } from './world.ts';

export interface AgentOptions {
  readonly file: string;
  readonly env: Variables;
  readonly version: string;
  readonly log: Log;
  /** Those of the configuration in effect, of one that is being tried and of a few before; the log asks for them. */
  readonly secrets: KnownSecrets;
  /** Of the command line, which wins over the file's. */
  readonly logLevel?: LogSettings['level'] | undefined;
}

const clock = systemClock;

export class Agent {
  readonly #options: AgentOptions;
  readonly #metrics = new Metrics();
  readonly #startedAt = clock.now();
  readonly #graph: Graph;
  readonly #log: Logger;
  readonly #storage: Storage;
  readonly #announcer = new Announcer(clock);
  readonly #queueGauges: QueueGauges;
  readonly #letterGauges: LetterGauges;
  readonly #queueWatch: QueueWatch;
  readonly #keeper: StateKeeper;
  readonly #state: FileState;
  readonly #deadLetters: DeadLetterLog;
  readonly #reloader: Reloader;
  readonly #door: AdminDoor;
  readonly #edits: Edits;
  readonly #recording: Recording;
  readonly #releases: (() => void)[] = [];
  #watch: FileWatch | undefined;
  /** The built-in types and the plugins'. */
  #catalog: Catalog = catalog;
  #threads: Threads | undefined;
  #stopping: Promise<void> | undefined;

  private constructor(options: AgentOptions, storage: Storage) {
    this.#options = options;
    this.#storage = storage;
    const log = options.log.logger('lnmt.integration_connectors');
    this.#log = log;
    this.#state = new FileState(join(storage.directory, 'state'), clock, log);
    this.#deadLetters = new DeadLetterLog({
      directory: this.#lettersDirectory,
      clock,
      log,
      mask: secretMask(() => options.secrets.list),
      onLost: (holder, letters) => exporterTallies(this.#metrics, holder).lostLetters.add(letters),
    });
    this.#graph = new Graph(
      realWorld({
        catalog: () => this.#catalog,
        threads: () => this.#threads,
        storage: storage.directory,
        clock,
        log: options.log,
        metrics: this.#metrics,
        deadLetters: this.#deadLetters,
        state: this.#state,
        announcer: this.#announcer,
      }),
    );
    this.#edits = new Edits(options.file, this.#announcer, this.#metrics);
    const { secrets } = options;
    this.#recording = new Recording({ storage: storage.directory, graph: this.#graph, clock, log, secrets });
    this.#door = new AdminDoor(storage.directory, this.#routes(), log);
    this.#queueGauges = new QueueGauges(this.#metrics, () => this.#graph.nodes);
    this.#letterGauges = new LetterGauges(this.#lettersDirectory, this.#metrics, () => this.#graph.nodes);
    this.#queueWatch = new QueueWatch(
      () => this.#graph.nodes,
      this.#announcer,
      clock,
      (id) => options.log.logger(`lnmt.connectors.${id}`),
    );
    this.#keeper = new StateKeeper(() => this.#graph.nodes, this.#state, clock);
    this.#reloader = new Reloader({
      file: options.file,
      reading: { env: options.env },
      graph: this.#graph,
      clock,
      log,
      onRead: (configuration, loaded) => {
        this.#learn(configuration, loaded);
        // What the edit takes out is not asked again.
        void this.#keeper.save();
      },
      onApplied: (configuration, loaded) => this.#applied(configuration, loaded),
      onTried: (report, watch) => this.#tried(report, watch),
    });
  }

  /** Starts the collector. Throws InvalidFile for what is wrong in the file or cannot start, StartError for the storage and the admin address. */
  static async start(options: AgentOptions): Promise<Agent> {
    const loaded = await load(options.file, { env: options.env });
    const { configuration } = loaded;
    if (!configuration) return Agent.#startFromLastGood(loaded, options);
    const agent = new Agent(options, await openStorage(configuration.service.storageDirectory));
    return agent.#run(configuration, loaded, () => agent.#keepLastGood(loaded));
  }

  /** The file on disk is broken: what ran last runs on, and says so, until the file is mended. */
  static async #startFromLastGood(broken: Loaded, options: AgentOptions): Promise<Agent> {
    const directory = storageOf(options.file, broken.texts.get(options.file) ?? '', options.env);
    if (!existsSync(directory)) throw new InvalidFile(broken.problems);
    const agent = new Agent(options, await openStorage(directory));
    const kept = lastGood(agent.#state);
    const loaded = kept && (await load(options.file, { env: options.env, files: kept.texts }));
    if (!kept || !loaded?.configuration) {
      await agent.stop();
      throw new InvalidFile(broken.problems);
    }
    return agent.#run(
      loaded.configuration,
      loaded,
      async () => {
        await agent.#tried(agent.#startReport({ result: 'refused', problems: broken.problems }), broken.watch);
        agent.#log.error(
          `${options.file} is not valid; started from the last good one, of ${new Date(kept.since).toISOString()}, until it is mended\n${formatProblems(broken.problems, { color: false })}`,
        );
      },
      broken,
    );
  }

  async #run(
    configuration: Configuration,
    loaded: LoadedFile,
    started: () => Promise<void>,
    onDisk: Loaded = loaded,
  ): Promise<this> {
    try {
      this.#learn(configuration, loaded);
      this.#configureLog(configuration);
      this.#threads = await threadsOf(configuration.service.workers, this.#log, this.#metrics);
      await this.#recording.follow(configuration.service);
      const plan = await this.#graph.apply(configuration).catch((error: unknown) => {
        throw new InvalidFile([...loaded.problems, ...problemsOf(faultsOf(error), loaded.problemAt)]);
      });
      this.#options.secrets.tookEffect();
      this.#edits.started(this.#startReport({ result: 'applied', plan }));
      await tellOrphans(
        new Set(this.#graph.nodes.exporters.keys()),
        new Set(configuration.exporters.keys()),
        this.#queueParts,
      );
      this.#keeper.start();
      this.#queueGauges.follow();
      this.#queueWatch.start();
      await this.#open(configuration, onDisk);
      await started();
      return this;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  get configuration(): Configuration | undefined {
    return this.#graph.configuration;
  }

  /** Where each receiver listens. */
  get addresses(): ReadonlyMap<string, readonly string[]> {
    return new Map([...this.#graph.nodes.receivers].map(([id, { receiver }]) => [id, receiver.addresses?.() ?? []]));
  }

  /** host:port of the admin address. */
  get adminAddress(): string | undefined {
    return this.#door.address;
  }

  reload(trigger: string): Promise<ReloadReport> {
    return this.#reloader.reload(trigger);
  }

  /** Stops receiving, delivers what waits within `service.shutdown_timeout`, and closes. Safe twice. */
  stop(): Promise<void> {
    return (this.#stopping ??= this.#stop());
  }

  async #stop(): Promise<void> {
    await this.#watch?.close();
    // An edit that came into place after this would listen again, with nobody to deliver.
    await this.#reloader.close();
    this.#keeper.stop();
    this.#queueWatch.stop();
    this.#announcer.stop();
    const timeoutMs = this.#graph.configuration?.service.shutdownTimeoutMs ?? 0;
    const deadline = new AbortController();
    // Each exporter listens.
    setMaxListeners(0, deadline.signal);
    const cancel = clock.schedule(timeoutMs, () => deadline.abort(new Error('service.shutdown_timeout is over')));
    await this.#graph.stop(deadline.signal, () => this.#keeper.save());
    cancel();
    await this.#threads?.close();
    await this.#recording.close();
    await this.#deadLetters.close();
    await this.#state.close();
    await this.#door.close();
    this.#queueGauges.stop();
    this.#letterGauges.stop();
    for (const release of this.#releases.splice(0)) release();
    await this.#storage.release();
  }

  get #lettersDirectory(): string {
    return join(this.#storage.directory, 'dead-letters');
  }

  get #queueParts(): QueueParts {
    const logger = (name: string): Logger => this.#options.log.logger(name);
    return { storage: this.#storage.directory, clock, meter: this.#metrics, deadLetters: this.#deadLetters, logger };
  }

  /** What makes it reachable: metrics, the admin address, the watch on the file. */
  async #open({ service }: Configuration, { watch, texts }: Loaded): Promise<void> {
    this.#releases.push(addProcessMetrics(this.#metrics, this.#options.version), this.#edits.addMetrics());
    await this.#door.open(service.admin);
    this.#watch = watchFiles({
      files: watch,
      onChange: (changed) => void this.#reloader.reload('the file changed', changed),
    });
    await this.#watch.ready;
    // An edit may have been faster than the start.
    if (await differsOnDisk(texts)) void this.#reloader.reload('the file changed');
  }

  #routes(): Route[] {
    return routes({
      metrics: () => this.#letterGauges.refresh().then(() => this.#metrics.prometheus()),
      status: () => this.#status(),
      reload: () => this.reload('POST /-/reload'),
      stale: () => this.#edits.stale,
      unwritable: () =>
        [...this.#graph.nodes.exporters].flatMap(([id, { outlet }]) => (outlet.queue.failing ? [id] : [])),
      more: [
        ...commandRoutes(this.#graph, this.#options.env),
        alertRoute({ graph: this.#graph, meter: this.#metrics, clock }),
        deadLetterRoute(this.#graph, this.#lettersDirectory, clock),
      ],
    });
  }

  async #status(): Promise<object> {
    await this.#letterGauges.refresh();
    return status({
      version: this.#options.version,
      file: this.#options.file,
      startedAt: this.#startedAt,
      now: clock.now(),
      graph: this.#graph,
      metrics: this.#metrics,
      lastReload: this.#edits.last,
      stale: this.#edits.stale,
    });
  }

  /** What must be known before a configuration is applied. */
  #learn({ secrets }: Configuration, { catalog: types }: LoadedFile): void {
    this.#catalog = types;
    this.#options.secrets.tried(secrets);
  }

  #configureLog({ service }: Configuration): void {
    const { logLevel } = this.#options;
    this.#options.log.configure({ ...service.log, ...(logLevel ? { level: logLevel } : {}) });
  }

  async #applied(configuration: Configuration, loaded: Loaded): Promise<void> {
    this.#options.secrets.tookEffect();
    this.#configureLog(configuration);
    this.#queueGauges.follow();
    const { service } = configuration;
    await this.#door.follow(service.admin);
    await this.#recording.follow(service);
    if (service.storageDirectory !== this.#storage.directory) {
      this.#log.warn(
        `service.storage.directory is edited; it takes effect when the collector is started again, until then ${this.#storage.directory} is used`,
      );
    }
    await this.#keepLastGood(loaded);
    await this.#keeper.save();
  }

  #keepLastGood({ texts }: Loaded): Promise<void> {
    return keepLastGood(this.#state, { since: clock.now(), texts });
  }

  async #tried(report: ReloadReport, watch: readonly string[] | undefined): Promise<void> {
    this.#edits.tried(report);
    if (watch) await this.#watch?.update(watch);
  }

  #startReport(more: Pick<ReloadReport, 'result' | 'plan' | 'problems'>): ReloadReport {
    const now = clock.now();
    return { at: now, trigger: 'start', tookMs: now - this.#startedAt, ...more };
  }
}
