/** Writes down, now and then and at the end, what components want to remember: offsets, windows, threads. */
import type { Clock, Component } from '../component/component.ts';
import type { Nodes } from './nodes.ts';
import type { StateStore } from './world.ts';

/** What a crash can repeat: lines read since, and windows' passes since. */
const EVERY_MS = 1_000;
/**
 * State that takes long to put into words, such as that of 100,000 keys, is asked for less often: it takes no
 * more than this share of the time, unless the pause would be longer than one may be.
 */
const SHARE = 1 / 50;
const LONGEST_PAUSE_MS = 10_000;
/** For receivers: it is they who read again. */
const NO_PAUSE_MS = 0;

/** What was taken of one component. */
interface Note {
  readonly component: Component;
  text: string | undefined;
  /** Monotonic: not asked again before. */
  dueAt: number;
}

export class StateKeeper {
  readonly #nodes: () => Nodes;
  readonly #state: StateStore;
  readonly #clock: Clock;
  #notes = new Map<string, Note>();
  #running = false;
  #cancel: (() => void) | undefined;
  #saving: Promise<void> = Promise.resolve();

  constructor(nodes: () => Nodes, state: StateStore, clock: Clock) {
    this.#nodes = nodes;
    this.#state = state;
    this.#clock = clock;
  }

  start(): void {
    this.#running = true;
    this.#cancel ??= this.#clock.schedule(EVERY_MS, () => {
      this.#cancel = undefined;
      void this.#save(this.#clock.monotonic()).then(() => {
        if (this.#running) this.start();
      });
    });
  }

  /** Resolves once everything that changed is on disk. */
  save(): Promise<void> {
    return this.#save(Infinity);
  }

  stop(): void {
    this.#running = false;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #save(now: number): Promise<void> {
    // Those of components that are no longer there are left behind.
    const notes = new Map<string, Note>();
    const note = (key: string, component: Component, longestPauseMs: number): void => {
      const known = this.#notes.get(key);
      const own = known?.component === component ? known : { component, text: known?.text, dueAt: -Infinity };
      notes.set(key, own);
      if (own.dueAt <= now) this.#note(key, own, longestPauseMs);
    };
    const { receivers, stages, exporters } = this.#nodes();
    for (const [id, { receiver }] of receivers) note(`receiver/${id}`, receiver, NO_PAUSE_MS);
    for (const [id, { exporter }] of exporters) note(`exporter/${id}`, exporter, LONGEST_PAUSE_MS);
    for (const [key, { processor }] of stages) note(`processor/${key}`, processor, LONGEST_PAUSE_MS);
    this.#notes = notes;
    return this.#saving;
  }

  #note(key: string, note: Note, longestPauseMs: number): void {
    const began = this.#clock.monotonic();
    const text = JSON.stringify(note.component.snapshot?.()) as string | undefined;
    const now = this.#clock.monotonic();
    note.dueAt = now + Math.min((now - began) / SHARE, longestPauseMs);
    if (text === undefined || text === note.text) return;
    note.text = text;
    this.#saving = Promise.all([this.#saving, this.#state.save(key, text)]).then(() => undefined);
  }
}
