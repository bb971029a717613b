/** Writes down, now and then and at the end, what components want to remember: offsets, windows, threads. */
import type { Clock } from '../component/component.ts';
import type { Nodes } from './nodes.ts';
import type { StateStore } from './world.ts';

/** What a crash can repeat: lines read since, and windows' passes since. */
const EVERY_MS = 1_000;

export class StateKeeper {
  readonly #nodes: () => Nodes;
  readonly #state: StateStore;
  readonly #clock: Clock;
  /** What was written last, as text, by key. */
  readonly #written = new Map<string, string>();
  #cancel: (() => void) | undefined;
  #saving: Promise<unknown> = Promise.resolve();

  constructor(nodes: () => Nodes, state: StateStore, clock: Clock) {
    this.#nodes = nodes;
    this.#state = state;
    this.#clock = clock;
  }

  start(): void {
    this.#cancel ??= this.#clock.schedule(EVERY_MS, () => {
      this.#cancel = undefined;
      void this.save().then(() => this.start());
    });
  }

  /** Resolves once everything that changed is on disk. */
  save(): Promise<unknown> {
    const { receivers, stages, exporters } = this.#nodes();
    for (const [id, { receiver }] of receivers) this.#note(`receiver/${id}`, receiver.snapshot?.());
    for (const [id, { exporter }] of exporters) this.#note(`exporter/${id}`, exporter.snapshot?.());
    for (const [key, { processor }] of stages) this.#note(`processor/${key}`, processor.snapshot?.());
    return this.#saving;
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #note(key: string, snapshot: unknown): void {
    if (snapshot === undefined) return;
    const text = JSON.stringify(snapshot);
    if (this.#written.get(key) === text) return;
    this.#written.set(key, text);
    this.#saving = Promise.all([this.#saving, this.#state.save(key, snapshot)]);
  }
}
