/** Who waits for room in a queue, and is told when there may be some. */
export class Room {
  readonly #waiting = new Set<() => void>();

  /** Room may have come about: a queue has emptied, or a reload led a receiver elsewhere. */
  opened(): void {
    for (const check of [...this.#waiting]) check();
  }

  /** Resolves once `hasRoom`; rejects with the signal's reason. */
  until(hasRoom: () => boolean, signal: AbortSignal): Promise<void> {
    if (hasRoom()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(check);
        signal.removeEventListener('abort', abort);
      };
      const check = (): void => {
        if (!hasRoom()) return;
        leave();
        resolve();
      };
      const abort = (): void => {
        leave();
        reject(signal.reason as Error);
      };
      if (signal.aborted) {
        reject(signal.reason as Error);
        return;
      }
      this.#waiting.add(check);
      signal.addEventListener('abort', abort, { once: true });
    });
  }
}
