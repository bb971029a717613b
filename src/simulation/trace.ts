/** What became of events, step by step, as one can read it. */
import type { StageSpec, Position } from '../component/configuration.ts';
import type { Event } from '../component/event.ts';
import { eventToJson, type WireEvent } from '../lib/event-json.ts';
import type { Drop, Watcher } from '../pipeline/watcher.ts';

export type Step =
  | { readonly kind: 'accepted'; readonly receiver: string; readonly event: WireEvent }
  | { readonly kind: 'entered'; readonly pipeline: string; readonly event: WireEvent }
  | {
      readonly kind: 'passed' | 'dropped' | 'generated';
      readonly place: Place;
      readonly processor: string;
      readonly type: string;
      readonly event: WireEvent;
      /** The line that decided: of the option that objected, else of the processor. */
      readonly position: Position;
      readonly drop?: Drop;
      /** What it edited, such as `metadata.site: "fra1"`. */
      readonly changes: readonly string[];
    }
  | {
      readonly kind: 'unwanted' | 'queued' | 'sent' | 'refused';
      readonly exporter: string;
      readonly event: WireEvent;
      readonly reason?: string;
    };

/** Where a stage stands: in a pipeline, or at an exporter's door. */
export type Place = { readonly pipeline: string } | { readonly exporter: string };

export class Trace implements Watcher {
  readonly steps: Step[] = [];
  #before: WireEvent | undefined;

  accepted(receiver: string, events: readonly Event[]): void {
    for (const event of events) this.steps.push({ kind: 'accepted', receiver, event: copyOf(event) });
  }

  entered(pipeline: string, events: readonly Event[]): void {
    for (const event of events) this.steps.push({ kind: 'entered', pipeline, event: copyOf(event) });
  }

  entering(_: StageSpec, event: Event): void {
    this.#before = copyOf(event);
  }

  passed(stage: StageSpec, event: Event): void {
    const after = copyOf(event);
    const changes = this.#before ? changesOf(this.#before, after) : [];
    this.steps.push({ kind: 'passed', ...placed(stage), event: after, position: stage.position, changes });
  }

  dropped(stage: StageSpec, event: Event, drop: Drop): void {
    const position = drop.option === undefined ? stage.position : stage.locate({ path: [drop.option] });
    this.steps.push({ kind: 'dropped', ...placed(stage), event: copyOf(event), position, drop, changes: [] });
  }

  generated(stage: StageSpec, event: Event): void {
    this.steps.push({
      kind: 'generated',
      ...placed(stage),
      event: copyOf(event),
      position: stage.position,
      changes: [],
    });
  }

  unwanted(exporter: string, event: Event): void {
    this.steps.push({ kind: 'unwanted', exporter, event: copyOf(event) });
  }

  queued(exporter: string, events: readonly Event[]): void {
    for (const event of events) this.steps.push({ kind: 'queued', exporter, event: copyOf(event) });
  }

  ended: Watcher['ended'] = (exporter, events, fate) => {
    if (fate.kind === 'held') return;
    const why = fate.kind === 'refused' ? { reason: fate.reason } : {};
    for (const event of events) this.steps.push({ kind: fate.kind, exporter, event: copyOf(event), ...why });
  };
}

function placed(stage: StageSpec): { readonly place: Place; readonly processor: string; readonly type: string } {
  return { place: placeOf(stage), processor: nameOf(stage), type: stage.type };
}

export function placeOf({ key }: StageSpec): Place {
  const exporter = /^exporter\/(.*)\/(?:filters|rate_limit)$/.exec(key)?.[1];
  return exporter === undefined ? { pipeline: key.slice(0, key.indexOf('/')) } : { exporter };
}

/** As the file calls it: its id, its type where it is written in place, or the option of the exporter that it is. */
export function nameOf({ id, key }: StageSpec): string {
  const option = /^exporter\/.*\/(filters|rate_limit)$/.exec(key)?.[1];
  return option ?? id.replace(/#1$/, '');
}

/** Events are edited later on: what is kept is how they are now. */
function copyOf(event: Event): WireEvent {
  const wire = eventToJson(event);
  return { ...wire, metadata: { ...wire.metadata }, tags: [...wire.tags] };
}

function changesOf(before: WireEvent, after: WireEvent): string[] {
  const changes: string[] = [];
  for (const key of ['timestamp', 'event_type', 'level', 'source', 'title', 'message'] as const) {
    if (before[key] !== after[key]) changes.push(`${key}: ${JSON.stringify(after[key])}`);
  }
  for (const key of new Set([...Object.keys(before.metadata), ...Object.keys(after.metadata)])) {
    const [old, now] = [JSON.stringify(before.metadata[key]), JSON.stringify(after.metadata[key])];
    if (old !== now) changes.push(now === undefined ? `metadata.${key} removed` : `metadata.${key}: ${now}`);
  }
  const added = after.tags.filter((tag) => !before.tags.includes(tag));
  const removed = before.tags.filter((tag) => !after.tags.includes(tag));
  if (added.length > 0) changes.push(`tags: +${added.join(', +')}`);
  if (removed.length > 0) changes.push(`tags: -${removed.join(', -')}`);
  return changes;
}
