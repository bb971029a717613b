/**
 * The main thread's side of one thread of exporters. It is started when an exporter has something to
 * send, and again after it has died; what was under way then is to be sent again: its events never
 * left the queue.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Verdict } from '../component/component.ts';
import { codeOf } from '../component/errors.ts';
import type { FromThread, ToThread } from './messages.ts';
import { Outbox } from './outbox.ts';

/** What became of a request, and how many of its events it was made of. */
export interface Answer {
  readonly verdict: Verdict;
  readonly carried: number;
}

/** What the instances in the thread say of their own accord. */
export type Remark = Extract<FromThread, { kind: 'said' | 'counted' }>;

interface Waiting {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

export class ExporterThread {
  readonly #onDied: (why: string) => void;
  readonly #listeners = new Map<number, (remark: Remark) => void>();
  readonly #waiting = new Map<number, Waiting>();
  readonly #stopping = new Map<number, () => void>();
  #worker: Worker | undefined;
  #outbox: Outbox<ToThread> | undefined;
  /** Which thread it is, counted from the first start: an instance is made in each. */
  #life = 0;
  #nextRequest = 0;

  /** `onDied` is told when the thread ends without being asked to. */
  constructor(onDied: (why: string) => void) {
    this.#onDied = onDied;
  }

  /** Exporters that are in it. */
  get instances(): number {
    return this.#listeners.size;
  }

  /** The life in which requests are made now; it starts the thread if there is none. */
  alive(): number {
    if (!this.#worker) this.#start();
    return this.#life;
  }

  create(message: Extract<ToThread, { kind: 'create' }>, listener: (remark: Remark) => void): void {
    this.#listeners.set(message.instance, listener);
    this.#outbox!.add(message);
  }

  /** Rejects at once when the signal ends it. The thread hears of it before any later request. */
  send(instance: number, events: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<Answer> {
    signal.throwIfAborted();
    const request = (this.#nextRequest += 1);
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#waiting.delete(request);
        this.#outbox?.add({ kind: 'abort', instance, request });
        reject(signal.reason as Error);
      };
      const ended = (): void => signal.removeEventListener('abort', abort);
      signal.addEventListener('abort', abort, { once: true });
      this.#waiting.set(request, {
        resolve: (answer) => {
          ended();
          resolve(answer);
        },
        reject: (error) => {
          ended();
          reject(error);
        },
      });
      this.#outbox!.add({ kind: 'send', instance, request, events });
    });
  }

  /** Resolves when the instance has released what it took; at once if it never was, or died. */
  stop(instance: number, life: number): Promise<void> {
    if (!this.#worker || life !== this.#life) return Promise.resolve();
    return new Promise((resolve) => {
      this.#stopping.set(instance, resolve);
      this.#outbox!.add({ kind: 'stop', instance });
    });
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    if (!worker) return;
    worker.removeAllListeners();
    this.#ended('the collector stops');
    await worker.terminate();
  }

  #start(): void {
    const worker = new Worker(ENTRY);
    let why: string | undefined;
    worker.on('message', (messages: readonly FromThread[]) => {
      for (const message of messages) this.#heard(message);
    });
    // Not its message, which may have what was being sent in it.
    worker.on('error', (error) => (why = codeOf(error)));
    worker.on('messageerror', (error) => (why = codeOf(error)));
    worker.on('exit', (code) => {
      why ??= `exit code ${code}`;
      this.#ended(`its thread died: ${why}`);
      this.#onDied(why);
    });
    this.#worker = worker;
    this.#outbox = new Outbox((messages) =>
      worker.postMessage(
        messages,
        messages.flatMap((message) => (message.kind === 'send' ? [message.events.buffer] : [])),
      ),
    );
    this.#life += 1;
  }

  #heard(message: FromThread): void {
    switch (message.kind) {
      case 'ended':
        return this.#take(message.request)?.resolve(message);
      case 'failed':
        return this.#take(message.request)?.reject(Object.assign(new Error(message.message), { code: message.code }));
      case 'stopped':
        this.#stopping.get(message.instance)?.();
        this.#stopping.delete(message.instance);
        this.#listeners.delete(message.instance);
        return;
      default:
        return this.#listeners.get(message.instance)?.(message);
    }
  }

  #take(request: number): Waiting | undefined {
    const waiting = this.#waiting.get(request);
    this.#waiting.delete(request);
    return waiting;
  }

  #ended(reason: string): void {
    this.#worker = undefined;
    this.#outbox = undefined;
    this.#listeners.clear();
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { resolve } of waiting) resolve({ verdict: { kind: 'later', reason }, carried: Infinity });
    for (const stopped of this.#stopping.values()) stopped();
    this.#stopping.clear();
  }
}

/** Beside the program in the build; from the sources, the one that was built of them. */
const ENTRY = [
  new URL('../threads/thread.js', import.meta.url),
  new URL('../../dist/threads/thread.js', import.meta.url),
].find((url) => existsSync(fileURLToPath(url)))!;
