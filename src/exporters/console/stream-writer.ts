/** Writes to stdout or stderr at the pace of whoever reads it; a reader that went away is an answer, not a crash. */
import type { Writable } from 'node:stream';

/** As many as may be under way at once; what is given up for good is forgotten in time. */
const MAX_ABANDONED = 256;

interface Write {
  readonly text: string;
  readonly done: Promise<void>;
}

export class StreamWriter {
  readonly #stream: Writable;
  #listening = false;
  #stopped = false;
  #pending = 0;
  /** Of those that nobody waits for any more: the stream makes, or has made, them all the same. */
  readonly #abandoned: Write[] = [];

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  /**
   * Resolves once the text is handed on, rejects with the stream's error; or with the signal's reason, the text then
   * perhaps still waiting to be written. The next write of the same text waits for that one, instead of adding a copy.
   */
  async write(text: string, signal: AbortSignal): Promise<void> {
    this.#prepare();
    // What is written behind an error would wait for ever.
    if (this.#stream.errored) throw this.#stream.errored;
    const write = this.#takeAbandoned(text) ?? (await this.#begin(text, signal));
    try {
      await abortable(write.done, signal);
    } catch (error) {
      if (signal.aborted) this.#abandon(write);
      throw error;
    }
  }

  /** Lets go of the stream, once what still waits in it is written. */
  stop(): void {
    this.#stopped = true;
    if (this.#pending > 0 || !this.#listening) return;
    this.#listening = false;
    // The error of a write is emitted right after its callback.
    setImmediate(() => this.#stream.off('error', ignored));
  }

  /** Not before those that were given up are through: while nobody reads, every text would only lie behind them. */
  async #begin(text: string, signal: AbortSignal): Promise<Write> {
    if (this.#abandoned.length > 0)
      await abortable(Promise.allSettled(this.#abandoned.map(({ done }) => done)), signal);
    const done = new Promise<void>((resolve, reject) => {
      if (this.#stream.errored) return reject(this.#stream.errored);
      this.#pending += 1;
      this.#stream.write(text, (error) => {
        this.#pending -= 1;
        if (this.#stopped) this.stop();
        if (error) reject(error);
        else resolve();
      });
    });
    return { text, done };
  }

  #abandon(write: Write): void {
    write.done.catch(ignored);
    this.#abandoned.push(write);
    if (this.#abandoned.length > MAX_ABANDONED) this.#abandoned.shift();
  }

  #takeAbandoned(text: string): Write | undefined {
    const index = this.#abandoned.findIndex((write) => write.text === text);
    return index < 0 ? undefined : this.#abandoned.splice(index, 1)[0];
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

/** Rejects with the signal's reason where that comes first. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
