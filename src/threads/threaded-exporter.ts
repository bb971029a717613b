/**
 * An exporter whose work is done in a thread, to whoever holds it like any other: events go over as
 * bytes, the verdict comes back.
 */
import type { Context, Encoded, Exporter } from '../component/component.ts';
import type { Event } from '../component/event.ts';
import type { ExporterThread, Remark } from './exporter-thread.ts';
import { packEvents } from './packed-events.ts';

/** Events of a request that is made, and encoded, in the thread. */
class Handover implements Encoded<Handover> {
  readonly contents: readonly Event[];
  #carried: number | undefined;

  constructor(contents: readonly Event[]) {
    this.contents = contents;
  }

  get request(): this {
    return this;
  }

  /** All of them, until the thread has told. */
  get events(): number {
    return this.#carried ?? this.contents.length;
  }

  carries(events: number): void {
    this.#carried = Math.min(events, this.contents.length);
  }
}

let nextInstance = 0;

export class ThreadedExporter implements Exporter<Handover> {
  readonly #pick: () => ExporterThread;
  #thread: ExporterThread | undefined;
  readonly #type: string;
  readonly #options: unknown;
  readonly #context: Context;
  readonly #instance = (nextInstance += 1);
  /** The life of the thread in which it was made last. */
  #life = 0;

  /** `pick` says where, once there is something to send. */
  constructor(pick: () => ExporterThread, type: string, options: unknown, context: Context) {
    this.#pick = pick;
    this.#type = type;
    this.#options = options;
    this.#context = context;
  }

  encode(events: readonly Event[]): Handover[] {
    return events.length === 0 ? [] : [new Handover(events)];
  }

  async send(handover: Handover, signal: AbortSignal): ReturnType<Exporter['send']> {
    const thread = (this.#thread ??= this.#pick());
    const life = thread.alive();
    if (life !== this.#life) this.#create(thread);
    this.#life = life;
    const { verdict, carried } = await thread.send(this.#instance, packEvents(handover.contents), signal);
    handover.carries(carried);
    return verdict;
  }

  async stop(): Promise<void> {
    await this.#thread?.stop(this.#instance, this.#life);
  }

  #create(thread: ExporterThread): void {
    const { id, batched = false } = this.#context;
    thread.create(
      { kind: 'create', instance: this.#instance, id, type: this.#type, options: this.#options, batched },
      (remark) => this.#pass(remark),
    );
  }

  #pass(remark: Remark): void {
    const { log, counter } = this.#context;
    if (remark.kind === 'said') log[remark.level](remark.message, remark.fields);
    else counter(remark.name, remark.description, remark.labels).add(remark.count);
  }
}
