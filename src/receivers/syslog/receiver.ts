/**
 * The syslog receiver's life: it binds, hands its sockets to the instance that a reload puts in its
 * place, and lets go of what was not wanted.
 */
import type { Context, Receiver, Sink } from '../../component/component.ts';
import { bindTrouble } from './bind-trouble.ts';
import { type ListenAddress, parseAddresses } from './address.ts';
import { Intake, type IntakeOptions } from './intake.ts';
import type { Listener } from './listener.ts';
import { StreamListener } from './stream-listener.ts';
import { udpListener } from './udp.ts';
import { UnixgramListener } from './unixgram-listener.ts';

const TICK_MS = 1_000;

export interface SyslogOptions extends IntakeOptions {
  readonly listen: readonly string[];
}

export class SyslogReceiver implements Receiver {
  readonly #intake: Intake;
  readonly #wanted: readonly ListenAddress[];
  /** By the address's key. */
  readonly #listeners = new Map<string, Listener>();
  #cancelTick: (() => void) | undefined;

  constructor(options: SyslogOptions, context: Context, sink: Sink) {
    this.#wanted = parseAddresses(options.listen);
    this.#intake = new Intake(options, context, sink, () => this.#listeners.values());
  }

  adopt(predecessor: this): void {
    for (const { key } of this.#wanted) {
      const listener = predecessor.#listeners.get(key);
      if (!listener || this.#listeners.has(key)) continue;
      predecessor.#listeners.delete(key);
      this.#listeners.set(key, listener);
      listener.attach(this.#intake);
    }
    this.#intake.senders.inherit(predecessor.#intake.senders);
    this.#intake.flow.takeOver(predecessor.#intake.flow);
  }

  async verify(): Promise<void> {
    await this.#intake.tls?.verify();
  }

  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.#intake.tls?.load();
    const opened: string[] = [];
    for (const [index, address] of this.#wanted.entries()) {
      if (this.#listeners.has(address.key)) continue;
      const listener = listenerFor(address, this.#intake);
      try {
        await listener.open();
        signal.throwIfAborted();
      } catch (error) {
        await listener.close();
        for (const key of opened) await this.#release(key);
        signal.throwIfAborted();
        throw await bindTrouble(error, address, index);
      }
      this.#listeners.set(address.key, listener);
      opened.push(address.key);
    }
    for (const listener of this.#listeners.values()) await listener.enforce();
    this.#tick();
    this.#intake.log.info(`listening on ${this.addresses().join(', ')}`);
  }

  async stop(): Promise<void> {
    this.#cancelTick?.();
    this.#cancelTick = undefined;
    await Promise.all([...this.#listeners.keys()].map((key) => this.#release(key)));
    this.#intake.flow.flush();
  }

  addresses(): readonly string[] {
    return [...this.#listeners.values()].flatMap((listener) => listener.address() ?? []);
  }

  async #release(key: string): Promise<void> {
    const listener = this.#listeners.get(key);
    this.#listeners.delete(key);
    await listener?.close();
  }

  #tick(): void {
    this.#cancelTick = this.#intake.clock.schedule(TICK_MS, () => {
      this.#tickListeners();
      void this.#intake.tls?.refresh().then((changed) => {
        if (changed) this.#tickListeners();
      });
      this.#tick();
    });
  }

  #tickListeners(): void {
    for (const listener of this.#listeners.values()) listener.tick();
  }
}

function listenerFor(address: ListenAddress, intake: Intake): Listener {
  switch (address.scheme) {
    case 'udp':
      return udpListener(address, intake);
    case 'unixgram':
      return new UnixgramListener(address, intake);
    case 'tcp':
    case 'tls':
    case 'unix':
      return new StreamListener(address, intake);
  }
}
