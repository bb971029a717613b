/** Memory of events that wait: they keep the chunks alive that they came in. */
import type { Event } from '../component/event.ts';

/**
 * Has events leave the chunk they share where they need less than half of it. Where they need more,
 * copying them would double what is held for a while: a queue of whole chunks filled to 32 MiB took
 * half a gigabyte that way.
 */
export function leaveSparseChunks(events: readonly Event[]): void {
  for (let from = 0; from < events.length;) {
    const chunk = events[from]!.received?.bytes;
    let used = 0;
    let to = from;
    for (; to < events.length; to += 1) {
      const received = events[to]!.received;
      if (received?.bytes !== chunk) break;
      if (received) used += received.end - received.start;
    }
    if (chunk && used * 2 < chunk.length) for (let at = from; at < to; at += 1) events[at]!.received?.detach();
    from = to;
  }
}
