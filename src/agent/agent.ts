/** The collector as a whole: made of a pipeline file, running until it is stopped. */
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { catalog } from '../catalog.ts';
import type { Catalog } from '../component/catalog.ts';
import type { Logger } from '../component/component.ts';
import type { Configuration, Problem, ServiceOptions } from '../component/configuration.ts';
import { StartError } from '../component/errors.ts';
import type { Loaded } from '../config/load.ts';
import { formatProblems } from '../config/print.ts';
import { storageOf } from '../config/storage-of.ts';
import { watchFiles, type FileWatch } from '../config/watch.ts';
import { systemClock } from '../lib/clock.ts';
import { Announcer } from '../pipeline/announcer.ts';
import { Graph } from '../pipeline/graph.ts';
import { QueueGauges } from '../pipeline/queue-gauges.ts';
import { QueueWatch } from '../pipeline/queue-watch.ts';
import { StateKeeper } from '../pipeline/state-keeper.ts';
import type { World } from '../pipeline/world.ts';
import { DeadLetterLog } from '../storage/dead-letters.ts';
import { openStorage, type Storage } from '../storage/directory.ts';
import { FileState } from '../storage/state.ts';
import { startAdmin, type Admin } from '../telemetry/admin.ts';
import type { Log, LogSettings } from '../telemetry/log.ts';
import { Metrics } from '../telemetry/metrics.ts';
import { addProcessMetrics } from '../telemetry/process-metrics.ts';
import { secretMask } from '../telemetry/secret-mask.ts';
import { alertRoute } from './alert-route.ts';
import { keepLastGood, lastGood } from './last-good.ts';
import { differsOnDisk, load, problemsOf, type LoadedFile, type Variables } from './loading.ts';
import { commandRoutes } from './command-routes.ts';
import { openQueue } from './queues.ts';
import { faultsOf, Reloader } from './reloader.ts';
import { routes } from './routes.ts';
import { status, type ReloadReport } from './status.ts';

export interface AgentOptions {
  readonly file: string;
  readonly env: Variables;
  readonly version: string;
  readonly log: Log;
  /** Secrets of the configuration in effect and of one that is being tried; the log asks for them. */
  readonly secrets: Set<string>;
  /** Of the command line, which wins over the file's. */
  readonly logLevel?: LogSettings['level'] | undefined;
}

/** The file cannot be run; every reason with its place. */
export class InvalidFile extends Error {
  override readonly name = 'InvalidFile';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super('the file cannot be run');
    this.problems = problems;
  }
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
  readonly #queueWatch: QueueWatch;
  readonly #keeper: StateKeeper;
  readonly #state: FileState;
  readonly #deadLetters: DeadLetterLog;
  readonly #reloader: Reloader;
  readonly #releases: (() => void)[] = [];
  #watch: FileWatch | undefined;
  #admin: Admin | undefined;
  #lastReload: ReloadReport | undefined;
  #stale = false;
  /** The built-in types and the plugins'. */
  #catalog: Catalog = catalog;
  /** Of the configuration in effect. */
  #service: ServiceOptions | undefined;

  private constructor(options: AgentOptions, storage: Storage) {
    this.#options = options;
    this.#storage = storage;
    const log = options.log.logger('lnmt.integration_connectors');
    this.#log = log;
    this.#state = new FileState(join(storage.directory, 'state'), clock, log);
    this.#deadLetters = new DeadLetterLog({
      directory: join(storage.directory, 'dead-letters'),
      clock,
      log,
      mask: secretMask(() => [...options.secrets]),
    });
    this.#graph = new Graph(this.#world());
    this.#queueGauges = new QueueGauges(this.#metrics, () => this.#graph.nodes);
    this.#queueWatch = new QueueWatch(() => this.#graph.nodes, this.#announcer, clock, (id) => options.log.logger(`lnmt.connectors.${id}`));
    this.#keeper = new StateKeeper(() => this.#graph.nodes, this.#state, clock);
    this.#reloader = new Reloader({
      file: options.file,
      reading: { env: options.env },
      graph: this.#graph,
      clock,
      log,
      onRead: (configuration, loaded) => this.#learn(configuration, loaded),
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
    return agent.#run(loaded.configuration, loaded, async () => {
      const report: ReloadReport = { at: clock.now(), trigger: 'start', result: 'refused', tookMs: clock.now() - agent.#startedAt, problems: broken.problems };
      await agent.#tried(report, broken.watch);
      agent.#log.error(
        `${options.file} is not valid; started from the last good one, of ${new Date(kept.since).toISOString()}, until it is mended\n${formatProblems(broken.problems, { color: false })}`,
      );
    }, broken);
  }

  async #run(configuration: Configuration, loaded: LoadedFile, started: () => Promise<void>, onDisk: Loaded = loaded): Promise<this> {
    try {
      this.#learn(configuration, loaded);
      this.#configureLog(configuration);
      this.#service = configuration.service;
      const plan = await this.#graph.apply(configuration).catch((error: unknown) => {
        throw new InvalidFile([...loaded.problems, ...problemsOf(faultsOf(error), loaded.problemAt)]);
      });
      this.#lastReload = { at: clock.now(), trigger: 'start', result: 'applied', tookMs: clock.now() - this.#startedAt, plan };
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
    return this.#admin?.address;
  }

  reload(trigger: string): Promise<ReloadReport> {
    return this.#reloader.reload(trigger);
  }

  /** Stops receiving, delivers what waits within `service.shutdown_timeout`, and closes. Safe twice. */
  async stop(): Promise<void> {
    await this.#watch?.close();
    this.#keeper.stop();
    this.#queueWatch.stop();
    this.#announcer.stop();
    const timeoutMs = this.#graph.configuration?.service.shutdownTimeoutMs ?? 0;
    const deadline = new AbortController();
    const cancel = clock.schedule(timeoutMs, () => deadline.abort(new Error('service.shutdown_timeout is over')));
    await this.#graph.stop(deadline.signal, () => this.#keeper.save());
    cancel();
    await this.#deadLetters.close();
    await this.#state.close();
    await this.#admin?.stop();
    this.#queueGauges.stop();
    for (const release of this.#releases.splice(0)) release();
    await rm(this.#addressFile, { force: true });
    await this.#storage.release();
  }

  #world(): World {
    const types = (): Catalog => this.#catalog;
    return {
      get catalog() {
        return types();
      },
      clock,
      meter: this.#metrics,
      deadLetters: {
        add: (holder, events, reason, attempts) => {
          this.#deadLetters.add(holder, events, reason, attempts);
          this.#announcer.announce({
            kind: 'dead_letters',
            level: 'error',
            component: holder,
            title: `${holder}: events were refused for good`,
            message: `${holder}: ${events.length === 1 ? 'an event was' : `${events.length} events were`} refused for good and kept as dead letters: ${reason}`,
            metadata: { reason },
          });
        },
      },
      announcer: this.#announcer,
      state: this.#state,
      logger: (name) => this.#options.log.logger(name),
      openQueue: (id, options) =>
        openQueue(id, options, {
          storage: this.#storage.directory,
          clock,
          meter: this.#metrics,
          deadLetters: this.#deadLetters,
          logger: (name) => this.#options.log.logger(name),
        }),
    };
  }

  get #addressFile(): string {
    return join(this.#storage.directory, 'admin-address');
  }

  /** What makes it reachable: metrics, the admin address, the watch on the file. */
  async #open({ service }: Configuration, { watch, texts }: Loaded): Promise<void> {
    this.#releases.push(addProcessMetrics(this.#metrics, this.#options.version), this.#addConfigMetrics());
    await this.#openAdmin(service);
    this.#watch = watchFiles({
      files: watch,
      onChange: (changed) => void this.#reloader.reload('the file changed', changed),
    });
    await this.#watch.ready;
    // An edit may have been faster than the start.
    if (await differsOnDisk(texts)) void this.#reloader.reload('the file changed');
  }

  async #openAdmin({ admin }: ServiceOptions): Promise<void> {
    this.#admin = await startAdmin({
      ...admin,
      log: this.#log,
      routes: routes({
        metrics: () => this.#metrics.prometheus(),
        status: () => this.#status(),
        reload: () => this.reload('POST /-/reload'),
        stale: () => this.#stale,
        more: [...commandRoutes(this.#graph, this.#options.env), alertRoute({ graph: this.#graph, meter: this.#metrics, clock })],
      }),
    });
    await writeFile(this.#addressFile, `${this.#admin.address}\n`, { mode: 0o600 });
  }

  #addConfigMetrics(): () => void {
    return this.#metrics.gauge(
      'lnmt_collector_config_last_reload_successful',
      'Whether the file on disk is what runs: 0 from an edit that could not be taken over until it is mended.',
      {},
      () => (this.#stale ? 0 : 1),
    );
  }

  #status(): object {
    return status({
      version: this.#options.version,
      file: this.#options.file,
      startedAt: this.#startedAt,
      now: clock.now(),
      graph: this.#graph,
      metrics: this.#metrics,
      lastReload: this.#lastReload,
      stale: this.#stale,
    });
  }

  /** What must be known before a configuration is applied. */
  #learn({ secrets }: Configuration, { catalog: types }: LoadedFile): void {
    this.#catalog = types;
    for (const secret of secrets) this.#options.secrets.add(secret);
  }

  #configureLog({ service }: Configuration): void {
    const { logLevel } = this.#options;
    this.#options.log.configure({ ...service.log, ...(logLevel ? { level: logLevel } : {}) });
  }

  async #applied(configuration: Configuration, loaded: Loaded): Promise<void> {
    this.#configureLog(configuration);
    this.#queueGauges.follow();
    const { service } = configuration;
    if (!isDeepStrictEqual(service.admin, this.#service?.admin)) await this.#moveAdmin(service);
    if (service.storageDirectory !== this.#storage.directory) {
      this.#log.warn(`service.storage.directory is edited; it takes effect when the collector is started again, until then ${this.#storage.directory} is used`);
    }
    this.#service = service;
    await this.#keepLastGood(loaded);
    await this.#keeper.save();
  }

  /** A new address or token. One that cannot be had is said, and the pipelines run on without it. */
  async #moveAdmin(service: ServiceOptions): Promise<void> {
    await this.#admin?.stop();
    this.#admin = undefined;
    try {
      await this.#openAdmin(service);
      this.#log.info(`status and metrics are at http://${this.adminAddress}`);
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      this.#log.error(`${error.message}. ${error.place.hint ?? ''}`);
    }
  }

  #keepLastGood({ texts }: Loaded): Promise<void> {
    return keepLastGood(this.#state, { since: clock.now(), texts });
  }

  #announceReload({ result, problems = [] }: ReloadReport): void {
    const { file } = this.#options;
    const errors = problems.filter(({ severity }) => severity === 'error');
    const said = errors.map((problem) => `${problem.file}:${problem.line}:${problem.column} ${problem.message}`).join('\n');
    this.#announcer.announce(
      result === 'refused'
        ? { kind: 'reload_refused', level: 'error', component: 'collector', title: `An edit of ${file} is not valid and was not taken over`, message: said }
        : { kind: 'reload_mended', level: 'info', component: 'collector', title: `${file} is valid again and in effect`, message: '' },
    );
  }

  async #tried(report: ReloadReport, watch: readonly string[]): Promise<void> {
    this.#lastReload = report;
    const wasStale = this.#stale;
    this.#stale = report.result === 'refused';
    if (this.#stale || wasStale) this.#announceReload(report);
    this.#metrics
      .counter('lnmt_collector_config_reloads_total', 'Edits tried, by what came of them.', { result: report.result })
      .add(1);
    await this.#watch?.update(watch);
  }
}
