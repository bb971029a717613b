/** A run of processors, in order: of a pipeline, or at an exporter's door. */
import type { Processor, ProcessorOutput } from '../component/component.ts';
import { copyEvent, type Event } from '../component/event.ts';
import type { StageSpec } from '../component/configuration.ts';
import type { Tally } from '../component/meter.ts';
import type { Watcher } from './watcher.ts';

/** What became of events in a stage, by reason. */
export interface StageTallies {
  readonly filtered: Tally;
  readonly suppressed: Tally;
  readonly generated: Tally;
  readonly failed: Tally;
}

/** A processor in its place, and what it says of the events that leave. */
export class Stage implements ProcessorOutput {
  readonly spec: StageSpec;
  readonly processor: Processor;
  readonly mutates: boolean;
  readonly #tallies: StageTallies;
  readonly #fail: (name: string, error: unknown, events: readonly Event[]) => void;
  /** Those that it failed on in the batch under way, by the error's name. */
  #faulty: Map<string, { readonly error: unknown; readonly events: Event[] }> | undefined;
  /** As `Sieve` has them; undefined where the processor has to see every event. */
  readonly needles: readonly Buffer[] | undefined;
  /** What it said of the last events that it dropped. */
  lastDrop: 'filtered' | 'suppressed' | 'failed' = 'filtered';
  /** Whose stage it is; none before the graph is committed and after it left. */
  #owner: Stages | undefined;

  constructor(
    spec: StageSpec,
    processor: Processor,
    mutates: boolean,
    tallies: StageTallies,
    fail: (name: string, error: unknown, events: readonly Event[]) => void,
  ) {
    this.spec = spec;
    this.processor = processor;
    this.needles = bytesOf(processor.needles);
    this.mutates = mutates;
    this.#tallies = tallies;
    this.#fail = fail;
  }

  attach(owner: Stages | undefined): void {
    this.#owner = owner;
  }

  dropped(reason: 'filtered' | 'suppressed', events: number): void {
    this.#tallies[reason].add(events);
    this.lastDrop = reason;
  }

  emit(event: Event): void {
    this.#tallies.generated.add(1);
    this.#owner?.emitFrom(this, event);
  }

  failed(error: unknown, event: Event): void {
    this.#faulty ??= new Map();
    const name = nameOf(error);
    const alike = this.#faulty.get(name);
    if (alike) alike.events.push(event);
    else this.#faulty.set(name, { error, events: [event] });
  }

  /** False where it failed on some: they are dead letters. */
  run(batch: Event[]): boolean {
    try {
      this.processor.process(batch, this);
    } catch (error) {
      // Which of them was at fault only the processor could have told.
      for (const event of batch) this.failed(error, event);
      batch.length = 0;
    }
    const faulty = this.#faulty;
    if (!faulty) return true;
    this.#faulty = undefined;
    this.lastDrop = 'failed';
    for (const [name, { error, events }] of faulty) {
      this.#tallies.failed.add(events.length);
      this.#fail(name, error, events);
    }
    return false;
  }
}

/** Runs batches through its stages. A reload assigns them between two batches. */
export class Stages {
  /** Who follows events, if anybody does. */
  watcher: Watcher | undefined;
  #stages: readonly Stage[] = [];
  readonly #next: (batch: Event[]) => void;

  /** `next` takes what a stage emits of its own, once it has passed the stages after it. */
  constructor(next: (batch: Event[]) => void) {
    this.#next = next;
  }

  get list(): readonly Stage[] {
    return this.#stages;
  }

  get mutates(): boolean {
    return this.#stages.some((stage) => stage.mutates);
  }

  set(stages: readonly Stage[]): void {
    for (const stage of this.#stages) if (!stages.includes(stage)) stage.attach(undefined);
    const newcomers = stages.filter((stage) => !this.#stages.includes(stage));
    for (const stage of stages) stage.attach(this);
    this.#stages = stages;
    // An empty batch hands a processor its output, which a summary that it took over may be waiting for.
    for (const stage of newcomers) stage.processor.process([], stage);
  }

  /**
   * Edits and shortens `batch` in place; copies events before the first edit where others hold them too.
   * False where a stage failed on some: they are dead letters.
   */
  run(batch: Event[], shared: boolean, from = 0, to = this.#stages.length): boolean {
    const stages = this.#stages;
    let sound = true;
    for (let index = from; index < to && batch.length > 0; index += 1) {
      const stage = stages[index]!;
      if (shared && stage.mutates) {
        for (let at = 0; at < batch.length; at += 1) batch[at] = copyEvent(batch[at]!);
        shared = false;
      }
      const worked = this.watcher ? this.#runWatched(stage, batch, this.watcher) : stage.run(batch);
      sound &&= worked;
    }
    return sound;
  }

  /** One event at a time, so that each is asked after as the ones before it have left the processor. */
  #runWatched(stage: Stage, batch: Event[], watcher: Watcher): boolean {
    let sound = true;
    for (const event of batch.splice(0)) {
      watcher.entering(stage.spec, event);
      const reason = stage.processor.objection?.(event);
      const option = reason === undefined ? undefined : stage.processor.objector?.(event);
      const one = [event];
      if (!stage.run(one)) sound = false;
      if (one.length === 0) watcher.dropped(stage.spec, event, { how: stage.lastDrop, reason, option });
      for (const left of one) {
        watcher.passed(stage.spec, left);
        batch.push(left);
      }
    }
    return sound;
  }

  /** Sends an event of a stage's own through the stages after it. */
  emitFrom(stage: Stage, event: Event): void {
    this.watcher?.generated(stage.spec, event);
    const batch = [event];
    this.run(batch, false, this.#stages.indexOf(stage) + 1);
    if (batch.length > 0) this.#next(batch);
  }
}

/** A replacement character in a message, or half of a surrogate pair, can stand for other bytes than its own. */
function bytesOf(needles: readonly string[] | undefined): readonly Buffer[] | undefined {
  const bytes = needles?.map((needle) => Buffer.from(needle));
  const exact = needles?.every((needle, at) => bytes![at]!.toString() === needle && !/^$|\ufffd/.test(needle));
  return exact ? bytes : undefined;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'error';
}
