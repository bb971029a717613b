/** Looks at the queues now and then, and says when one fills up and when it has emptied again. */
import type { Clock, Logger } from '../component/component.ts';
import type { Announcer } from './announcer.ts';
import type { Nodes } from './nodes.ts';

const EVERY_MS = 1_000;
const FILLING = 0.75;
const EMPTIED = 0.5;

export class QueueWatch {
  readonly #nodes: () => Nodes;
  readonly #announcer: Announcer;
  readonly #clock: Clock;
  readonly #log: (exporterId: string) => Logger;
  /** Exporters whose queues were said to fill up. */
  readonly #filling = new Set<string>();
  #cancel: (() => void) | undefined;

  constructor(nodes: () => Nodes, announcer: Announcer, clock: Clock, log: (exporterId: string) => Logger) {
    this.#nodes = nodes;
    this.#announcer = announcer;
    this.#clock = clock;
    this.#log = log;
  }

  start(): void {
    this.#cancel = this.#clock.schedule(EVERY_MS, () => {
      this.#look();
      this.start();
    });
  }

  stop(): void {
    this.#cancel?.();
  }

  #look(): void {
    const { exporters } = this.#nodes();
    for (const [id, { outlet, spec }] of exporters) {
      const { maxBytes, onFull } = spec.delivery.queue;
      const part = outlet.queue.bytes / maxBytes;
      const said = this.#filling.has(id);
      if (part >= FILLING && !said) {
        this.#filling.add(id);
        const then =
          onFull === 'block'
            ? 'when it is full, senders are asked to wait'
            : 'when it is full, the oldest events are dropped';
        this.#say(
          'warning',
          id,
          'queue_filling',
          `the queue is ${Math.round(part * 100)} % full with ${outlet.queue.events} events; ${then}`,
        );
      } else if (part < EMPTIED && said) {
        this.#filling.delete(id);
        this.#say('info', id, 'queue_emptied', `the queue has room again: ${outlet.queue.events} events wait`);
      }
    }
    for (const id of this.#filling) if (!exporters.has(id)) this.#filling.delete(id);
  }

  #say(level: 'warning' | 'info', id: string, kind: string, message: string): void {
    this.#log(id)[level === 'info' ? 'info' : 'warn'](message);
    this.#announcer.announce({ kind, level, component: id, title: `${id}: ${message}`, message: `${id}: ${message}` });
  }
}
