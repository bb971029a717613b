/** What a verdict means for each event of a request: taken, refused, or to be sent again, and with which others. Pure. */
import type { Verdict } from '../component/component.ts';
import type { Event } from '../component/event.ts';

/** Events that go out together: as they are, or `told` in one. */
export interface Group {
  readonly events: readonly Event[];
  readonly told?: Event | undefined;
}

export interface Outcome {
  readonly taken: readonly Event[];
  readonly refused: readonly { readonly event: Event; readonly reason: string }[];
  /** In the order in which they are to be sent. */
  readonly again: readonly Group[];
}

const NONE: readonly never[] = [];

/** `size` is how many events go out together where a telling of them was refused. */
export function outcomeOf(verdict: Verdict, group: Group, size: number): Outcome {
  const { events, told } = group;
  switch (verdict.kind) {
    case 'sent':
      return { taken: events, refused: NONE, again: NONE };
    case 'later':
    case 'misconfigured':
      return { taken: [], refused: [], again: [group] };
    case 'refused':
      // What is said of the telling is not said of what it tells.
      if (told) return { taken: [], refused: [], again: groupsOf(events, size) };
      if (verdict.events) return partly(events, verdict.events, []);
      // One of them is at fault: halves find it.
      if (events.length > 1) return { taken: [], refused: [], again: groupsOf(events, (events.length + 1) >> 1) };
      return { taken: [], refused: events.map((event) => ({ event, reason: verdict.reason })), again: [] };
    case 'mixed':
      if (!told) return partly(events, verdict.refused, verdict.later.events);
      return { taken: [], refused: [], again: verdict.later.events.length > 0 ? [group] : groupsOf(events, size) };
  }
}

/** As they are, `size` a group. */
export function groupsOf(events: readonly Event[], size: number): Group[] {
  const groups: Group[] = [];
  for (let at = 0; at < events.length; at += size) groups.push({ events: events.slice(at, at + size) });
  return groups;
}

function partly(
  events: readonly Event[],
  refused: readonly { readonly index: number; readonly reason: string }[],
  later: readonly number[],
): Outcome {
  const reasons = new Map(refused.map(({ index, reason }) => [index, reason]));
  const waits = new Set(later);
  const again = events.filter((_, index) => waits.has(index) && !reasons.has(index));
  return {
    taken: events.filter((_, index) => !waits.has(index) && !reasons.has(index)),
    refused: [...reasons].flatMap(([index, reason]) => (events[index] ? [{ event: events[index], reason }] : [])),
    again: again.length === 0 ? [] : [{ events: again }],
  };
}
