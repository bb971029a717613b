/** Runs the same traffic through two files, and tells what each destination would get that it did not get before. */
import type { Catalog } from '../component/catalog.ts';
import type { Configuration } from '../component/configuration.ts';
import type { Event } from '../component/event.ts';
import { eventFromJson } from '../lib/event-json.ts';
import { Simulation } from './simulation.ts';

/** Something that came in once. */
export interface Traffic {
  /** Unix milliseconds; undefined where only the event itself can say. */
  readonly at: number | undefined;
  readonly receiver: string;
  readonly raw?: string;
  readonly event?: unknown;
  /** The file's path. */
  readonly origin?: string;
}

export interface Side {
  readonly configuration: Configuration;
  readonly catalog: Catalog;
}

export interface ReplayReport {
  /** Events that came in. */
  readonly events: number;
  /** Of receivers that the one or the other file does not have, or refuses. */
  readonly unread: { readonly before: number; readonly after: number };
  /** Of every exporter of either file, by id. */
  readonly exporters: readonly ExporterChange[];
}

export interface ExporterChange {
  readonly exporter: string;
  /** Messages before and after; undefined where the file has no such exporter. */
  readonly before: number | undefined;
  readonly after: number | undefined;
  /** Messages that only the one side has: how many, and the first few. */
  readonly added: { readonly count: number; readonly first: readonly string[] };
  readonly gone: { readonly count: number; readonly first: readonly string[] };
}

const SHOWN = 3;

/** Messages of one exporter that are told apart; beyond that they are only counted. */
const MAX_TOLD_APART = 200_000;

/** `now`, in Unix milliseconds, is when events came that say nothing of their time. */
export async function replay(
  traffic: AsyncIterable<Traffic>,
  before: Side,
  after: Side,
  now: number,
): Promise<ReplayReport> {
  let sides: readonly [Run, Run] | undefined;
  let events = 0;
  for await (const one of traffic) {
    events += 1;
    if (!sides) {
      const startsAt = await timeOfFirst(one, before, now);
      sides = [await Run.start(before, startsAt), await Run.start(after, startsAt)];
    }
    for (const side of sides) await side.take(one);
  }
  for (const side of sides ?? []) await side.finish();
  if (!sides) return { events, unread: { before: 0, after: 0 }, exporters: [] };
  return reportOf(events, ...sides);
}

/** The clock only goes forward: it has to start no later than what came first. */
async function timeOfFirst(one: Traffic, side: Side, now: number): Promise<number> {
  if (one.at !== undefined) return one.at;
  const probe = await Run.start(side, now);
  const [event] = probe.eventsOf(one);
  await probe.finish();
  return Math.min(now, event?.timestamp ?? now);
}

function reportOf(events: number, old: Run, now: Run): ReplayReport {
  const ids = new Set([...old.messages.keys(), ...now.messages.keys()]);
  return {
    events,
    unread: { before: old.unread, after: now.unread },
    exporters: [...ids].map((id) => change(id, old.messages.get(id), now.messages.get(id))),
  };
}

/** What one exporter would send. */
interface Messages {
  count: number;
  readonly inOrder: string[];
}

class Run {
  unread = 0;
  readonly messages = new Map<string, Messages>();
  readonly #simulation: Simulation;

  private constructor(simulation: Simulation, { exporters }: Configuration) {
    this.#simulation = simulation;
    for (const { id, enabled } of exporters.values()) if (enabled) this.messages.set(id, { count: 0, inOrder: [] });
  }

  static async start({ configuration, catalog }: Side, startsAt: number): Promise<Run> {
    return new Run(await Simulation.start(configuration, catalog, { startsAt }), configuration);
  }

  async take(one: Traffic): Promise<void> {
    const { clock } = this.#simulation;
    if (one.at !== undefined) await this.#goTo(one.at);
    const events = this.eventsOf(one);
    if (events.length === 0) this.unread += 1;
    // A line of a file knows its own time: windows see it as it was.
    else if (one.at === undefined) await this.#goTo(Math.max(clock.now(), events[0]!.timestamp));
    await this.#simulation.receive(one.receiver, events);
    this.#count();
  }

  async finish(): Promise<void> {
    await this.#simulation.finish();
    this.#count();
  }

  async #goTo(time: number): Promise<void> {
    const ms = time - this.#simulation.clock.now();
    if (ms > 0) await this.#simulation.advance(ms);
  }

  eventsOf({ receiver, raw, event, origin }: Traffic): readonly Event[] {
    if (raw === undefined) {
      const made = eventFromJson(event, this.#simulation.clock.now(), receiver);
      return typeof made === 'string' ? [] : [made];
    }
    try {
      return this.#simulation.decode(receiver, Buffer.from(raw), origin)?.events ?? [];
    } catch {
      return [];
    }
  }

  /** Counted as they are made and forgotten: traffic may be long. */
  #count(): void {
    for (const { exporter, events, verdict } of this.#simulation.requests.splice(0)) {
      const messages = this.messages.get(exporter);
      if (!messages || verdict !== 'sent') continue;
      messages.count += 1;
      if (messages.inOrder.length < MAX_TOLD_APART)
        messages.inOrder.push(
          events
            .map(({ level, source, title }) => `${level} ${source}: ${title}`)
            .join(' | ')
            .slice(0, 200),
        );
    }
  }
}

function change(exporter: string, before: Messages | undefined, after: Messages | undefined): ExporterChange {
  return {
    exporter,
    before: before?.count,
    after: after?.count,
    added: onlyIn(after?.inOrder ?? [], before?.inOrder ?? []),
    gone: onlyIn(before?.inOrder ?? [], after?.inOrder ?? []),
  };
}

function onlyIn(these: readonly string[], those: readonly string[]): { count: number; first: string[] } {
  const left = new Map<string, number>();
  for (const one of those) left.set(one, (left.get(one) ?? 0) + 1);
  const only = these.filter((one) => {
    const count = left.get(one) ?? 0;
    if (count > 0) left.set(one, count - 1);
    return count === 0;
  });
  return { count: only.length, first: [...new Set(only)].slice(0, SHOWN) };
}
