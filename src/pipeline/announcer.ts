/**
 * Tells what happens to the collector itself. Never a loop and never a storm: of one topic of one
 * component, what follows within ten seconds waits, and only the last of it is told then.
 */
import type { Clock } from '../component/component.ts';
import type { Happening, Happenings } from '../component/happenings.ts';

const QUIET_MS = 10_000;

/** A topic that was told of lately. */
interface Topic {
  told: Happening;
  /** What came since; the last only. */
  next: Happening | undefined;
  readonly cancel: () => void;
}

export class Announcer implements Happenings {
  readonly #clock: Clock;
  readonly #listeners = new Set<(happening: Happening) => void>();
  readonly #topics = new Map<string, Topic>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  subscribe(listener: (happening: Happening) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  announce(happening: Happening): void {
    if (this.#listeners.size === 0) return;
    // `exporter_failing` and `exporter_recovered` are one topic: what counts is how it stands now.
    const key = `${happening.kind.split('_', 1)[0]} ${happening.component}`;
    const topic = this.#topics.get(key);
    if (topic) topic.next = happening;
    else this.#tell(key, happening);
  }

  stop(): void {
    for (const { cancel } of this.#topics.values()) cancel();
    this.#topics.clear();
  }

  #tell(key: string, happening: Happening): void {
    const cancel = this.#clock.schedule(QUIET_MS, () => {
      const { told, next } = this.#topics.get(key)!;
      this.#topics.delete(key);
      // Failed and recovered in between: nothing has changed that was told.
      if (next && (next.kind !== told.kind || next.message !== told.message)) this.#tell(key, next);
    });
    this.#topics.set(key, { told: happening, next: undefined, cancel });
    for (const listener of [...this.#listeners]) listener(happening);
  }
}
