/**
 * health: this machine's CPU, memory, disks and load, as `system_health` events at intervals, and as
 * `threshold_breach` events when a limit is crossed and when that is over.
 *
 * Why no event although the CPU is at 100 %? A limit must be crossed for as long as `for` says. Why
 * none that it is over? The value must fall `recovery` below the limit first, so that one that
 * wavers around it does not ring every minute.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { defineReceiver, type Context, type Receiver, type Sink } from '../component/component.ts';
import { newMetadata, type Event, type Level } from '../component/event.ts';
import type { ConfigOf, ConfigSchema } from '../component/schema.ts';
import { Limit, type Breach, type Change } from './health/limits.ts';
import { Machine, type Readings } from './health/readings.ts';

const percentField = (what: string) =>
  ({
    type: 'number',
    default: 90,
    minimum: 0,
    maximum: 100,
    description: `${what}, in percent; 0 watches it not.`,
  }) as const;

const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    interval: {
      type: 'number',
      format: 'duration',
      default: 60_000,
      minimum: 1_000,
      description: 'How often a system_health event is sent.',
    },
    check_interval: {
      type: 'number',
      format: 'duration',
      default: 10_000,
      minimum: 1_000,
      description: 'How often the limits are looked at.',
    },
    thresholds: {
      type: 'object',
      additionalProperties: false,
      default: {},
      description: 'Limits; crossing one is a threshold_breach event.',
      properties: {
        cpu: percentField('CPU time used'),
        memory: percentField('Memory used'),
        disk: percentField('Space used of each of the paths'),
        load: {
          type: 'number',
          default: 0,
          minimum: 0,
          description: 'Load of the last minute for each CPU, such as 2; 0 watches it not.',
        },
      },
    },
    recovery: {
      type: 'number',
      default: 5,
      minimum: 0,
      maximum: 50,
      description: 'How many percent of the limit a value must fall below it before that is said to be over.',
    },
    for: {
      type: 'number',
      format: 'duration',
      default: 30_000,
      minimum: 0,
      description: 'How long a limit must be crossed before that is said.',
    },
    paths: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      orOne: true,
      default: ['/'],
      description: 'Where the disks to watch are mounted.',
      examples: [['/', '/var/log']],
    },
    root: {
      type: 'string',
      minLength: 1,
      default: '/',
      description:
        'Where the machine’s file system is mounted, for a container that watches its host: /proc, /sys and the paths are read below it.',
    },
    source: { type: 'string', minLength: 1, description: 'The events’ source; this machine’s name unless said.' },
  },
} as const satisfies ConfigSchema;

type Options = ConfigOf<typeof schema>;

export default defineReceiver({
  type: 'health',
  stability: 'stable',
  summary: 'Watches this machine, or container: CPU, memory, disks and load.',
  schema,
  example: { interval: '1m', thresholds: { cpu: 90, memory: 90, disk: 85 }, paths: ['/', '/var/log'] },
  create: (options, context, sink) => new Health(options, context, sink),
});

/** The first figures need a while to compare the CPU times of. */
const FIRST_MS = 1_000;

const NAMES: Readonly<Record<string, string>> = { cpu: 'CPU', memory: 'memory', load: 'load' };

class Health implements Receiver {
  readonly #options: Options;
  readonly #context: Context;
  readonly #sink: Sink;
  readonly #machine: Machine;
  readonly #source: string;
  /** By `cpu`, `memory`, `load` or `disk PATH`. */
  readonly #limits = new Map<string, Limit>();
  #breaches: Readonly<Record<string, Breach>> = {};
  #reportedAt = -Infinity;
  #running = false;
  #cancel: (() => void) | undefined;

  constructor(options: Options, context: Context, sink: Sink) {
    this.#options = options;
    this.#context = context;
    this.#sink = sink;
    this.#machine = new Machine(options.root, options.paths, () => context.clock.monotonic());
    this.#source = options.source ?? hostname();
  }

  async start(): Promise<void> {
    this.#running = true;
    await this.#machine.read();
    this.#schedule(FIRST_MS);
  }

  stop(): Promise<void> {
    this.#running = false;
    this.#cancel?.();
    return Promise.resolve();
  }

  adopt(predecessor: this): void {
    this.#breaches = predecessor.snapshot();
    this.#reportedAt = predecessor.#reportedAt;
  }

  /** What is crossed now, so that neither a reload nor a restart says it again. */
  snapshot(): Readonly<Record<string, Breach>> {
    const breaches = Object.assign(Object.create(null) as Record<string, Breach>, this.#breaches);
    for (const [key, { breach }] of this.#limits) {
      if (breach) breaches[key] = breach;
      // One that was taken over, and is over.
      else delete breaches[key];
    }
    return breaches;
  }

  restore(snapshot: unknown): void {
    if (typeof snapshot === 'object' && snapshot !== null)
      this.#breaches = snapshot as Readonly<Record<string, Breach>>;
  }

  #schedule(delayMs: number): void {
    this.#cancel = this.#context.clock.schedule(delayMs, () => void this.#check());
  }

  async #check(): Promise<void> {
    try {
      const readings = await this.#machine.read();
      if (!this.#running) return;
      const batch = this.#breachesOf(readings);
      const now = this.#context.clock.monotonic();
      const { interval, check_interval: checkInterval } = this.#options;
      if (now - this.#reportedAt >= interval - checkInterval / 2) {
        this.#reportedAt = now;
        batch.push(this.#report(readings));
      }
      if (batch.length > 0) this.#sink.push(batch);
    } catch (error) {
      this.#context.log.warn('the machine could not be read', { reason: String(error) });
    }
    if (this.#running) this.#schedule(Math.min(this.#options.check_interval, this.#options.interval));
  }

  #breachesOf({ cpuPercent, cpus, memory, disks, load }: Readings): Event[] {
    const { cpu, memory: memoryLimit, disk, load: loadLimit } = this.#options.thresholds;
    const events: Event[] = [];
    const look = (key: string, value: number | undefined, limit: number): void => {
      if (value === undefined || limit === 0) return;
      const watched = this.#limit(key, limit);
      const since = watched.breach?.since;
      const now = this.#context.clock.now();
      const change = watched.observe(value, now);
      if (change) events.push(this.#breachEvent(key, value, change, watched, now - (since ?? now)));
    };
    look('cpu', cpuPercent, cpu);
    look('memory', memory.percent, memoryLimit);
    for (const [path, { percent }] of disks) look(`disk ${path}`, percent, disk);
    look('load', Math.round((load[0]! / cpus) * 100) / 100, loadLimit);
    return events;
  }

  #limit(key: string, limit: number): Limit {
    const known = this.#limits.get(key);
    if (known) return known;
    const { recovery, for: forMs } = this.#options;
    const graveFrom = key === 'load' ? limit * 1.5 : limit + (100 - limit) / 2;
    const made = new Limit(
      { limit, recoverBelow: limit * (1 - recovery / 100), graveFrom, forMs },
      this.#breaches[key],
    );
    this.#limits.set(key, made);
    return made;
  }

  #breachEvent(key: string, value: number, change: Change, { options, breach }: Limit, lastedMs: number): Event {
    const unit = key === 'load' ? '' : ' %';
    const [metric = key, path] = key.split(' ', 2);
    const what = path === undefined ? (NAMES[metric] ?? metric) : `disk ${path}`;
    const level: Level = change === 'recovered' ? 'info' : breach?.said === 'grave' ? 'critical' : 'warning';
    const title =
      change === 'recovered'
        ? `${what} is below ${options.limit}${unit} again: ${value}${unit}`
        : `${what} is past ${options.limit}${unit}: ${value}${unit}`;
    return this.#event('threshold_breach', level, title, `${title} on ${this.#source}`, {
      metric,
      value,
      threshold: options.limit,
      ...(path === undefined ? {} : { path }),
      ...(change === 'recovered'
        ? { recovered: true, lasted_seconds: Math.round(lastedMs / 1_000) }
        : { severity: level === 'critical' ? 'high' : 'medium' }),
    });
  }

  #report({ cpuPercent, cpus, memory, disks, load, container }: Readings): Event {
    const disk = Object.fromEntries(
      [...disks].map(([path, { percent, usedBytes, totalBytes }]) => [
        path,
        { percent, used_bytes: usedBytes, total_bytes: totalBytes },
      ]),
    );
    const parts = [
      ...(cpuPercent === undefined ? [] : [`CPU ${cpuPercent} %`]),
      `memory ${memory.percent} %`,
      ...[...disks].map(([path, { percent }]) => `disk ${path} ${percent} %`),
      `load ${load[0]}`,
    ];
    const title = `${this.#source}: ${parts.join(', ')}`;
    const troubled = [...this.#limits.values()].some(({ active }) => active);
    return this.#event('system_health', troubled ? 'warning' : 'info', title, title, {
      ...(cpuPercent === undefined ? {} : { cpu_percent: cpuPercent }),
      cpus,
      memory_percent: memory.percent,
      memory_used_bytes: memory.usedBytes,
      memory_total_bytes: memory.totalBytes,
      disk,
      load_1: load[0],
      load_5: load[1],
      load_15: load[2],
      ...(container ? { container } : {}),
    });
  }

  #event(eventType: string, level: Level, title: string, message: string, facts: object): Event {
    const metadata = Object.assign(newMetadata(), facts);
    return {
      eventId: randomUUID(),
      timestamp: this.#context.clock.now(),
      eventType,
      level,
      source: this.#source,
      title,
      message,
      metadata,
      tags: ['health'],
    };
  }
}
