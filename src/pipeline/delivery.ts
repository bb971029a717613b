/**
 * Takes events from an exporter's queue and delivers them: batches, paces, retries, splits a
 * refused batch to find the events at fault, and keeps the books. One for each exporter; it
 * outlives the exporter's instance.
 */
import { setMaxListeners } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import type { Exporter, Verdict } from '../component/component.ts';
import type { DeliveryOptions } from '../component/delivery-options.ts';
import { codeOf } from '../component/errors.ts';
import type { Event } from '../component/event.ts';
import { Attempts } from './attempts.ts';
import { COALESCE_FROM, COALESCE_MAX, coalesce } from './coalesce.ts';
import type { DeliveryParts } from './delivery-parts.ts';
import { Followers } from './followers.ts';
import { groupsOf, outcomeOf, type Group, type Outcome } from './outcome.ts';
import { Pacing, type Permit } from './pacing.ts';
import type { Lease, Queue } from './queue.ts';

/** Times an exporter's own code may fail on the same events before they are dead-lettered. */
const MAX_FAULTS = 5;

const SENT = { kind: 'sent' } as const;

export class Delivery {
  readonly followers = new Followers();
  readonly #parts: DeliveryParts;
  readonly #pacing: Pacing;
  #queue: Queue;
  #exporter: Exporter;
  #options: DeliveryOptions;
  readonly #stop = new AbortController();
  readonly #attempts: Attempts;
  /** Deliveries under way. */
  #active = 0;
  /** The destination made us wait, and what waited has not all been delivered since. */
  #madeToWait = false;
  #started = false;
  #draining = false;
  #cancelWake: (() => void) | undefined;
  readonly #onIdle: (() => void)[] = [];

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
    this.#queue = parts.queue;
    this.#exporter = parts.exporter;
    this.#options = parts.options;
    this.#pacing = new Pacing(parts.options.retry, parts.minIntervalMs, parts.clock, parts.random);
    this.#attempts = new Attempts(parts.clock);
    // As many listen as requests may be under way.
    setMaxListeners(0, this.#stop.signal);
    this.#queue.onReady = () => this.#pump();
  }

  get exporter(): Exporter {
    return this.#exporter;
  }

  get queue(): Queue {
    return this.#queue;
  }

  /** Begins, or goes back from a drain to its usual ways. */
  start(): void {
    this.#started = true;
    this.#draining = false;
    this.#settled();
    this.#pump();
  }

  /**
   * An edit: from the next request on. Resolves when the predecessor has no request under way. An edit
   * of something else changes nothing here: a destination that asked to be left alone still is.
   */
  replace(exporter: Exporter, options: DeliveryOptions, queue: Queue): Promise<void> {
    const predecessor = this.#exporter;
    if (exporter === predecessor && queue === this.#queue && isDeepStrictEqual(options, this.#options))
      return Promise.resolve();
    this.#exporter = exporter;
    this.#options = options;
    if (queue !== this.#queue) {
      this.#queue.onReady = () => {};
      this.#queue = queue;
      queue.onReady = () => this.#pump();
    }
    this.#pacing.reset(options.retry);
    this.#parts.health.edited();
    this.#pump();
    if (predecessor === exporter) return Promise.resolve();
    this.#attempts.renew();
    return this.#until(() => !this.#attempts.has(predecessor));
  }

  /** Delivers what waits, batches that fill up too. Resolves when nothing does any more, or at the next `start`. */
  drain(): Promise<void> {
    this.#draining = true;
    this.#pump();
    const isEmpty = (): boolean => this.#queue.waiting + this.#queue.arriving === 0 || this.#stop.signal.aborted;
    return this.#until(() => !this.#draining || (this.#active === 0 && isEmpty()));
  }

  /** Drains until the signal ends it; what is left then stays in the queue. */
  async stop(deadline: AbortSignal): Promise<void> {
    const idle = this.drain();
    const giveUp = (): void => {
      const reason = new Error('stopping');
      this.#stop.abort(reason);
      this.#attempts.stop(reason);
      this.#settled();
    };
    if (deadline.aborted) giveUp();
    else deadline.addEventListener('abort', giveUp, { once: true });
    this.#settled();
    await idle;
    deadline.removeEventListener('abort', giveUp);
    giveUp();
    this.followers.held('the collector stops');
    this.#cancelWake?.();
  }

  #until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (condition()) resolve();
        else this.#onIdle.push(check);
      };
      check();
    });
  }

  #settled(): void {
    for (const check of this.#onIdle.splice(0)) check();
  }

  /** Starts as many deliveries as may run and find events. */
  #pump(): void {
    if (!this.#started) return;
    while (this.#active < this.#options.concurrency && !this.#stop.signal.aborted) {
      if (this.#awaitsMore()) return;
      const queue = this.#queue;
      const { maxEvents } = this.#options.batch;
      const coalesces = this.#coalesces();
      const lease = queue.take(coalesces ? COALESCE_MAX : maxEvents, this.#parts.graveFirst);
      if (!lease) break;
      this.#active += 1;
      const groups = coalesces
        ? coalesce(lease.events, maxEvents, this.#parts.clock.now())
        : [{ events: lease.events }];
      void this.#deliver(lease, groups.reverse());
    }
    if (this.#draining) this.#settled();
  }

  #coalesces(): boolean {
    if (!this.#parts.coalesces || !this.#madeToWait) return false;
    const { waiting } = this.#queue;
    if (waiting === 0) this.#madeToWait = false;
    return waiting >= Math.max(COALESCE_FROM, this.#options.batch.maxEvents);
  }

  /** True if a batch is still filling up; then it looks again in time. */
  #awaitsMore(): boolean {
    const { maxEvents, maxWaitMs } = this.#options.batch;
    const { waiting, oldestSince } = this.#queue;
    if (this.#draining || maxWaitMs === 0 || waiting === 0 || waiting >= maxEvents || oldestSince === undefined)
      return false;
    const left = oldestSince + maxWaitMs - this.#parts.clock.now();
    if (left <= 0) return false;
    if (!this.#cancelWake) {
      this.#cancelWake = this.#parts.clock.schedule(Math.min(left, maxWaitMs), () => {
        this.#cancelWake = undefined;
        this.#pump();
      });
    }
    return true;
  }

  /** Delivers the groups, the last one first. Ends with the lease settled or given back, never with an error. */
  async #deliver(lease: Lease, work: Group[]): Promise<void> {
    let faults = 0;
    try {
      while (work.length > 0) {
        const group = work.at(-1)!;
        try {
          await this.#deliverGroup(this.#exporter, group, work, lease.since);
          faults = 0;
        } catch (error) {
          if (!(error instanceof Fault)) throw error;
          faults += 1;
          if (this.#fault(error, work, faults)) faults = 0;
        }
      }
      lease.settle();
    } catch {
      lease.giveBack(work.reverse().flatMap(({ events }) => events));
    } finally {
      this.#active -= 1;
      this.#pump();
      this.#settled();
    }
  }

  /** On which event of the group it was nobody knows. Returns whether another group is tried now. */
  #fault({ cause, permit }: Fault, work: Group[], faults: number): boolean {
    const code = codeOf(cause);
    this.#parts.log.error(`the exporter failed: ${cause instanceof Error ? cause.message : code}`);
    this.#parts.tallies.failedRequest(code);
    const { events } = work.at(-1)!;
    if (events.length === 1 && faults < MAX_FAULTS) {
      this.#failed(this.#pacing.failed(permit), `the exporter failed: ${code}`);
      return false;
    }
    this.#pacing.abandoned(permit);
    work.pop();
    if (events.length === 1) this.#bury(events, `the exporter failed: ${code}`, faults);
    else work.push(...groupsOf(events, (events.length + 1) >> 1).reverse());
    return true;
  }

  /** Sends the group on top of `work`, and leaves on `work` what of it is still to be sent. Throws a Fault where the exporter's own code fails. */
  async #deliverGroup(exporter: Exporter, group: Group, work: Group[], since: number): Promise<void> {
    const requests = this.#encode(exporter, group, work);
    if (!requests) return;
    const { length } = group.events;
    let at = 0;
    for (const encoded of requests) {
      const { events } = encoded;
      let part = partOf(group, at, events);
      if (this.#expired(since)) {
        this.#leave(work, group, at + part.events.length);
        this.#bury(part.events, 'expired: not delivered within max_elapsed_time', this.#pacing.failures);
      } else {
        const permit = this.#pacing.tryEnter() ?? (await this.#pacing.enter(this.#stop.signal));
        // An edit may have come while we waited: what it says counts.
        if (exporter !== this.#exporter || this.#stop.signal.aborted) {
          this.#pacing.abandoned(permit);
          this.#stop.signal.throwIfAborted();
          return;
        }
        let verdict: Verdict;
        try {
          verdict = await this.#attempts.run(exporter, encoded.request, this.#options.timeoutMs);
        } catch (error) {
          if (this.#stop.signal.aborted) throw error;
          throw new Fault(error, permit);
        } finally {
          if (this.#onIdle.length > 0) this.#settled();
        }
        const fewer = encoded.events < events;
        if (fewer) part = partOf(group, at, encoded.events);
        const again = this.#conclude(verdict, part, permit);
        this.#leave(work, group, at + part.events.length);
        for (let index = again.length - 1; index >= 0; index -= 1) work.push(again[index]!);
        if (again.length > 0 || fewer) return;
      }
      at += part.events.length;
      if (at === length) return;
    }
    work.pop();
    this.#bury(group.events.slice(at), 'the exporter made no request of it', 1);
  }

  /** Puts what is left of a group, from the event at `at` on, in its place on `work`. */
  #leave(work: Group[], { events }: Group, at: number): void {
    work.pop();
    if (at < events.length) work.push({ events: events.slice(at) });
  }

  /** The requests of a group; an event that cannot be encoded is set apart and dead-lettered. */
  #encode(exporter: Exporter, { events, told }: Group, work: Group[]): ReturnType<Exporter['encode']> | undefined {
    try {
      return exporter.encode(told ? [told] : events);
    } catch (error) {
      work.pop();
      if (events.length === 1) this.#bury(events, `cannot be encoded: ${codeOf(error)}`, 1);
      else work.push(...groupsOf(events, 1).reverse());
      return undefined;
    }
  }

  /** Books what became of the events of a request. Returns what of them is to be sent again. */
  #conclude(verdict: Verdict, part: Group, permit: Permit): readonly Group[] {
    const outcome = outcomeOf(verdict, part, this.#options.batch.maxEvents);
    const attempts = this.#pacing.failures + 1;
    this.#pace(verdict, outcome, permit);
    const { tallies } = this.#parts;
    const { taken, refused, again } = outcome;
    if (taken.length > 0) {
      tallies.sent.add(taken.length);
      if (part.told) tallies.coalesced.add(taken.length);
      this.followers.ended(taken, SENT);
    }
    for (const { event, reason } of refused) this.#bury([event], reason, attempts);
    return again;
  }

  /** What the verdict says about the destination. */
  #pace(verdict: Verdict, { again }: Outcome, permit: Permit): void {
    const { tallies, health } = this.#parts;
    const answer = verdict.kind === 'mixed' ? verdict.later : verdict;
    if (answer.kind !== 'sent') tallies.failedRequest(answer.reason);
    if (answer.kind === 'misconfigured') {
      this.#madeToWait = true;
      health.misconfigured(answer.reason, this.#pacing.misconfigured(permit), this.#queue.events);
      this.followers.held(answer.reason, true);
    } else if (answer.kind === 'later' && again.length > 0) {
      this.#failed(this.#pacing.failed(permit, answer.notBeforeMs), answer.reason);
    } else {
      // Where it refuses, it answers: it is well, the events are not.
      this.#pacing.succeeded(permit, answer.kind === 'sent' ? answer.notBeforeMs : 0);
      // A straggler of before the last failure says nothing.
      if (this.#pacing.failures === 0) health.delivered();
    }
  }

  #failed(waitMs: number, reason: string): void {
    this.#madeToWait = true;
    this.#parts.health.failed(reason, waitMs, this.#queue.events);
    this.followers.held(reason);
  }

  #expired(since: number): boolean {
    const { maxElapsedTimeMs } = this.#options.retry;
    return maxElapsedTimeMs > 0 && this.#pacing.failures > 0 && this.#parts.clock.now() - since > maxElapsedTimeMs;
  }

  #bury(events: readonly Event[], reason: string, attempts: number): void {
    const { tallies, deadLetters, id } = this.#parts;
    tallies.deadLettered.add(events.length);
    deadLetters.add(id, events, reason, attempts);
    this.followers.ended(events, { kind: 'refused', reason });
  }
}

/** What of the group a request carries: the group itself where that is all, or tells all. */
function partOf(group: Group, at: number, events: number): Group {
  if (group.told || (at === 0 && events === group.events.length)) return group;
  return { events: group.events.slice(at, at + events) };
}

/** The exporter's own code failed where it should have given a verdict. */
class Fault extends Error {
  override readonly name = 'Fault';
  readonly permit: Permit;

  constructor(cause: unknown, permit: Permit) {
    super('the exporter failed', { cause });
    this.permit = permit;
  }
}
