/**
 * Sends dead letters again: back into the queue of the exporter that they were meant for, past its
 * filters and limits, which they have passed. A letter is removed once its event is as safe there as
 * that queue can make it; a crash in between sends it twice, and loses none.
 */
import type { Settlement } from '../component/component.ts';
import type { Event } from '../component/event.ts';
import { eventFromJson } from '../lib/event-json.ts';
import type { Nodes } from '../pipeline/nodes.ts';
import { deadLetters, removeDeadLetters, type DeadLetter } from '../storage/dead-letter-files.ts';

export interface Replayed {
  readonly replayed: number;
  /** Letters that stay where they are, and why. */
  readonly left: readonly { readonly exporter: string; readonly letters: number; readonly reason: string }[];
}

/** Takes events for the holder of their letters. Undefined once they are safe, else why they are not. */
export type Into = (holder: string, events: Event[]) => Promise<string | undefined>;

/** Which letters are meant: by their ids or the ids of their events, of one exporter, or all. */
export interface Wanted {
  readonly ids?: readonly string[] | undefined;
  readonly exporter?: string | undefined;
}

const AT_ONCE = 500;

export function isWanted({ ids, exporter }: Wanted): (letter: DeadLetter) => boolean {
  const names = ids && new Set(ids);
  return (letter) =>
    (exporter === undefined || letter.exporter === exporter) &&
    (!names || names.has(letter.id) || names.has(String(letter.event['event_id'])));
}

/** `directory` is that of the dead letters. */
export async function replay(directory: string, wanted: Wanted, now: number, into: Into): Promise<Replayed> {
  const matches = isWanted(wanted);
  const left = new Map<string, { exporter: string; letters: number; reason: string }>();
  let replayed = 0;
  let waiting: { readonly letter: DeadLetter; readonly event: Event }[] = [];
  const leave = (exporter: string, letters: number, reason: string): void => {
    left.set(exporter, { exporter, letters: (left.get(exporter)?.letters ?? 0) + letters, reason });
  };
  const send = async (): Promise<void> => {
    const batch = waiting;
    waiting = [];
    if (!batch[0]) return;
    const { exporter } = batch[0].letter;
    const reason =
      left.get(exporter)?.reason ??
      (await into(
        exporter,
        batch.map(({ event }) => event),
      ));
    if (reason !== undefined) return leave(exporter, batch.length, reason);
    const gone = new Set(batch.map(({ letter }) => letter.id));
    replayed += await removeDeadLetters(directory, ({ id }) => gone.has(id));
  };
  // All are known before the first is sent: one that is refused again is a new letter.
  const all: DeadLetter[] = [];
  for await (const letter of deadLetters(directory, wanted.exporter)) if (matches(letter)) all.push(letter);
  for (const letter of all) {
    if (waiting.length === AT_ONCE || (waiting[0] && waiting[0].letter.exporter !== letter.exporter)) await send();
    const event = eventFromJson(letter.event, now);
    if (typeof event === 'string') leave(letter.exporter, 1, `its event cannot be read: ${event}`);
    else waiting.push({ letter, event });
  }
  await send();
  return { replayed, left: [...left.values()] };
}

/** Into a running graph: an exporter's queue, an exporter's door, or the pipeline of a processor that failed. */
export function intoGraph(nodes: () => Nodes): Into {
  return async (holder, events) => {
    const { exporters, pipelines } = nodes();
    const outlet = exporters.get(holder)?.outlet;
    const door = exporters.get(/^exporter\/(.*)\/(?:filters|rate_limit)$/.exec(holder)?.[1] ?? '')?.outlet;
    const pipeline = pipelines.get(holder.slice(0, Math.max(0, holder.indexOf('/'))));
    if (!outlet && !door && !pipeline) return 'nothing of that name runs';
    if (outlet?.full || door?.full || (pipeline && !pipeline.hasRoom())) return 'its queue is full';
    const settlement = await new Promise<Settlement>((resolve) => {
      if (outlet) {
        outlet.received.add(events.length);
        outlet.hold(events, resolve);
      } else if (door) door.push(events, resolve);
      else pipeline!.push(events, false, resolve);
    });
    return settlement === 'safe' ? undefined : 'its queue could not be written';
  };
}
