/** Writes to stdout or stderr at the pace of whoever reads it; a reader that went away is an answer, not a crash. */
import type { Writable } from 'node:stream';

export class StreamWriter {
  readonly #stream: Writable;
  #listening = false;
  #stopped = false;
  #pending = 0;

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  /** Resolves once the text is handed on, rejects with the stream's error; or with the signal's reason, the text then still waiting to be written. */
  write(text: string, signal: AbortSignal): Promise<void> {
    this.#prepare();
    return new Promise((resolve, reject) => {
      // What is written behind an error would wait for ever.
      if (this.#stream.errored) return reject(this.#stream.errored);
      const onAbort = (): void => reject(signal.reason as Error);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#pending += 1;
      this.#stream.write(text, (error) => {
        this.#pending -= 1;
        if (this.#stopped) this.stop();
        signal.removeEventListener('abort', onAbort);
        if (error) reject(error);
        else resolve();
      });
    });
  }

  /** Lets go of the stream, once what still waits in it is written. */
  stop(): void {
    this.#stopped = true;
    if (this.#pending > 0 || !this.#listening) return;
    this.#listening = false;
    // The error of a write is emitted right after its callback.
    setImmediate(() => this.#stream.off('error', ignored));
  }

  #prepare(): void {
    this.#stopped = false;
    if (this.#listening) return;
    this.#listening = true;
    // `write` hears of each error; without a listener the first would end the process.
    this.#stream.on('error', ignored);
    // Node blocks on a full pipe: a reader that stalls would stall every receiver.
    (this.#stream as { _handle?: { setBlocking?(blocking: boolean): void } })._handle?.setBlocking?.(false);
  }
}

function ignored(): void {}
