import type { Intake } from './intake.ts';

/** Asks for `receive_buffer` where that has changed, and warns where the kernel grants less. */
export class ReceiveBuffer {
  /** The receive buffer last asked for, in bytes. */
  #asked = 0;

  /** `set` asks the socket, and gives what the kernel then says it is. */
  ask({ options, log }: Intake, address: string, set: (bytes: number) => number): void {
    const wanted = options.receive_buffer;
    if (wanted === this.#asked) return;
    this.#asked = wanted;
    // Linux doubles what is asked for, to have room for its own books, and says the double.
    const granted = set(wanted) / (process.platform === 'linux' ? 2 : 1);
    if (granted >= wanted) return;
    log.warn(
      `${address} got a receive buffer of ${granted} bytes instead of ${wanted}: bursts may be lost. ` +
        `Allow it with \`sysctl -w net.core.rmem_max=${wanted}\`, or set receive_buffer lower.`,
    );
  }
}
