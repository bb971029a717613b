/** When a program that uses the library ends: not while it waits for an alert, and not before its queues had their chance. */
interface Closable {
  close(): Promise<void>;
}

/** Far enough away; its only use is that it is there. */
const LONG_MS = 2 ** 30;

/** Keeps the process alive while something is awaited. */
export class KeepAlive {
  #waiting = 0;
  #timer: NodeJS.Timeout | undefined;

  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting += 1;
    this.#timer ??= setInterval(() => {}, LONG_MS);
    try {
      return await work();
    } finally {
      this.#waiting -= 1;
      if (this.#waiting === 0) {
        clearInterval(this.#timer);
        this.#timer = undefined;
      }
    }
  }
}

/** Services that are open, the one made last at the end. */
class OpenServices<S extends Closable> {
  readonly #open = new Set<S>();
  readonly #closeAll = (): void => {
    for (const service of this.#open) void service.close();
  };

  opened(service: S): void {
    if (this.#open.size === 0) process.on('beforeExit', this.#closeAll);
    this.#open.add(service);
  }

  closed(service: S): void {
    this.#open.delete(service);
    if (this.#open.size === 0) process.off('beforeExit', this.#closeAll);
  }

  get last(): S | undefined {
    return [...this.#open].at(-1);
  }
}

export const openServices = new OpenServices<Closable>();
