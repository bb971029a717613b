/** What happens to the collector itself, for the `internal` receiver to make events of. */
import type { Level } from './event.ts';

export interface Happening {
  /** One word for what happened, such as `exporter_failing`; in the event's metadata. */
  readonly kind: string;
  readonly level: Level;
  /** The component's id, or `collector`. */
  readonly component: string;
  readonly title: string;
  readonly message: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

export interface Happenings {
  /** Tells each happening from now on; the returned function ends it. */
  subscribe(listener: (happening: Happening) => void): () => void;
}
