/**
 * Takes events from an exporter's queue and delivers them: batches, paces, retries, splits a
 * refused batch to find the events at fault, and keeps the books. One for each exporter; it
 * outlives the exporter's instance.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Clock, Exporter, Logger, Verdict } from '../component/component.ts';
import type { DeliveryOptions } from '../component/delivery-options.ts';
import { codeOf } from '../component/errors.ts';
import type { Event } from '../component/event.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { DeliveryHealth } from './delivery-health.ts';
import { Followers } from './followers.ts';
import type { ExporterTallies } from './ledger.ts';
import { Pacing } from './pacing.ts';
import type { Lease, Queue } from './queue.ts';

export interface DeliveryParts {
  readonly id: string;
  readonly queue: Queue;
  readonly exporter: Exporter;
  readonly options: DeliveryOptions;
  /** Critical events go first. */
  readonly graveFirst: boolean;
  readonly minIntervalMs: number;
  readonly tallies: ExporterTallies;
  readonly deadLetters: DeadLetters;
  readonly health: DeliveryHealth;
  readonly clock: Clock;
  readonly log: Logger;
  /** For jitter; Math.random unless said. */
  readonly random?: (() => number) | undefined;
}

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
  /** Requests under way, by the exporter instance that makes them. */
  readonly #underWay = new Map<Exporter, number>();
  #active = 0;
  #started = false;
  #draining = false;
  #cancelWake: (() => void) | undefined;
  #onIdle: (() => void)[] = [];

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
    this.#queue = parts.queue;
    this.#exporter = parts.exporter;
    this.#options = parts.options;
    this.#pacing = new Pacing(parts.options.retry, parts.minIntervalMs, parts.clock, parts.random);
    this.#queue.onReady = () => this.#pump();
  }

  get exporter(): Exporter {
    return this.#exporter;
  }

  get queue(): Queue {
    return this.#queue;
  }

  start(): void {
    this.#started = true;
    this.#pump();
  }

  /**
   * An edit: from the next request on. Resolves when the predecessor has no request under way. An edit
   * of something else changes nothing here: a destination that asked to be left alone still is.
   */
  replace(exporter: Exporter, options: DeliveryOptions, queue: Queue): Promise<void> {
    const predecessor = this.#exporter;
    if (exporter === predecessor && queue === this.#queue && isDeepStrictEqual(options, this.#options)) return Promise.resolve();
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
    return this.#until(() => !this.#underWay.has(predecessor));
  }

  /** Delivers what waits until the signal ends it; what is left then stays in the queue. */
  async stop(deadline: AbortSignal): Promise<void> {
    this.#draining = true;
    this.#pump();
    const idle = this.#until(() => this.#active === 0 && (this.#queue.events === 0 || this.#stop.signal.aborted));
    const giveUp = (): void => this.#stop.abort(new Error('stopping'));
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
      this.#stop.signal.addEventListener('abort', () => this.#settled(), { once: true });
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
      const lease = this.#queue.take(this.#options.batch.maxEvents, this.#parts.graveFirst);
      if (!lease) break;
      this.#active += 1;
      void this.#deliver(lease, this.#queue);
    }
    if (this.#draining) this.#settled();
  }

  /** True if a batch is still filling up; then it looks again in time. */
  #awaitsMore(): boolean {
    const { maxEvents, maxWaitMs } = this.#options.batch;
    const { waiting, oldestSince } = this.#queue;
    if (this.#draining || maxWaitMs === 0 || waiting === 0 || waiting >= maxEvents || oldestSince === undefined) return false;
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

  /** Ends with the lease settled or given back, never with an error. */
  async #deliver(lease: Lease, queue: Queue): Promise<void> {
    const work: (readonly Event[])[] = [lease.events];
    let faults = 0;
    try {
      while (work.length > 0) {
        const group = work.at(-1)!;
        const exporter = this.#exporter;
        try {
          await this.#deliverGroup(exporter, group, work, lease.since);
          faults = 0;
        } catch (error) {
          if (this.#stop.signal.aborted) throw error;
          faults += 1;
          const code = codeOf(error);
          this.#parts.log.error(`the exporter failed: ${error instanceof Error ? error.message : code}`);
          this.#parts.tallies.failedRequest(code);
          if (faults < MAX_FAULTS) this.#failed(this.#pacing.failed(), `the exporter failed: ${code}`);
          else {
            this.#pacing.abandoned();
            this.#bury(work.pop()!, `the exporter failed: ${code}`, faults);
            faults = 0;
          }
        }
      }
      lease.settle();
    } catch {
      lease.giveBack(work.reverse().flat());
    } finally {
      this.#active -= 1;
      if (queue === this.#queue) this.#pump();
      this.#settled();
    }
  }

  /** Sends the group on top of `work`, and leaves on `work` what of it is still to be sent. */
  async #deliverGroup(exporter: Exporter, group: readonly Event[], work: (readonly Event[])[], since: number): Promise<void> {
    const requests = this.#encode(exporter, group, work);
    if (!requests) return;
    let at = 0;
    for (const { request, events } of requests) {
      const part = at === 0 && events === group.length ? group : group.slice(at, at + events);
      if (this.#expired(since)) {
        this.#bury(part, 'expired: not delivered within max_elapsed_time', this.#pacing.failures);
        at += events;
        this.#leave(work, group.slice(at));
        continue;
      }
      if (!this.#pacing.tryEnter()) await this.#pacing.enter(this.#stop.signal);
      // An edit may have come while we waited: what it says counts.
      if (exporter !== this.#exporter) {
        this.#pacing.abandoned();
        return;
      }
      const verdict = await this.#attempt(exporter, request);
      at += events;
      const left = this.#conclude(verdict, part);
      this.#leave(work, at === group.length ? [] : group.slice(at));
      if (left.length === 0) continue;
      for (const piece of left.toReversed()) work.push(piece);
      return;
    }
    if (at === group.length) return;
    work.pop();
    this.#bury(group.slice(at), 'the exporter made no request of it', 1);
  }

  /** Puts what is left of a group in its place on `work`. */
  #leave(work: (readonly Event[])[], rest: readonly Event[]): void {
    work.pop();
    if (rest.length > 0) work.push(rest);
  }

  /** The requests of a group; an event that cannot be encoded is set apart and dead-lettered. */
  #encode(exporter: Exporter, group: readonly Event[], work: (readonly Event[])[]): ReturnType<Exporter['encode']> | undefined {
    try {
      return exporter.encode(group);
    } catch (error) {
      work.pop();
      if (group.length === 1) this.#bury(group, `cannot be encoded: ${codeOf(error)}`, 1);
      else for (const event of group.toReversed()) work.push([event]);
      return undefined;
    }
  }

  async #attempt(exporter: Exporter, request: unknown): Promise<Verdict> {
    const { clock } = this.#parts;
    const { timeoutMs } = this.#options;
    const attempt = new AbortController();
    const abort = (): void => attempt.abort(this.#stop.signal.reason);
    this.#stop.signal.addEventListener('abort', abort, { once: true });
    let timedOut = false;
    const cancelTimeout = clock.schedule(timeoutMs, () => {
      timedOut = true;
      attempt.abort(new Error('timed out'));
    });
    this.#underWay.set(exporter, (this.#underWay.get(exporter) ?? 0) + 1);
    try {
      return await exporter.send(request, attempt.signal);
    } catch (error) {
      if (timedOut) return { kind: 'later', reason: `no answer within ${timeoutMs / 1_000} s` };
      throw error;
    } finally {
      cancelTimeout();
      this.#stop.signal.removeEventListener('abort', abort);
      const others = this.#underWay.get(exporter)! - 1;
      if (others === 0) this.#underWay.delete(exporter);
      else this.#underWay.set(exporter, others);
    }
  }

  /** Books a verdict. Returns what of `part` is to be sent again, in the pieces to send it in. */
  #conclude(verdict: Verdict, part: readonly Event[]): readonly (readonly Event[])[] {
    const { tallies, health } = this.#parts;
    switch (verdict.kind) {
      case 'sent':
        this.#pacing.succeeded(verdict.notBeforeMs);
        tallies.sent.add(part.length);
        this.followers.ended(part, SENT);
        health.delivered();
        return [];
      case 'later':
        tallies.failedRequest(verdict.reason);
        this.#failed(this.#pacing.failed(verdict.notBeforeMs), verdict.reason);
        return [part];
      case 'misconfigured':
        tallies.failedRequest(verdict.reason);
        health.misconfigured(verdict.reason, this.#pacing.misconfigured(), this.#queue.events);
        this.followers.held(verdict.reason, true);
        return [part];
      case 'refused':
        // The destination answers: it is well, the events are not.
        this.#pacing.succeeded();
        tallies.failedRequest(verdict.reason);
        health.delivered();
        return this.#refused(verdict, part);
      case 'mixed': {
        tallies.failedRequest(verdict.later.reason);
        const gone = new Set([...verdict.refused.map(({ index }) => index), ...verdict.later.events]);
        tallies.sent.add(part.length - gone.size);
        for (const { index, reason } of verdict.refused) this.#bury([part[index]!], reason, this.#pacing.failures + 1);
        this.followers.ended(part.filter((_, index) => !gone.has(index)), SENT);
        const again = part.filter((_, index) => verdict.later.events.includes(index));
        if (again.length === 0) this.#pacing.succeeded();
        else this.#failed(this.#pacing.failed(verdict.later.notBeforeMs), verdict.later.reason);
        return again.length === 0 ? [] : [again];
      }
    }
  }

  #refused(verdict: Verdict & { kind: 'refused' }, part: readonly Event[]): readonly (readonly Event[])[] {
    if (verdict.events) {
      const reasons = new Map(verdict.events.map(({ index, reason }) => [index, reason]));
      this.#parts.tallies.sent.add(part.length - reasons.size);
      for (const [index, reason] of reasons) this.#bury([part[index]!], reason, 1);
      this.followers.ended(part.filter((_, index) => !reasons.has(index)), SENT);
      return [];
    }
    if (part.length === 1) {
      this.#bury(part, verdict.reason, this.#pacing.failures + 1);
      return [];
    }
    const half = part.length >> 1;
    return [part.slice(0, half), part.slice(half)];
  }

  #failed(waitMs: number, reason: string): void {
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
