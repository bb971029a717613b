/**
 * internal: the collector's own troubles as events, so that a pipeline can alert on them.
 *
 * Why did I not hear of it? Of one trouble of one component, what follows within ten seconds is told
 * as one event, and an exporter cannot tell of its own failure: send these events through another one.
 */
import { randomUUID } from 'node:crypto';
import { defineReceiver, type Receiver } from '../component/component.ts';
import { newMetadata, type Event } from '../component/event.ts';
import type { Happening } from '../component/happenings.ts';

export default defineReceiver({
  type: 'internal',
  stability: 'beta',
  summary:
    'The collector’s own events: an exporter failing and recovered, an edit refused and mended, a queue filling up, dead letters.',
  schema: { type: 'object', additionalProperties: false, required: [], properties: {} },
  example: {},
  create(_, context, sink): Receiver {
    let unsubscribe = (): void => {};
    return {
      start() {
        unsubscribe =
          context.happenings?.subscribe((happening) => void sink.push([eventOf(happening, context.clock.now())])) ??
          unsubscribe;
        return Promise.resolve();
      },
      stop() {
        unsubscribe();
        return Promise.resolve();
      },
    };
  },
});

function eventOf({ kind, level, component, title, message, metadata }: Happening, timestamp: number): Event {
  return {
    eventId: randomUUID(),
    timestamp,
    eventType: 'system_health',
    level,
    source: 'lnmt-collector',
    title,
    message,
    metadata: Object.assign(newMetadata(), { kind, component, ...metadata }),
    tags: ['internal'],
  };
}
