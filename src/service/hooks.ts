/** Callbacks of a program's own, by event type. They run after the event is on its way, each with a copy of it. */
import type { Logger } from '../component/component.ts';
import { inOneLine } from '../connector/adapter.ts';
import type { Event } from '../component/event.ts';
import { integrationEventOf, type EventType, type IntegrationEvent } from '../connector/integration-event.ts';

export type EventHook = (event: IntegrationEvent) => unknown;

export class Hooks {
  readonly #byType = new Map<string, Set<EventHook>>();
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** The returned function takes the hook away. */
  register(eventType: EventType, hook: EventHook): () => void {
    if (typeof hook !== 'function') throw new TypeError('a hook is a function that takes an event');
    if (typeof eventType !== 'string' || eventType === '')
      throw new TypeError('a hook is registered for an event type, such as EventType.CRITICAL_ERROR');
    const hooks = this.#byType.get(eventType) ?? new Set();
    this.#byType.set(eventType, hooks.add(hook));
    return () => void hooks.delete(hook);
  }

  /** In a later turn of the event loop, so that a slow hook finds the event sent. Never throws. */
  run(event: Event): void {
    for (const hook of this.#byType.get(event.eventType) ?? []) setImmediate(() => void this.#call(hook, event));
  }

  async #call(hook: EventHook, event: Event): Promise<void> {
    try {
      await hook(integrationEventOf(event));
    } catch (error) {
      this.#log.error(`a hook for ${event.eventType} failed: ${inOneLine(error)}`, { event_id: event.eventId });
    }
  }
}
