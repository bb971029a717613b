/**
 * An exporter that left: it delivers what waits for it for a while, and is closed. A newcomer with its id
 * takes its place as after any edit, with all that waits and what is under way.
 */
import { closeExporter, notClean } from './closing.ts';
import type { ExporterNode } from './nodes.ts';
import type { World } from './world.ts';

export class Retiring {
  readonly node: ExporterNode;
  /** Resolves when it is closed, or back in the graph. */
  readonly done: Promise<void>;
  readonly #deadline = new AbortController();
  /** While an apply tries to bring it back. */
  #held: Promise<void> | undefined;
  #letGo: () => void = () => {};
  #isBack = false;
  #isClosing = false;

  constructor(node: ExporterNode, drainMs: number, world: World) {
    this.node = node;
    const cancel = world.clock.schedule(drainMs, () => this.end(new Error('drained long enough')));
    this.done = this.#run(world).finally(cancel);
  }

  /** Keeps it open until `release` or `succeeded`, whatever becomes of its deadline. False if it closes already. */
  hold(): boolean {
    if (this.#isClosing) return false;
    this.#held = new Promise((resolve) => (this.#letGo = resolve));
    return true;
  }

  /** The newcomer is not to be: it goes on as before. */
  release(): void {
    this.#held = undefined;
    this.#letGo();
  }

  /** Its delivery has gone over to the newcomer. */
  succeeded(): void {
    this.#isBack = true;
    this.node.delivery.start();
    this.release();
  }

  /** It delivers no longer. */
  end(reason: unknown): void {
    this.#deadline.abort(reason);
  }

  async #run(world: World): Promise<void> {
    const { delivery, spec } = this.node;
    const { signal } = this.#deadline;
    const over = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    await Promise.race([delivery.drain(), over]);
    while (this.#held) await this.#held;
    if (this.#isBack) return;
    this.#isClosing = true;
    try {
      await closeExporter(this.node, signal, 'until the file has this exporter again', world);
    } catch (error) {
      world.logger(`lnmt.connectors.${spec.id}`).error(notClean(error));
    }
  }
}
